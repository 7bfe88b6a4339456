"""The independent checker: does an outcome keep every rule of its scenario, to the last micro-yuan?

It shares no array with the compiled problem, only the reading of options, the links and the unit costs: what
each job holds, where and when, is looked up again in the scenario's own tables.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.clearing.broken_rules import BrokenRules
from suanwang.energy.unit_parts import unit_parts
from suanwang.model.result import REASONS, Outcome
from suanwang.model.scenario import Scenario
from suanwang.network.links import Links, link_tables
from suanwang.units.decimals import scaled, to_places
from suanwang.units.rounding import Int64Array, exact_sum, ratio_half_even, sum_of_products_half_even
from suanwang.units.text import Text

BY_JOB = (
    "option", "pool", "start_slot", "end_slot", "compute_micro", "energy_micro", "carbon_micro", "data_micro",
    "total_micro", "reason",
)  # fmt: skip


class Held(msgspec.Struct, frozen=True):
    """What the served jobs hold, by served job.

    `job`: row of the jobs table. `pool`, `centre`: rows of their tables. `device`: whether the pool has the
    device asked for. `node_milli`, `milli`: devices of one node, and of all. `slots`: the option's length.
    `region`, `data_region`: where its output goes and its input lies, as in `scenario.job_regions`.
    """

    job: Int64Array
    pool: Int64Array
    centre: Int64Array
    device: NDArray[np.bool_]
    node_milli: Int64Array
    milli: Int64Array
    slots: Int64Array
    start: Int64Array
    end: Int64Array
    region: NDArray[np.int32]
    data_region: NDArray[np.int32]
    in_nano_gb: Int64Array
    out_nano_gb: Int64Array


def verify(scenario: Scenario, outcome: Outcome) -> None:
    """Raises InvariantBroken, naming jobs and rules, unless the outcome is a plan as it should be.

    Checked: an option that exists, the pool's class, node size, capacity of every pool and slot (outages and
    pack margin taken off), the window with its transfers, latency, residency and grade, every part of the
    cost, a total below the value; unserved lines with their value and a reason; prices ≥ 0; cost ≥ bound.
    """
    broken = BrokenRules(scenario.jobs["job"])
    check_shapes(scenario, outcome, broken)
    broken.refuse()
    check_lines(scenario, outcome, broken)
    broken.refuse()
    held = find_held(scenario, outcome)
    links = link_tables(scenario, scenario.job_regions.codes)
    # the longest first
    side_by_side(
        broken,
        lambda found: check_costs(scenario, outcome, held, links, found),
        lambda found: check_windows(scenario, held, links, found),
        lambda found: check_sites(scenario, held, links, found),
        lambda found: check_capacity(scenario, held, found),
        lambda found: check_pools(scenario, held, found),
    )


def side_by_side(broken: BrokenRules, *checks: Callable[[BrokenRules], None]) -> None:
    """Runs checks that need nothing of each other, and refuses with all that they found, in their order."""
    found = [BrokenRules(broken.jobs) for _ in checks]
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(check, rules) for check, rules in zip(checks, found, strict=True)]:
            done.result()
    for rules in found:
        broken.faults += rules.faults
    broken.refuse()


def check_shapes(scenario: Scenario, outcome: Outcome, broken: BrokenRules) -> None:
    """Columns have a line for every job, and prices a cell ≥ 0 for every pool and slot."""
    for name in BY_JOB:
        if getattr(outcome, name).shape != (scenario.jobs.height,):
            broken.whole("shape", name, Text("not a line for every job", "并非每个作业一行"))
    if outcome.price_micro.shape != (scenario.pools.height, scenario.header.slots):
        broken.whole("shape", "price_micro", Text("not a cell for every pool and slot", "并非每池每时段一格"))
    elif outcome.price_micro.size and outcome.price_micro.min() < 0:
        pool, slot = np.unravel_index(int(outcome.price_micro.argmin()), outcome.price_micro.shape)
        where = f"price of {scenario.pools['pool'][int(pool)]}, slot {slot}"
        broken.whole(
            "price", where, Text("a negative price", "出清价为负"), str(int(outcome.price_micro.min()))
        )


def check_lines(scenario: Scenario, outcome: Outcome, broken: BrokenRules) -> None:
    """Every line is whole: a place that exists, or nothing but the job's value and a reason."""
    served = outcome.served
    book = scenario.options
    options = np.diff(book.first)[book.text_of_job]
    beyond = (outcome.option >= options) | (outcome.option < 0)
    broken.rows("option", served & beyond, Text("no such option", "没有该方案"), outcome.option)
    beyond = outcome.pool >= scenario.pools.height
    broken.rows("pool", beyond, Text("no such pool", "没有该资源池"), outcome.pool)
    outside = (outcome.start_slot < 0) | (outcome.end_slot > scenario.header.slots)
    outside |= outcome.start_slot >= outcome.end_slot
    broken.rows("horizon", served & outside, Text("leaves the horizon", "超出时间范围"), outcome.start_slot)
    reasonless = (outcome.reason <= 0) | (outcome.reason >= len(REASONS))
    wrong = np.where(served, outcome.reason != 0, reasonless)
    broken.rows("reason", wrong, Text("a reason that does not fit", "原因与结果不符"), outcome.reason)
    placed = np.stack([outcome.option, outcome.pool, outcome.start_slot, outcome.end_slot])
    half = ~served & (placed != -1).any(axis=0)
    broken.rows(
        "unserved", half, Text("unserved, but with part of a place", "未安排却带有位置"), outcome.option
    )
    parts = [outcome.compute_micro, outcome.energy_micro, outcome.carbon_micro, outcome.data_micro]
    paid = ~served & np.any([part != 0 for part in parts], axis=0)
    broken.rows("unserved", paid, Text("unserved, but with a cost", "未安排却有费用"), outcome.total_micro)
    value = scenario.jobs["value_micro"].to_numpy()
    wrong = ~served & (outcome.total_micro != value)
    broken.rows("unserved", wrong, Text("does not cost its value", "合计不等于其价值"), outcome.total_micro)


