"""A result folder, read and checked against its scenario: plan, prices and `report.json`."""

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.findings import Findings, marks_at
from suanwang.feeds.references import check_keys, check_reference, check_slot_range
from suanwang.feeds.result_writer import REPORT_FILE
from suanwang.feeds.scenario_folder import check_folder
from suanwang.feeds.table_files import TableRead, read_table
from suanwang.model.result import PLAN, PRICES, REASONS, Outcome, Report
from suanwang.model.scenario import Scenario
from suanwang.model.scenario_tables import JOBS, POOLS
from suanwang.model.schema import Table
from suanwang.units.text import Text, same

Int64Array = NDArray[np.int64]
PLACE_COLUMNS = ("option", "pool", "start_slot", "end_slot")
PART_COLUMNS = ("compute_micro", "energy_micro", "carbon_micro", "data_micro")


class ResultRead(msgspec.Struct, frozen=True):
    """A result as written: the outcome, in the order of the scenario's jobs and pools, and its report."""

    outcome: Outcome
    report: Report


def read_result(folder: Path, scenario: Scenario) -> ResultRead:
    """Reads and checks the result in `folder`. Raises InvalidInput with every fault found.

    The plan has every job of the scenario once, places that the job's options and the pools name, slots of
    the option's length within the horizon, and totals that are the sum of their parts (the value of an
    unserved job). Capacity and rules are the business of whoever checks the plan.
    """
    findings = Findings()
    check_folder(folder, findings)
    findings.refuse()
    report = read_report(folder / REPORT_FILE, findings)
    plan = read_table(folder, PLAN, findings)
    prices = read_table(folder, PRICES, findings)
    jobs, pools = given(JOBS, scenario.jobs), given(POOLS, scenario.pools)
    check_keys(prices, findings)
    check_reference(prices, "pool", pools, "pool", findings)
    check_slot_range(prices, "slot", scenario.header.slots - 1, findings)
    check_reference(plan, "pool", pools, "pool", findings)
    # the usual plan lists the jobs as the scenario does, and then this is all there is to check
    if not scenario.jobs["job"].equals(plan.frame["job"]):
        check_keys(plan, findings)
        check_reference(plan, "job", jobs, "job", findings)
        check_complete(plan, scenario, findings)
    findings.refuse()
    lines = in_order(plan.frame, scenario)
    assert plan.place is not None
    check_lines(plan, lines, scenario, findings)
    findings.refuse()
    assert report is not None
    return ResultRead(outcome_of(lines, price_matrix(prices.frame, scenario), scenario, report), report)


def given(table: Table, frame: pl.DataFrame) -> TableRead:
    """A table that stands in memory, as the target of references."""
    return TableRead(table, frame, None, usable=True)


