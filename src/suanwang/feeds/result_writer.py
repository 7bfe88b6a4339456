"""Writes a result folder: the plan, the clearing prices, and `report.json`."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.scenario_writer import Form, replace, write_table
from suanwang.model.result import PLAN, PRICES, REASONS, Outcome, Report
from suanwang.model.scenario import Scenario

REPORT_FILE = "report.json"


def write_result(outcome: Outcome, scenario: Scenario, report: Report, folder: Path, form: Form) -> None:
    """Writes `plan`, `prices` and `report.json` into `folder`, each beside its place and then renamed."""
    write_plan(outcome, scenario, folder, form)
    write_prices(outcome, scenario, report, folder, form)


def write_plan(
    outcome: Outcome, scenario: Scenario, folder: Path, form: Form, wait: Callable[[], object] | None = None
) -> None:
    """Writes `plan`, the large part. `wait`: see `scenario_writer.write_frame`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_table(plan_frame(outcome, scenario), PLAN, folder, form, keep_null=True, wait=wait)


def write_prices(outcome: Outcome, scenario: Scenario, report: Report, folder: Path, form: Form) -> None:
    """Writes `prices` and `report.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_table(price_frame(outcome, scenario), PRICES, folder, form)
    content = msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
    replace(folder / REPORT_FILE, lambda path: path.write_bytes(content))


def plan_frame(outcome: Outcome, scenario: Scenario) -> pl.DataFrame:
    """The plan in the order of the jobs; option, pool and slots are null where a job is unserved."""
    served = pl.Series("served", outcome.served)

    def where_served(name: str, values: NDArray[np.int32]) -> pl.Series:
        series = pl.Series(name, values)
        return series if served.all() else pl.select(pl.when(served).then(series).alias(name)).to_series()

    pools = scenario.pools["pool"].gather(where_served("pool", outcome.pool).cast(pl.UInt32))
    reasons = pl.Series(REASONS, dtype=pl.String).gather(pl.Series(outcome.reason).cast(pl.UInt32))
    return pl.DataFrame(
        [
            scenario.jobs["job"],
            where_served("option", outcome.option),
            pools.alias("pool"),
            where_served("start_slot", outcome.start_slot),
            where_served("end_slot", outcome.end_slot),
            pl.Series("compute_micro", outcome.compute_micro),
            pl.Series("energy_micro", outcome.energy_micro),
            pl.Series("carbon_micro", outcome.carbon_micro),
            pl.Series("data_micro", outcome.data_micro),
            pl.Series("total_micro", outcome.total_micro),
            reasons.alias("reason"),
        ]
    )


def price_frame(outcome: Outcome, scenario: Scenario) -> pl.DataFrame:
    """The prices above zero, sorted by pool and slot as the columns read."""
    names = scenario.pools["pool"]
    order = names.arg_sort().to_numpy()
    place, slot = np.nonzero(outcome.price_micro[order])
    pool = order[place]
    return pl.DataFrame(
        [
            names.gather(pl.Series(pool).cast(pl.UInt32)).alias("pool"),
            pl.Series("slot", slot.astype(np.int64)),
            pl.Series("price_micro_per_device_slot", outcome.price_micro[pool, slot].astype(np.int64)),
        ]
    )