def find_held(scenario: Scenario, outcome: Outcome) -> Held:
    """Look up what the served jobs hold."""
    book, pools = scenario.options, scenario.pools
    job = np.flatnonzero(outcome.served)
    pool = outcome.pool[job].astype(np.int64)
    alternative = book.first[book.text_of_job[job]] + outcome.option[job]
    names = pl.Enum(pl.concat([pools["device"], book.device]).unique(maintain_order=True))
    wanted = book.device.cast(names).to_physical().to_numpy()
    had = pools["device"].cast(names).to_physical().to_numpy()
    centres = pl.Enum(scenario.centres["centre"])
    return Held(
        job=job,
        pool=pool,
        centre=pools["centre"].cast(centres).to_physical().to_numpy().astype(np.int64)[pool],
        device=wanted[alternative] == had[pool],
        node_milli=book.units_milli[alternative],
        milli=(book.units_milli * book.nodes)[alternative],
        slots=book.slots[alternative],
        start=outcome.start_slot[job].astype(np.int64),
        end=outcome.end_slot[job].astype(np.int64),
        region=scenario.job_regions.user[job],
        data_region=scenario.job_regions.data[job],
        in_nano_gb=to_places(scenario.jobs["gb_in"].to_numpy()[job], 9),
        out_nano_gb=to_places(scenario.jobs["gb_out"].to_numpy()[job], 9),
    )


def check_pools(scenario: Scenario, held: Held, broken: BrokenRules) -> None:
    """The pool has the device, and nodes as large as asked for."""
    broken.rows("class", ~held.device, Text("not the device asked for", "卡型不符"), held.pool, held.job)
    node_milli = scaled(scenario.pools["devices_per_node"].to_numpy(), 3)
    small = held.node_milli > node_milli[held.pool]
    broken.rows("size", small, Text("larger than a node", "超过单节点卡数"), held.node_milli, held.job)


def check_sites(scenario: Scenario, held: Held, links: Links, broken: BrokenRules) -> None:
    """The centre is secure, near and where the data must stay."""
    jobs, centres = scenario.jobs, scenario.centres
    grade = jobs["min_security_grade"].fill_null(0).to_numpy()[held.job]
    unsafe = centres["security_grade"].to_numpy()[held.centre] < grade
    broken.rows("grade", unsafe, Text("grade below what it needs", "安全等级不足"), grade, held.job)
    limit = jobs["max_rtt_ms"].fill_null(float("inf")).to_numpy()[held.job]
    far = links.rtt_ms[held.region, held.centre] > limit
    broken.rows("latency", far, Text("farther than its round trip", "超过最大往返时延"), limit, held.job)
    bound = np.flatnonzero(jobs["residency"].is_not_null().to_numpy()[held.job])
    texts = jobs["residency"].gather(held.job[bound])
    distinct = texts.unique()
    home = centres["region"].to_list()
    inside = np.ones((len(distinct), len(home)), np.bool_)
    for index, text in enumerate(distinct):
        prefixes = [prefix.strip() for prefix in str(text).split(";") if prefix.strip()]
        if prefixes:
            inside[index] = [any(code.startswith(prefix) for prefix in prefixes) for code in home]
    away = np.zeros(len(held.job), np.bool_)
    if len(bound):
        away[bound] = ~inside[texts.cast(pl.Enum(distinct)).to_physical().to_numpy(), held.centre[bound]]
    broken.rows(
        "residency", away, Text("outside where its data must stay", "不在数据驻留范围"), held.pool, held.job
    )