def read_report(path: Path, findings: Findings) -> Report | None:
    """`report.json`, or None with its fault."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        reason = str(error.strerror)
        what = Text(f"cannot be read ({reason})", f"无法读取（{reason}）")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = Text(f"not a report: {error}", f"不是报告文件：{error}")
    remedy = Text("clear the scenario again", "重新出清该场景")
    findings.note("report", path.name, what, expected=Text("report.json", "report.json"), remedy=remedy)
    return None


def check_complete(plan: TableRead, scenario: Scenario, findings: Findings) -> None:
    """The plan has a line for every job."""
    if plan.place is None:
        return
    jobs = scenario.jobs["job"]
    missing = jobs.filter(~jobs.is_in(plan.frame["job"].drop_nulls().unique().implode()))
    if not len(missing):
        return
    name = plan.place.path.name
    findings.note(
        "missing_job",
        f"{name} job",
        Text(
            f"{len(missing)} jobs of the scenario have no line", f"场景中有 {len(missing)} 个作业没有计划行"
        ),
        found=", ".join(missing.head(5).to_list()),
        expected=Text("a line for every job", "每个作业一行"),
        remedy=Text("is this the result of this scenario?", "该结果是否属于此场景？"),
        file=name,
        column="job",
        count=len(missing),
    )


def in_order(frame: pl.DataFrame, scenario: Scenario) -> pl.DataFrame:
    """The plan in the order of the jobs table, with `row`, its place in the file, and `pool_index`."""
    pools = scenario.pools.select("pool").with_row_index("pool_index")
    lines = frame.with_row_index("row").join(pools, on="pool", how="left", maintain_order="left")
    if scenario.jobs["job"].equals(frame["job"]):
        return lines
    return scenario.jobs.select("job").join(lines, on="job", how="left", maintain_order="left")


def filled(series: pl.Series) -> Int64Array:
    """Whole numbers with −1 for null."""
    return series.fill_null(-1).to_numpy().astype(np.int64)


def check_lines(plan: TableRead, lines: pl.DataFrame, scenario: Scenario, findings: Findings) -> None:
    """Every line is whole: a place with its parts, or a reason with the job's value."""
    assert plan.place is not None
    place, height, rows = plan.place, plan.frame.height, lines["row"].to_numpy()

    def tell(kind: str, column: str, wrong: NDArray[np.bool_], what: Text, expected: Text) -> None:
        if wrong.any():
            remedy = Text("was the file edited, or the scenario changed?", "文件是否被改动，或场景已变？")
            marks = marks_at(rows[wrong], height)
            findings.rows(kind, place, column, marks, plan.frame[column], what, expected, remedy)

    nulls = np.stack([lines[name].is_null().to_numpy() for name in PLACE_COLUMNS])
    partly, wholly = np.asarray(nulls.any(axis=0)), np.asarray(nulls.all(axis=0))
    served = ~partly
    what = Text("a place that is only half there", "安排信息不完整")
    expected = Text("option, pool and slots all filled, or all empty", "方案、资源池与时段同填或同空")
    tell("half_served", "pool", partly & ~wholly, what, expected)

    book = scenario.options
    first = book.first[book.text_of_job]
    number = book.first[book.text_of_job + 1] - first
    option, start, end = (filled(lines[name]) for name in ("option", "start_slot", "end_slot"))
    strange = served & ((option < 0) | (option >= number))
    what, expected = (
        Text("an option that the job does not have", "作业没有该方案"),
        Text("an index from 0", "从 0 起"),
    )
    tell("unknown_option", "option", strange, what, expected)
    slots = np.zeros(len(option), np.int64)
    sound = served & ~strange
    slots[sound] = book.slots[(first + option)[sound]]
    wrong = sound & ((end - start != slots) | (start < 0) | (end > scenario.header.slots))
    what = Text("slots that are not the option's, or leave the horizon", "时段与方案不符或超出范围")
    tell(
        "wrong_slots",
        "end_slot",
        wrong,
        what,
        Text("start_slot + slots of the option", "start_slot + 方案时段数"),
    )

    total = lines["total_micro"].to_numpy()
    parts = sum((lines[name].to_numpy() for name in PART_COLUMNS), start=np.zeros(len(total), np.int64))
    value = scenario.jobs["value_micro"].to_numpy()
    wrong = np.where(served, total != parts, (total != value) | (parts != 0))
    what = Text("a total that is not the sum of its parts", "合计与各项不符")
    tell(
        "wrong_total",
        "total_micro",
        wrong,
        what,
        Text("the sum, or an unserved job's value", "各项之和，或未安排作业的价值"),
    )
    known = lines["reason"].is_in(list(REASONS)).to_numpy()
    wrong = ~known | (served != (lines["reason"] == "").to_numpy())
    what = Text("a reason that does not fit the line", "原因与该行不符")
    tell("wrong_reason", "reason", wrong, what, same(" / ".join(REASONS[1:]) + " / (empty)"))


def price_matrix(frame: pl.DataFrame, scenario: Scenario) -> Int64Array:
    """(pool, slot) prices in micro-yuan per device-slot, 0 where the file has none."""
    matrix = np.zeros((scenario.pools.height, scenario.header.slots), np.int64)
    at = frame.join(scenario.pools.select("pool").with_row_index("index"), on="pool", maintain_order="left")
    matrix[at["index"].to_numpy(), at["slot"].to_numpy()] = at["price_micro_per_device_slot"].to_numpy()
    return matrix


def outcome_of(lines: pl.DataFrame, prices: Int64Array, scenario: Scenario, report: Report) -> Outcome:
    """The outcome that these lines and this report tell."""
    reasons = pl.DataFrame({"reason": list(REASONS)}).with_row_index("index")
    reason = lines.select("reason").join(reasons, on="reason", how="left", maintain_order="left")["index"]
    assert prices.shape == (scenario.pools.height, scenario.header.slots)
    return Outcome(
        method=report.method,
        seed=report.seed,
        option=filled(lines["option"]).astype(np.int32),
        pool=filled(lines["pool_index"].cast(pl.Int64)).astype(np.int32),
        start_slot=filled(lines["start_slot"]).astype(np.int32),
        end_slot=filled(lines["end_slot"]).astype(np.int32),
        compute_micro=lines["compute_micro"].to_numpy(),
        energy_micro=lines["energy_micro"].to_numpy(),
        carbon_micro=lines["carbon_micro"].to_numpy(),
        data_micro=lines["data_micro"].to_numpy(),
        total_micro=lines["total_micro"].to_numpy(),
        reason=reason.to_numpy().astype(np.int8),
        price_micro=prices,
        bound_micro=report.bound_micro,
        bound_uncapacitated_micro=report.bound_uncapacitated_micro,
        price_loss_micro=report.price_loss_micro,
        place_loss_micro=report.place_loss_micro,
        seconds=report.seconds,
        notes=tuple(report.notes),
        held_to_gap=report.held_to_gap,
    )
