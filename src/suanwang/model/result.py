"""What clearing returns: a plan line for every job, the prices, the bound, and the report of it."""

from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.model.scarcity import Scarcity
from suanwang.model.schema import Column, Table
from suanwang.units.text import Text

Method = Literal["prices", "fcfs", "exact", "live"]

Reason = Literal["", "class", "size", "grade", "residency", "latency", "window", "value", "full"]
REASONS: tuple[Reason, ...] = (
    "",
    "class",
    "size",
    "grade",
    "residency",
    "latency",
    "window",
    "value",
    "full",
)
"""Why a job is unserved, the first test that no candidate passes, in this order: no pool has its device
class; none has nodes and devices enough; no such pool has the security grade; none lies where its data must
stay; none is near enough; none leaves a start between arrival of the input and departure of the output; all
cost its value or more even when empty; all are full when it could run."""

REASON_TEXTS: dict[Reason, Text] = {
    "": Text("served", "已安排"),
    "class": Text("no pool has its device class", "没有所需卡型的资源池"),
    "size": Text("no pool has nodes and devices enough", "没有足够大的节点或资源池"),
    "grade": Text("no pool has the security grade", "没有达到安全等级的资源池"),
    "residency": Text("no pool lies where its data must stay", "数据驻留范围内没有资源池"),
    "latency": Text("no pool is near enough", "没有满足时延的资源池"),
    "window": Text("transfers leave no start in its window", "数据传输后窗口内没有可用的开始时段"),
    "value": Text("every place costs its value or more", "所有位置的费用都不低于其价值"),
    "full": Text("every place is full or too dear when it could run", "可运行时段内资源已满或过贵"),
}


class Outcome(msgspec.Struct, frozen=True):
    """A plan with its prices and its bound, as columns in the order of the scenario's jobs and pools.

    `option`, `pool`, `start_slot`, `end_slot`: (job,), -1 where unserved; `pool` indexes the pools table,
    `option` counts from 0 in the order written. The parts: (job,) micro-yuan, rounded once each, and
    `total_micro` their sum, or the job's value where unserved. `reason`: (job,) index into `REASONS`.
    `price_micro`: (pool, slot) ≥ 0, micro-yuan per device-slot; none for `fcfs`, which has no prices: there
    it is zero. `bound_micro` is the certified lower bound on any plan's cost, `bound_uncapacitated_micro`
    the same with all prices zero. `seconds`: wall time by phase. `notes` are what a reader must know.
    `price_loss_micro` = Σ price · capacity left free; `place_loss_micro` = Σ (reduced cost of the place
    taken − the job's best): the two sum to cost − bound. `held_to_gap`: where this clearing went on from an
    earlier one, the gap of the last one from scratch, which it is held to; else None.
    """

    method: Method
    seed: int
    option: NDArray[np.int32]
    pool: NDArray[np.int32]
    start_slot: NDArray[np.int32]
    end_slot: NDArray[np.int32]
    compute_micro: NDArray[np.int64]
    energy_micro: NDArray[np.int64]
    carbon_micro: NDArray[np.int64]
    data_micro: NDArray[np.int64]
    total_micro: NDArray[np.int64]
    reason: NDArray[np.int8]
    price_micro: NDArray[np.int64]
    bound_micro: int
    bound_uncapacitated_micro: int
    price_loss_micro: int
    place_loss_micro: int
    seconds: dict[str, float]
    notes: tuple[Text, ...] = ()
    held_to_gap: float | None = None

    @property
    def served(self) -> NDArray[np.bool_]:
        """(job,) whether the job has a place."""
        return self.pool >= 0


class RegionLine(msgspec.Struct, frozen=True):
    """The jobs of one region of users."""

    jobs: int
    served: int
    cost_micro: int
    device_hours: float
    served_away: int
    """Jobs that run in a centre outside their own province."""


class Report(msgspec.Struct, frozen=True):
    """`report.json`. Money in micro-yuan, `gap` = (cost − bound)/bound or null where the bound is ≤ 0."""

    name: str
    method: Method
    seed: int
    version: str
    jobs: int
    served: int
    unserved: int
    unserved_by_reason: dict[str, int]
    cost_micro: int
    compute_micro: int
    energy_micro: int
    carbon_micro: int
    data_micro: int
    unserved_value_micro: int
    bound_micro: int
    bound_uncapacitated_micro: int
    gap: float | None
    price_loss_micro: int
    place_loss_micro: int
    seconds: dict[str, float]
    energy_wh: float
    idle_energy_wh: float
    carbon_location_g: float
    carbon_market_g: float
    green_share: float | None
    wait_slots_p50: float | None
    wait_slots_p95: float | None
    utilisation: dict[str, float]
    by_region: dict[str, RegionLine]
    notes: list[Text]
    fcfs_cost_micro: int | None = None
    excess_removed: float | None = None
    scarcity: Scarcity | None = None
    held_to_gap: float | None = None


PLAN = Table(
    "plan",
    (
        Column("job", "name", Text("id of the job", "作业编号")),
        Column("option", "whole", Text("option taken, from 0", "选用方案，从 0 起"), required=False),
        Column("pool", "name", Text("pool", "资源池"), required=False),
        Column("start_slot", "whole", Text("first slot", "起始时段"), required=False),
        Column("end_slot", "whole", Text("end, exclusive", "结束时段（不含）"), required=False),
        Column("compute_micro", "whole", Text("compute, micro-yuan", "算力费，微元")),
        Column("energy_micro", "whole", Text("electricity, micro-yuan", "电费，微元")),
        Column("carbon_micro", "whole", Text("carbon at the scenario's price, micro-yuan", "碳成本，微元")),
        Column("data_micro", "whole", Text("moving data, micro-yuan", "数据传输费，微元")),
        Column(
            "total_micro",
            "whole",
            Text("sum, or the value of an unserved job, micro-yuan", "合计，未安排为其价值，微元"),
        ),
        Column("reason", "text", Text("why it is unserved; empty when served", "未安排的原因；已安排为空")),
    ),
    ("job",),
    Text("the plan, a line for every job", "计划，每作业一行"),
)

PRICES = Table(
    "prices",
    (
        Column("pool", "name", Text("pool", "资源池")),
        Column("slot", "whole", Text("slot", "时段"), least=0),
        Column(
            "price_micro_per_device_slot", "whole", Text("clearing price", "出清价，微元/卡时段"), least=0
        ),
    ),
    ("pool", "slot"),
    Text("clearing prices; pairs left out are 0", "出清价；未列出的为 0"),
)
