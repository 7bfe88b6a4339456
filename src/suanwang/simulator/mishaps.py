"""Modelled mishaps of a simulation: nodes that fail and are repaired, centres that vanish and return.

All are drawn by seed when the run begins. A failed node is declared as an outage until it is repaired, as an
operator would; a centre that has vanished is found silent after its lease.
"""

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from suanwang.engine.inputs import DeclareOutage, HearSilence
from suanwang.model.network import Outage
from suanwang.simulator.machine import SECOND_US, milli_of

if TYPE_CHECKING:
    from suanwang.simulator.simulation import Simulation

HOUR_US = 3600 * SECOND_US
NODE_DRAWS, CENTRE_DRAWS = 1, 2


class Mishaps(msgspec.Struct, frozen=True, kw_only=True):
    """Mean hours between failures of a node and of a centre (0: none), and mean hours until they are back."""

    node_mtbf_h: float = 0.0
    centre_mtbf_h: float = 0.0
    repair_h: float = 4.0

    @property
    def any(self) -> bool:
        """Whether anything will fail."""
        return self.node_mtbf_h > 0 or self.centre_mtbf_h > 0


def plan_mishaps(simulation: "Simulation") -> None:
    """Puts every mishap on the calendar."""
    terms = simulation.terms
    mishaps = terms.mishaps
    random = np.random.Generator(np.random.PCG64([terms.seed, NODE_DRAWS]))
    if mishaps.node_mtbf_h > 0:
        for centre in simulation.centres.values():
            for pool, nodes in centre.machine.nodes.items():
                for node in range(len(nodes.free)):
                    for at, back_at in spells(simulation, random, mishaps.node_mtbf_h):
                        plan_node(simulation, centre.name, pool, node, at, back_at)
    random = np.random.Generator(np.random.PCG64([terms.seed, CENTRE_DRAWS]))
    if mishaps.centre_mtbf_h > 0:
        for name in simulation.centres:
            for at, back_at in spells(simulation, random, mishaps.centre_mtbf_h):
                plan_centre(simulation, name, at, back_at)


def spells(simulation: "Simulation", random: np.random.Generator, mtbf_h: float) -> list[tuple[int, int]]:
    """[from, to) in which something is down, within the scenario."""
    terms = simulation.platform_terms
    found: list[tuple[int, int]] = []
    at, end_at = terms.start_at, terms.start_of(simulation.scenario.header.slots)
    while True:
        at += 1 + int(random.exponential(mtbf_h) * HOUR_US)
        if at >= end_at:
            return found
        back_at = at + SECOND_US + int(random.exponential(simulation.terms.mishaps.repair_h) * HOUR_US)
        found.append((at, back_at))
        at = back_at


def plan_node(simulation: "Simulation", centre: str, pool: str, node: int, at: int, back_at: int) -> None:
    """A node fails at `at`; the operator sees it and declares it lost until the slot in which it is back."""
    terms, machine = simulation.platform_terms, simulation.centres[centre].machine
    row = next(row for row in machine.pools if row.pool == pool)
    size_milli = min(
        milli_of(row.devices_per_node), milli_of(row.devices) - node * milli_of(row.devices_per_node)
    )

    def fail() -> None:
        machine.fail_node(pool, node)
        lost = Outage(
            pool=pool,
            from_slot=terms.slot_of(at),
            to_slot=terms.slot_of(back_at) + 1,
            devices_lost=f"{size_milli / 1000:g}",
        )
        simulation.submit(DeclareOutage(f"outage/{pool}/{node}/{at}", lost))

    simulation.calendar.call_at(at, fail)
    simulation.calendar.call_at(back_at, lambda: machine.repair_node(pool, node))


def plan_centre(simulation: "Simulation", name: str, at: int, back_at: int) -> None:
    """A centre vanishes; after its lease the platform finds it silent, if it is not back."""
    from suanwang.simulator.simulation import LEASE_S

    centre = simulation.centres[name]

    def miss() -> None:
        if centre.away:
            simulation.submit(HearSilence(f"silence/{name}/{at}", name, at))

    simulation.calendar.call_at(at, centre.vanish)
    simulation.calendar.call_at(at + LEASE_S * SECOND_US, miss)
    simulation.calendar.call_at(back_at, centre.come_back)
