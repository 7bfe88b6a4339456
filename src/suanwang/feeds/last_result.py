"""An earlier result folder, read as what the next clearing goes on from.

Its scenario may have been another: jobs come and go, and a pool too. So lines are matched by the names of
jobs and pools, what has no match is left out, and nothing else is asked of the plan here: clearing tries each
place against the rules of today. A result with which nothing matches is of another network, and refused.
"""

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.clearing.last import LastClearing
from suanwang.feeds.findings import Findings
from suanwang.feeds.result_folder import price_matrix, read_report
from suanwang.feeds.result_writer import REPORT_FILE
from suanwang.feeds.scenario_folder import check_folder
from suanwang.feeds.table_files import read_table
from suanwang.model.result import PLAN, PRICES, Report
from suanwang.model.scenario import Scenario
from suanwang.units.errors import Fault
from suanwang.units.text import Text

Int64Array = NDArray[np.int64]
PLACE_COLUMNS = ("job", "option", "pool", "start_slot")


class LastRead(msgspec.Struct, frozen=True):
    """What to go on from, and what of the result no longer has a place in the scenario."""

    last: LastClearing
    warnings: tuple[Fault, ...]


class LastTables(msgspec.Struct, frozen=True):
    """A result folder as it was written: of the plan no more than `PLACE_COLUMNS` is asked."""

    folder: Path
    report: Report
    plan: pl.DataFrame
    prices: pl.DataFrame


def load_last(folder: Path) -> LastTables:
    """The files of the result in `folder`. Raises InvalidInput with every fault found."""
    findings = Findings()
    check_folder(folder, findings)
    findings.refuse()
    report = read_report(folder / REPORT_FILE, findings)
    plan = read_table(folder, PLAN, findings, only=PLACE_COLUMNS).frame
    prices = read_table(folder, PRICES, findings).frame
    findings.refuse()
    assert report is not None
    return LastTables(folder, report, plan, prices)


def read_last(folder: Path, scenario: Scenario) -> LastRead:
    """The result in `folder`, for a clearing of `scenario`. Raises InvalidInput with every fault found."""
    return match_last(load_last(folder), scenario)


def match_last(tables: LastTables, scenario: Scenario) -> LastRead:
    """A loaded result, for a clearing of `scenario`. Raises InvalidInput with every fault found."""
    folder, report, plan, prices = tables.folder, tables.report, tables.plan, tables.prices
    findings = Findings()
    check_method(report, folder, findings)
    known = prices["pool"].is_in(scenario.pools["pool"].implode())
    line, pool_row = lines_of_jobs(plan, scenario), rows_of_pools(plan, scenario)
    check_network(folder, prices["pool"].filter(~known), plan, line, pool_row, scenario, findings)
    late = int((prices["slot"] >= scenario.header.slots).sum())
    if late:
        findings.note(
            "horizon",
            f"{folder} prices",
            Text(f"{late} prices lie beyond the scenario's horizon", f"有 {late} 个价格超出场景的时间范围"),
            found=str(prices["slot"].max()),
            expected=Text(f"slots below {scenario.header.slots}", f"时段小于 {scenario.header.slots}"),
            remedy=Text("is this a result of this network, over the same slots?", "是否同一网络、同一时段？"),
        )
    findings.refuse()
    option, pool, start_slot = places_by_job(plan, line, pool_row)
    gap = report.held_to_gap if report.held_to_gap is not None else report.gap
    price_micro = price_matrix(prices.filter(known), scenario)
    return LastRead(LastClearing(price_micro, option, pool, start_slot, gap), tuple(findings.warnings))


def check_method(report: Report, folder: Path, findings: Findings) -> None:
    """A plan made without prices leaves nothing to go on from."""
    if report.method == "fcfs":
        findings.note(
            "no_prices",
            str(folder),
            Text("the result of first come, first served has no prices", "先到先得的结果没有价格"),
            expected=Text("a result of the method prices or exact", "方法为 prices 或 exact 的结果"),
            remedy=Text("clear without --from", "出清时去掉 --from"),
        )


def check_network(
    folder: Path, strangers: pl.Series, plan: pl.DataFrame, line: Int64Array, pool_row: pl.Series,
    scenario: Scenario, findings: Findings,
) -> None:  # fmt: skip
    """At least one pool and one job are those of the scenario; pools that are gone are told."""
    nobody_placed = plan["pool"].null_count() == plan.height
    pools_met = pool_row.null_count() < plan.height or nobody_placed
    jobs_met = bool((line >= 0).any()) or not plan.height or not len(line)
    if not (pools_met and jobs_met):
        what = Text("no job in common with the scenario", "与场景没有共同的作业")
        if not pools_met:
            what = Text("no pool in common with the scenario", "与场景没有共同的资源池")
        named = plan["job"] if pools_met else plan["pool"].drop_nulls().unique().sort()
        findings.note(
            "other_network",
            str(folder),
            what,
            found=", ".join(named.head(3).to_list()),
            expected=Text("an earlier result of this network", "该网络先前的结果"),
            remedy=Text("name its result folder, or leave --from out", "指定其结果目录，或去掉 --from"),
        )
    elif len(strangers):
        gone = strangers.unique(maintain_order=True)
        findings.note(
            "gone_pool",
            f"{folder} prices",
            Text(
                f"{len(gone)} pools are no longer there: their prices are left out",
                f"{len(gone)} 个资源池已不存在：忽略其价格",
            ),
            found=", ".join(gone.head(3).to_list()),
            remedy=Text("none is needed", "无需处理"),
            warning=True,
        )


def lines_of_jobs(plan: pl.DataFrame, scenario: Scenario) -> Int64Array:
    """(job,) the line of the plan that has the scenario's job, −1 for none."""
    jobs = scenario.jobs["job"]
    line = np.full(len(jobs), -1, np.int64)
    # a plan made of mostly the same jobs has most of them in the same lines
    shared = min(len(jobs), plan.height)
    same = (jobs.head(shared) == plan["job"].head(shared)).to_numpy()
    line[:shared][same] = np.flatnonzero(same)
    other = np.concatenate([np.flatnonzero(~same), np.arange(shared, plan.height)])
    rest = pl.DataFrame({"job": plan["job"].gather(other), "line": other}).unique(
        "job", keep="first", maintain_order=True
    )
    asked = np.flatnonzero(line < 0)
    found = pl.DataFrame({"job": jobs.gather(asked)}).join(rest, on="job", how="left", maintain_order="left")
    line[asked] = found["line"].fill_null(-1).to_numpy()
    return line


def rows_of_pools(plan: pl.DataFrame, scenario: Scenario) -> pl.Series:
    """(line of the plan,) the row of its pool in the scenario, null for none."""
    return plan["pool"].cast(pl.Enum(scenario.pools["pool"]), strict=False).to_physical()


def places_by_job(plan: pl.DataFrame, line: Int64Array, pool_row: pl.Series) -> list[NDArray[np.int32]]:
    """(job,) option, row of the pool and start, −1 where the plan has no whole place for the job."""
    places = [
        series.cast(pl.Int32, strict=False).fill_null(-1)
        for series in (plan["option"], pool_row, plan["start_slot"])
    ]
    columns = [np.append(series.to_numpy(), np.int32(-1))[line] for series in places]
    whole = np.min(columns, axis=0) >= 0
    return [np.where(whole, column, np.int32(-1)) for column in columns]
