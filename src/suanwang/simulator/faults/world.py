"""A whole world of one seed: a platform, three centres, clients, a wire, and weather that spares nobody.

First a storm, in which anything may fail between any two steps; then calm, in which all must come to its end.
Everything follows from the seed. `checks` says what must be true, after each group and when all is over.
"""

from functools import lru_cache

from suanwang.audit.hashing import SHA256
from suanwang.engine import inputs
from suanwang.engine.events import AnyEvent
from suanwang.engine.platform import Platform
from suanwang.engine.validate import validate
from suanwang.ledger.commands import (
    AnyCommand,
    Appropriate,
    FundWeight,
    OpenFund,
    OpenProgramme,
    OpenWallet,
    PayIn,
    Replenish,
    TopUp,
)
from suanwang.model.facts import AnyFact
from suanwang.model.job import CLOSED
from suanwang.model.network import CentreRow, PoolRow, RegionRow, Signals, Terms
from suanwang.runtime.writer import Writer
from suanwang.simulator.calendar import Action, Calendar
from suanwang.simulator.faults.agent import FaultyAgent
from suanwang.simulator.faults.ambush import Ambush
from suanwang.simulator.faults.client import FIRMS, PROGRAMME, Client
from suanwang.simulator.faults.durable import DurableLog, Lead
from suanwang.simulator.faults.operator import Operator
from suanwang.simulator.faults.plan import MINUTE_US, SECOND_US, WEATHERS, Dice, calm
from suanwang.simulator.faults.planner import RoguePlanner
from suanwang.simulator.faults.server import FaultyServer
from suanwang.simulator.faults.wire import Wire
from suanwang.simulator.machine import Machine
from suanwang.simulator.runtimes import Runtimes
from suanwang.units.errors import Fault
from suanwang.units.text import same

START_AT = 1_767_225_600_000_000
SLOT_MINUTES = 60
CALM_MOST_US = 96 * 60 * MINUTE_US
VALIDATED_EVERY = 20
LOOK_US = 5 * MINUTE_US
HAPPENINGS_MOST = 500_000
"""A world with more goes round in circles."""


class WatchedCalendar(Calendar):
    """A calendar that gives a world up which never comes to rest, however little time passes in it."""

    def call_at(self, at: int, action: Action, turn: int = 0) -> None:
        """See `Calendar.call_at`."""
        super().call_at(at, action, turn)
        if self.count > HAPPENINGS_MOST:
            raise RuntimeError(f"{self.count} happenings, and no end")