def transfer_slots(nano_gb: Int64Array, slot_nano_gb: Int64Array) -> Int64Array:
    """ceil(amount / what a slot carries); 0 where bandwidth (0) is not limited."""
    return np.where(slot_nano_gb > 0, -(-nano_gb // np.maximum(slot_nano_gb, 1)), 0)


def check_windows(scenario: Scenario, held: Held, links: Links, broken: BrokenRules) -> None:
    """As many slots as the option says, after the input has arrived, early enough for the output to leave."""
    jobs, job = scenario.jobs, held.job
    wrong = held.end - held.start != held.slots
    broken.rows("slots", wrong, Text("not the length of its option", "时段数与方案不符"), held.end, job)
    arrive = transfer_slots(held.in_nano_gb, links.slot_nano_gb[held.data_region, held.centre])
    leave = transfer_slots(held.out_nano_gb, links.slot_nano_gb[held.region, held.centre])
    early = held.start < jobs["release_slot"].to_numpy()[job] + arrive
    broken.rows("window", early, Text("starts before its input is there", "输入到达前开始"), held.start, job)
    late = held.end + leave > jobs["deadline_slot"].to_numpy()[job]
    broken.rows("window", late, Text("its output comes too late", "输出晚于截止"), held.end, job)


def capacity_milli(scenario: Scenario) -> Int64Array:
    """(pool, slot) milli-devices that plans may use."""
    pools, header = scenario.pools, scenario.header
    devices = scaled(pools["devices"].to_numpy(), 3)
    capacity = np.repeat(devices[:, None], header.slots, axis=1)
    row = {pool: index for index, pool in enumerate(pools["pool"])}
    outages = scenario.outages.select("pool", "from_slot", "to_slot", "devices_lost")
    for pool, begin, end, lost in outages.iter_rows():
        capacity[row[pool], begin:end] -= round(lost * 1000)
    np.maximum(capacity, 0, out=capacity)
    if header.pack_margin:
        free = round(header.pack_margin * 10**9)
        kept = {int(size): int(size) - -(-int(size) * free // 10**9) for size in np.unique(capacity)}
        sizes = np.array(sorted(kept))
        capacity = np.array([kept[int(size)] for size in sizes])[np.searchsorted(sizes, capacity)]
    return capacity


def check_capacity(scenario: Scenario, held: Held, broken: BrokenRules) -> None:
    """Σ milli-devices held ≤ capacity, in every pool and slot."""
    capacity = capacity_milli(scenario)
    most = capacity.max(axis=1, initial=0)
    huge = held.milli > most[held.pool]
    broken.rows(
        "capacity", huge, Text("more devices than the pool has", "超过资源池卡数"), held.milli, held.job
    )
    change = np.zeros((capacity.shape[0], capacity.shape[1] + 1), np.int64)
    np.add.at(change, (held.pool, held.start), held.milli)
    np.subtract.at(change, (held.pool, held.end), held.milli)
    over = np.cumsum(change, axis=1)[:, :-1] - capacity
    pools, slots = np.nonzero(over > 0)
    for pool, slot in zip(pools[:10].tolist(), slots[:10].tolist(), strict=True):
        inside = (held.pool == pool) & (held.start <= slot) & (held.end > slot)
        names = ", ".join(scenario.jobs["job"].gather(held.job[inside][:5]))
        broken.whole(
            "capacity",
            f"pool {scenario.pools['pool'][pool]}, slot {slot}",
            Text(f"more held than there is, by jobs {names}", f"占用超过容量，作业 {names}"),
            f"{over[pool, slot]} milli-devices too many",
            len(pools),
        )


def check_costs(scenario: Scenario, outcome: Outcome, held: Held, links: Links, broken: BrokenRules) -> None:
    """Each part recomputed, their sum, and that it is below the job's value; no cost below the bound."""
    parts, jobs, job = unit_parts(scenario), scenario.jobs, held.job

    def over_time(unit_micro: Int64Array) -> Int64Array:
        prefix = np.zeros((unit_micro.shape[0], unit_micro.shape[1] + 1), np.int64)
        np.cumsum(unit_micro, axis=1, out=prefix[:, 1:])
        return prefix[held.pool, held.end] - prefix[held.pool, held.start]

    fetched = held.in_nano_gb, links.cost_femto_per_gb[held.data_region, held.centre]
    sent = held.out_nano_gb, links.cost_femto_per_gb[held.region, held.centre]
    recomputed = {
        "compute": ratio_half_even(held.milli, parts.compute[held.pool] * held.slots, 1000),
        "energy": ratio_half_even(held.milli, over_time(parts.energy), 1000),
        "carbon": ratio_half_even(held.milli, over_time(parts.carbon), 1000),
        "data": sum_of_products_half_even([fetched, sent], 10**18),
    }
    total = np.zeros(len(job), np.int64)
    for name, part in recomputed.items():
        written = getattr(outcome, f"{name}_micro")[job]
        broken.rows(name, written != part, Text(f"{name} cost is wrong", f"{name} 费用有误"), written, job)
        total += part
    written = outcome.total_micro[job]
    broken.rows("total", written != total, Text("not the sum of its parts", "合计与各项不符"), written, job)
    dear = written >= jobs["value_micro"].to_numpy()[job]
    broken.rows("value", dear, Text("costs its value or more", "费用不低于其价值"), written, job)
    cost = exact_sum(outcome.total_micro)
    for bound in (outcome.bound_micro, outcome.bound_uncapacitated_micro):
        if bound > cost:
            broken.whole(
                "bound", "bound", Text("above the plan's cost", "下界高于计划费用"), f"{bound} > {cost}"
            )
