"""One option of one job over every pool of its class and every start: rules, costs, and what is free."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.clearing.exact_response import CARRIAGE_MOST
from suanwang.clearing.explanation import Place
from suanwang.clearing.problem import BoolArray, Problem
from suanwang.energy.unit_parts import UnitParts, unit_parts
from suanwang.model.result import Outcome
from suanwang.network.links import Links, link_tables
from suanwang.units.decimals import to_places
from suanwang.units.rounding import Int64Array, half_even

ROUNDING_NANO = 1500
"""Written parts of a job with part of a device are rounded: they may sum to this much more than its cost."""


class Wish(msgspec.Struct, frozen=True):
    """One option: `device_class` −1 where no pool has the device."""

    option: int
    device: str
    device_class: int
    node_milli: int
    milli: int
    slots: int


class Scene(msgspec.Struct, frozen=True):
    """What one job sees: the network without itself, and the links of its regions.

    `row`: its line of the jobs table. `free_milli`, `price_micro`: (slot, column). `links`: row 0 the user's
    region, row 1 the input's.
    """

    problem: Problem
    row: dict[str, Any]
    parts: UnitParts
    free_milli: Int64Array
    price_micro: Int64Array
    links: Links
    in_nano_gb: int
    out_nano_gb: int

    @property
    def value_nano(self) -> int:
        """What is lost if it is not served."""
        return int(self.row["value_micro"]) * 1000


def free_without(problem: Problem, outcome: Outcome, job: int) -> Int64Array:
    """(slot, column) milli-devices that the other jobs of the plan leave free."""
    supply, book = problem.supply, problem.scenario.options
    others = outcome.served.copy()
    others[job] = False
    alternative = book.first[book.text_of_job[others]] + outcome.option[others]
    milli = (book.units_milli * book.nodes)[alternative]
    column_of_pool = np.empty(supply.columns, np.int64)
    column_of_pool[supply.column_pool] = np.arange(supply.columns)
    column = column_of_pool[outcome.pool[others]]
    change = np.zeros((supply.slots + 1, supply.columns), np.int64)
    np.add.at(change, (outcome.start_slot[others], column), milli)
    np.subtract.at(change, (outcome.end_slot[others], column), milli)
    return supply.capacity_milli - np.cumsum(change, axis=0)[:-1]


def set_scene(problem: Problem, outcome: Outcome, job: int) -> Scene:
    """The scene of one job."""
    row = problem.scenario.jobs.row(job, named=True)
    gb = to_places(np.array([row["gb_in"], row["gb_out"]]), 9)
    return Scene(
        problem=problem,
        row=row,
        parts=unit_parts(problem.scenario),
        free_milli=free_without(problem, outcome, job),
        price_micro=outcome.price_micro[problem.supply.column_pool].T,
        links=link_tables(problem.scenario, [row["region"], row["data_region"] or row["region"]]),
        in_nano_gb=int(gb[0]),
        out_nano_gb=int(gb[1]),
    )


def wishes_of(problem: Problem, job: int) -> list[Wish]:
    """The options of one job."""
    book = problem.scenario.options
    text = int(book.text_of_job[job])
    classes = {device: index for index, device in enumerate(problem.supply.devices)}
    return [
        Wish(
            option=option,
            device=str(book.device[at]),
            device_class=classes.get(str(book.device[at]), -1),
            node_milli=int(book.units_milli[at]),
            milli=int(book.units_milli[at] * book.nodes[at]),
            slots=int(book.slots[at]),
        )
        for option, at in enumerate(range(int(book.first[text]), int(book.first[text + 1])))
    ]


class Prospect(msgspec.Struct, frozen=True):
    """A wish over the columns of its class, by local column, and every start, (start, column).

    `holds`, `secure`, `resident`, `near`: whether the rule passes. `arrive`, `leave`: slots of the transfers.
    `cost_nano`: exact; `dear`: whether that is the value or more; `fits`: whether enough is free;
    `priced_nano`: cost and clearing price.
    """

    wish: Wish
    columns: Int64Array
    pools: Int64Array
    centres: Int64Array
    holds: BoolArray
    secure: BoolArray
    resident: BoolArray
    near: BoolArray
    rtt_ms: NDArray[np.float64]
    arrive: Int64Array
    leave: Int64Array
    data_micro: Int64Array
    cost_nano: Int64Array
    priced_nano: Int64Array
    dear: BoolArray
    fits: BoolArray

    def starts(self) -> Int64Array:
        """(start, 1) the numbers of the starts."""
        return np.arange(len(self.cost_nano))[:, None]

    def arrived(self, release_slot: int) -> BoolArray:
        """(start, column) whether the input is there."""
        return self.starts() >= release_slot + self.arrive

    def in_time(self, deadline_slot: int) -> BoolArray:
        """(start, column) whether the output still arrives."""
        return self.starts() + self.wish.slots + self.leave <= deadline_slot

    def rules(self, without: str = "") -> BoolArray:
        """(column,) whether all rules pass, one left out by name."""
        named = {"size": self.holds, "grade": self.secure, "residency": self.resident, "latency": self.near}
        return np.logical_and.reduce([passes for name, passes in named.items() if name != without])


def transfer(nano_gb: int, slot_nano_gb: Int64Array) -> Int64Array:
    """ceil(amount / what a slot carries); 0 where bandwidth (0) is not limited."""
    return np.where(slot_nano_gb > 0, -(-nano_gb // np.maximum(slot_nano_gb, 1)), 0)


def window_sums(values: Int64Array, slots: int) -> Int64Array:
    """(start, column) Σ over `slots` slots from each start."""
    prefix = np.zeros((len(values) + 1, values.shape[1]), np.int64)
    np.cumsum(values, axis=0, out=prefix[1:])
    return prefix[slots:] - prefix[: len(prefix) - slots]


def look_at(scene: Scene, wish: Wish) -> Prospect:
    """The prospect of a wish whose class has pools and whose slots fit the horizon."""
    supply, scenario, links = scene.problem.supply, scene.problem.scenario, scene.links
    columns = np.arange(supply.class_first[wish.device_class], supply.class_first[wish.device_class + 1])
    centres = supply.column_centre[columns]
    row = scene.row
    prefixes = tuple(prefix.strip() for prefix in (row["residency"] or "").split(";") if prefix.strip())
    home = scenario.centres["region"].gather(centres)
    limit = row["max_rtt_ms"]
    rtt_ms = links.rtt_ms[0, centres]
    # in integers of any size: what a job would cost in places that are not for it may be enormous
    sent, fetched = (links.cost_femto_per_gb[line, centres].tolist() for line in (0, 1))
    data_micro = np.array(
        [
            half_even(scene.in_nano_gb * to + scene.out_nano_gb * back, 10**18)
            for to, back in zip(fetched, sent, strict=True)
        ],
        np.int64,
    )
    unit = window_sums(supply.unit_micro[:, columns], wish.slots)
    price = window_sums(scene.price_micro[:, columns], wish.slots)
    # what 64 bits cannot hold is dearer than any value
    most = (2**62) // max(wish.milli, 1)
    cost_nano = wish.milli * np.clip(unit, -most, most) + 1000 * np.minimum(data_micro, CARRIAGE_MOST)
    slack = ROUNDING_NANO if wish.milli % 1000 else 0
    short = window_sums((scene.free_milli[:, columns] < wish.milli).astype(np.int64), wish.slots)
    return Prospect(
        wish=wish,
        columns=columns,
        pools=supply.column_pool[columns],
        centres=centres,
        holds=(supply.node_milli[columns] >= wish.node_milli) & (supply.most_milli[columns] >= wish.milli),
        secure=scenario.centres["security_grade"].to_numpy()[centres] >= (row["min_security_grade"] or 0),
        resident=np.array([not prefixes or str(code).startswith(prefixes) for code in home], np.bool_),
        near=rtt_ms <= limit if limit is not None else np.ones(len(columns), np.bool_),
        rtt_ms=rtt_ms,
        arrive=transfer(scene.in_nano_gb, links.slot_nano_gb[1, centres]),
        leave=transfer(scene.out_nano_gb, links.slot_nano_gb[0, centres]),
        data_micro=data_micro,
        cost_nano=cost_nano,
        priced_nano=cost_nano + wish.milli * np.minimum(price, most // 2),
        dear=cost_nano + slack >= scene.value_nano,
        fits=short == 0,
    )


def place_at(scene: Scene, prospect: Prospect, local: int, start: int) -> Place:
    """The place with its cost in parts, as a plan writes them."""
    wish, pool = prospect.wish, int(prospect.pools[local])
    end = start + wish.slots

    def written(window: int) -> int:
        return half_even(wish.milli * window, 1000)

    compute = written(int(scene.parts.compute[pool]) * wish.slots)
    energy = written(int(scene.parts.energy[pool, start:end].sum()))
    carbon = written(int(scene.parts.carbon[pool, start:end].sum()))
    data = int(prospect.data_micro[local])
    price = int(scene.price_micro[start:end, int(prospect.columns[local])].sum())
    return Place(
        start_slot=start,
        end_slot=end,
        compute_micro=compute,
        energy_micro=energy,
        carbon_micro=carbon,
        data_micro=data,
        total_micro=compute + energy + carbon + data,
        scarcity_micro=wish.milli * price // 1000,
    )