class World:
    """See above. `given_up`: facts that an agent gave up because the platform refuses them.

    `kind`: of its weather. `dispatched_at`, `given_up_at`: when an attempt was sent out, and when it was
    given up as lost, by true time.
    """

    def __init__(self, seed: int, kind: str = "any") -> None:
        self.seed, self.kind = seed, kind
        self.dice = Dice(seed)
        self.weather = self.storm = WEATHERS[kind](self.dice)
        self.calendar = WatchedCalendar(START_AT)
        self.started_at = START_AT
        self.log = DurableLog(SHA256)
        self.server_offset_us = 0
        self.is_calm = False
        self.given_up: list[AnyFact] = []
        self.dispatched_at: dict[str, int] = {}
        self.given_up_at: dict[str, int] = {}
        self.rounds = self.jumps = 0
        self.wire = Wire(self.calendar, self.dice, self.weather)
        self.planner = RoguePlanner(self)
        self.server = FaultyServer(self)
        self.client = Client(self)
        self.ambush = Ambush(self)
        self.agents: dict[str, FaultyAgent] = {}
        self.operator = Operator(
            self, tuple(given for given in network() if isinstance(given, inputs.EnrolCentre))
        )
        self.open()
        self.opened_events = self.log.size

    def fault(self, what: str) -> Fault:
        """A fault that names the command which shows it again."""
        return Fault(f"seed {self.seed}", same(what), remedy=same(self.replay_command))

    @property
    def slot(self) -> int:
        """The slot of now."""
        return (self.calendar.at - self.started_at) // (SLOT_MINUTES * MINUTE_US)

    @property
    def replay_command(self) -> str:
        """What shows this world again."""
        return f"python -m tests.system.replay_fault {self.kind} {self.seed}"

    def open(self) -> None:
        """The network, durable before the storm begins."""
        log = Lead(self.log, lambda: "")
        writer = Writer(Platform(), log, self.calendar, self.planner, self.server)
        for given in network():
            writer.submit(given)
        while writer.due_at() == 0:
            writer.commit()
        share = (0.2, 1.1) if self.weather.short_runs else (0.9, 1.3)
        runtimes = Runtimes(self.seed, *((0.0, 0.04) if self.weather.brief else share), failing=0.1)
        for name, centre in writer.platform.state.centres.items():
            machine = Machine(
                centre.pools,
                self.calendar,
                runtimes,
                start_us=self.dice.between(0, 5) * SECOND_US,
                patient=False,
            )
            self.agents[name] = FaultyAgent(self, name, machine)

    # ------------------------------------------------------------ time

    def run(self) -> None:
        """The storm, then the calm, until everything has ended."""
        self.server.start()
        for agent in self.agents.values():
            agent.start()
        self.client.plan()
        self.brew()
        storm_end_at = self.calendar.at + self.weather.storm_us
        self.until(storm_end_at)
        self.clear_up()
        last_at = self.calendar.at + CALM_MOST_US
        while not self.is_over() and self.calendar.at < last_at:
            self.until(self.calendar.at + LOOK_US)

    def until(self, at: int) -> None:
        """Everything that happens up to an instant."""
        calendar = self.calendar
        while (next_at := calendar.next_at) is not None and next_at <= at:
            calendar.at = next_at
            calendar.run_due()
        calendar.at = at

    def brew(self) -> None:
        """The disasters of the storm, on the calendar."""
        weather = self.weather
        self.repeat(weather.engine_away_min, self.engine_goes)
        self.repeat(weather.centre_away_min, self.centre_goes)
        self.repeat(weather.node_fails_min, self.node_goes)
        self.repeat(weather.clock_jumps_min, self.clock_jumps)
        self.repeat(weather.network_changes_min, self.operator.change)
        if weather.set_back:
            at = self.calendar.at + self.dice.between(0, weather.storm_us)
            self.calendar.call_at(at, self.operator.restore)
        if weather.fatal:
            at = self.calendar.at + self.dice.between(0, weather.storm_us)
            self.calendar.call_at(at, self.centre_burns)

    def repeat(self, mean_min: float, disaster: Action) -> None:
        """A disaster now and then."""
        if mean_min <= 0:
            return

        def strike() -> None:
            if not self.is_calm:
                disaster()
                self.repeat(mean_min, disaster)

        self.calendar.call_at(self.calendar.at + self.dice.after_us(mean_min * MINUTE_US), strike)

    def any_agent(self) -> FaultyAgent:
        """One of them."""
        return self.dice.one_of(list(self.agents.values()))

    def after(self, least_s: int, most_s: int, action: Action) -> None:
        """Something, some time later."""
        at = self.calendar.at + self.dice.between(least_s, most_s) * SECOND_US
        self.calendar.call_at(at, action)

    def engine_goes(self) -> None:
        """An engine does not answer for a while; what it runs runs on."""
        agent = self.any_agent()
        if not agent.engine_away and not agent.gone:
            agent.engine_leaves()
            self.after(10, 3000, lambda: agent.engine_returns() if agent.engine_away else None)

    def centre_goes(self) -> None:
        """A centre cannot be reached, for a moment or for hours."""
        name = self.any_agent().name
        self.wire.cut.add(name)
        self.after(5, self.dice.one_of((60, 600, 6000)), lambda: self.wire.cut.discard(name))

    def node_goes(self) -> None:
        """A node fails and is repaired."""
        machine = self.any_agent().machine
        self.fail_node(machine, self.dice.one_of(list(machine.nodes)))

    def fail_node(self, machine: Machine, pool: str) -> None:
        """One of a pool's."""
        node = self.dice.between(0, len(machine.nodes[pool].free) - 1)
        machine.fail_node(pool, node)
        self.after(60, 3600, lambda: machine.repair_node(pool, node))

    def clock_jumps(self) -> None:
        """Somebody's wall clock jumps, forward or back."""
        most_s = self.weather.clock_jump_most_s
        jump_us = self.dice.between(-most_s, most_s) * SECOND_US // self.dice.one_of((1, 60))
        self.jumps += 1
        if self.dice.happens(0.5):
            self.server_offset_us += jump_us
        else:
            self.any_agent().jump(jump_us)

    def centre_burns(self) -> None:
        """A centre is gone for good, with all that ran in it."""
        agent = self.any_agent()
        agent.gone, agent.alive = True, False
        self.wire.cut.add(agent.name)
        agent.machine.listener = None
        for attempt in list(agent.machine.live):
            agent.machine.finish(attempt, "killed", "engine")

    def clear_up(self) -> None:
        """The storm is over: everything works again, but for what burnt."""
        self.is_calm = True
        self.weather = self.wire.weather = calm(self.weather)
        self.server_offset_us = 0
        self.server.start()
        for agent in self.agents.values():
            agent.jump(-agent.offsets[-1][1])
            if agent.gone:
                continue
            self.wire.cut.discard(agent.name)
            if agent.engine_away:
                agent.engine_returns()
            agent.start()
            for nodes in agent.machine.nodes.values():
                nodes.up[:] = True
        self.operator.mend()
        self.ambush.mend()

    # ------------------------------------------------------------ what must be true

    def validate(self, platform: Platform, events: list[AnyEvent]) -> None:
        """After a group of events: the invariants of the state, now and then in the storm."""
        self.operator.watch(platform)
        self.ambush.watch(platform, events)
        self.rounds += 1
        if self.rounds % VALIDATED_EVERY == 0:
            validate(platform)

    def is_over(self) -> bool:
        """Whether all that was asked is answered, all jobs are closed, and nothing runs or waits."""
        writer = self.server.writer
        if writer is None or writer.inbox or len(self.client.answered) < len(self.client.asked):
            return False
        if any(job.state not in CLOSED for job in writer.platform.state.jobs.values()):
            return False
        live = [agent for agent in self.agents.values() if not agent.gone]
        return all(agent.alive and agent.agent.idle and not agent.machine.live for agent in live)


