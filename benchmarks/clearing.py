"""Clearing as a user runs it: whole processes, first come, first served beside them."""

import math

import polars as pl
from benchmarks.inputs import network
from benchmarks.process import Cleared, clear_process
from benchmarks.row import Row

FCFS = "first come, first served"


def national_million(quick: bool) -> list[Row]:
    """The million, and what the scenario is made of."""
    jobs, centres = (50_000, 60) if quick else (1_000_000, 300)
    return rows_of("national", jobs, centres, 0.8, (40, 15), (0.5, 0.1), 4.0, whole=True)


def national_100k(quick: bool) -> list[Row]:
    """A hundred thousand."""
    jobs, centres = (10_000, 30) if quick else (100_000, 100)
    return rows_of("national", jobs, centres, 0.8, (8, 3), (0.5, 0.1), None)


def hard(quick: bool) -> list[Row]:
    """The hard network, below and above what it can carry."""
    jobs, centres = (10_000, 30) if quick else (100_000, 100)
    return [
        *rows_of("hard", jobs, centres, 0.7, (15, None), (2.0, 0.5), None),
        *rows_of("hard", jobs, centres, 1.3, (15, None), (4.0, 1.0), None),
    ]


def national_10m(quick: bool) -> list[Row]:
    """Ten million; first come, first served is left out, which would take an hour."""
    jobs, centres = (200_000, 100) if quick else (10_000_000, 1_000)
    return rows_of("national", jobs, centres, 0.8, (600, 180), (1.0, 0.2), 16.0, beside=False)


def rows_of(
    kind: str,
    jobs: int,
    centres: int,
    load: float,
    seconds: tuple[float, float | None],
    gap_percent: tuple[float, float],
    peak_gb: float | None,
    whole: bool = False,
    beside: bool = True,
) -> list[Row]:
    """Time, gap, memory and excess removed; (must, aim) each."""
    folder = network(kind, jobs, centres, load)
    ours = clear_process(folder, "--out", folder / "result")
    plain = clear_process(folder, "--out", folder / "fcfs", "--method", "fcfs") if beside else None
    name = f"{kind} {jobs:,} x {centres} x 168, load {load:g}"
    baseline = FCFS if plain else ""
    bound = ours.report.bound_micro
    plain_gap = 100 * (plain.report.cost_micro - bound) / bound if plain else math.nan
    served = f"{ours.report.served:,} of {ours.report.jobs:,} served"
    served += f", {plain.report.served:,} by {FCFS}" if plain else ""
    rows = [
        Row(f"{name}: time", ours.ran.wall_s, "s", seconds[0], seconds[1], baseline,
            plain.ran.wall_s if plain else math.nan, lower_is_better=True, note=ours.phases),
        Row(f"{name}: gap", ours.gap_percent, "%", gap_percent[0], gap_percent[1],
            f"{FCFS}, to our bound" if plain else "", plain_gap,
            lower_is_better=True, note=f"{served}; {losses(ours)}"),
        Row(f"{name}: peak memory", ours.ran.peak_gb, "GB", peak_gb, None, baseline,
            plain.ran.peak_gb if plain else math.nan, lower_is_better=True),
    ]  # fmt: skip
    if plain:
        excess = plain.report.cost_micro - bound
        removed = (plain.report.cost_micro - ours.report.cost_micro) / excess if excess else math.nan
        aim = 0.95 if kind == "national" else None
        rows.append(Row(f"{name}: excess_removed", removed, "", None, aim, "", math.nan,
                        note=f"{FCFS} costs {100 * excess / bound:.2f} % above the bound"))  # fmt: skip
    return rows + (
        made_of(name, ours, folder.name, pl.read_parquet(folder / "jobs.parquet")) if whole else []
    )


def losses(cleared: Cleared) -> str:
    """Which part of the gap is whose."""
    report = cleared.report
    bound = report.bound_micro
    return (
        f"prices lose {100 * report.price_loss_micro / bound:.3f} %, "
        f"places {100 * report.place_loss_micro / bound:.3f} %"
    )


def made_of(name: str, cleared: Cleared, folder: str, jobs: pl.DataFrame) -> list[Row]:
    """That the case is no easier than it must be."""
    report = cleared.report
    windows = pl.struct("options", "release_slot", "deadline_slot", "region").n_unique()
    distinct = jobs.select(windows).item()
    share = 100 * report.compute_micro / (report.cost_micro - report.unserved_value_micro)
    must = 100_000 if len(jobs) >= 1_000_000 else None
    return [
        Row(
            f"{name}: distinct (options, window, region)", distinct, "", must, None, "", math.nan, note=folder
        ),
        Row(f"{name}: compute's share of the cost", share, "%", 80, None, "", math.nan, lower_is_better=True),
    ]