def programme() -> tuple[AnyCommand, ...]:
    """A city's vouchers, with a reserve that always suffices."""
    return (
        OpenFund("fund", "city", "CNY"),
        OpenProgramme("programme", PROGRAMME, (FundWeight("city", 1),), 10**9, 10**8),
        Appropriate("appropriate", PROGRAMME, 10**11),
        PayIn("pay-in", "city", 10**11, "wire"),
        Replenish("replenish", PROGRAMME),
    )


@lru_cache(maxsize=1)
def network() -> tuple[inputs.AnyInput, ...]:
    """Three centres with nodes, two firms with some money."""
    terms = Terms(
        name="faults", start_at=START_AT, slot_minutes=SLOT_MINUTES, horizon_slots=12, reserve_slots=8,
        carbon_price_micro_per_kg=60_000, data_cost_micro_per_gb_1000km=500_000,
    )  # fmt: skip
    signals = Signals(
        zone="z", from_slot=0, price_micro_per_kwh=("400000", "-50000", "600000"),
        carbon_g_per_kwh=("500", "400", "600"),
    )  # fmt: skip
    found: list[inputs.AnyInput] = [
        inputs.OpenNetwork(
            "open", terms, (RegionRow(region="510000", name="四川", lat="30.6", lon="104.1"),)
        ),
        inputs.PublishSignals("signals", (signals,)),
    ]
    for number, devices in enumerate(("4", "3", "6")):
        name = f"c{number}"
        centre = CentreRow(
            centre=name, name=name, kind="intelligent", region="510000", lat="30.6", lon="104.1",
            grid_zone="z",
            pue="1.2", security_grade=3, operator=name, catalogues=PROGRAMME if number < 2 else None,
        )  # fmt: skip
        pools = [
            PoolRow(
                pool=f"{name}-a", centre=name, device="A", devices=devices, devices_per_node="2",
                power_w_per_device="400", idle_w_per_device="40",
                price_micro_per_device_hour=(number + 2) * 1_000_000,
            )
        ]  # fmt: skip
        if number:
            pools.append(
                PoolRow(
                    pool=f"{name}-b", centre=name, device="B", devices="2", devices_per_node="1",
                    power_w_per_device="200", idle_w_per_device="20", price_micro_per_device_hour=1_500_000,
                )
            )  # fmt: skip
        found.append(inputs.EnrolCentre(f"enrol/{name}", centre, tuple(pools)))
    for firm, micro in zip(FIRMS, (10**12, 12_000_000), strict=True):
        found.append(inputs.Book(f"open/{firm}", OpenWallet(f"open/{firm}", firm, "CNY", 0)))
        found.append(inputs.Book(f"first/{firm}", TopUp(f"first/{firm}", firm, micro, "first")))
    found += [inputs.Book(command.id, command) for command in programme()]
    return tuple(found)
