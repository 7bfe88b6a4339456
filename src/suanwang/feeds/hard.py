"""The hard scenario: heavy-tailed pools, rare classes, gangs to 1,024, bursts, dear data, uneven values."""

from datetime import datetime

import numpy as np
import polars as pl

from suanwang.feeds.adverse.demand import (
    RTT_LIMITS_MICRO_S,
    Demand,
    device_slots_milli,
    draw_demand,
    fit_most,
    option_texts,
    values_micro,
)
from suanwang.feeds.adverse.flavour import FLAVOURS, Flavour
from suanwang.feeds.adverse.network import (
    capitals,
    centres_table,
    links_table,
    pools_table,
    rack,
    rtt_micro_s,
    signals_table,
    size_pools,
)
from suanwang.feeds.draws import Dice, weighted
from suanwang.feeds.made import Made, Say, silent
from suanwang.feeds.national import centres_for
from suanwang.feeds.reference.book import read_book
from suanwang.feeds.reference.hardware import devices_table
from suanwang.model.scenario import Scenario, ScenarioHeader
from suanwang.model.scenario_tables import GREEN, JOBS, OUTAGES, PAIRINGS
from suanwang.units.text import Text

CARBON_PRICE_MICRO_PER_KG = 200_000
DATA_COST_MICRO_PER_GB_1000KM = 500_000
"""For pairs without a link; this network links them all."""
ROUNDS = 4
"""Fitting jobs to pools changes demand a little, and with it the pools."""


def make_hard(
    jobs: int,
    centres: int | None = None,
    days: int = 7,
    load: float = 0.8,
    seed: int = 0,
    say: Say = silent,
) -> Made:
    """A hard scenario: deterministic in all its arguments; the seed picks the flavour in turn."""
    flavour, book, slots = FLAVOURS[seed % len(FLAVOURS)], read_book(), days * 24
    count = centres or centres_for(jobs)
    start = datetime.fromisoformat(book.assumed.scenario.start)
    regions = capitals(book)
    table = centres_table(book, regions, count, Dice(seed, 11))
    racks = rack(flavour, count, Dice(seed, 12))
    rtt = rtt_micro_s(regions, table, Dice(seed, 13))
    say(Text(f"drawing {jobs:,} jobs ({flavour.name})", f"抽取 {jobs:,} 个作业（{flavour.name}）"))
    demand = draw_demand(flavour, jobs, slots, regions.height, Dice(seed, 14))
    classes = len(flavour.classes)
    for _ in range(ROUNDS):
        wanted = device_slots_milli(demand, classes)
        milli = size_pools(racks, wanted * 1000 // (round(load * 1000) * slots))
        demand = fit_most(demand, racks, milli, rtt, Dice(seed, 15))
    wanted = device_slots_milli(demand, classes)
    milli = size_pools(racks, wanted * 1000 // (round(load * 1000) * slots))
    say(Text("writing their options", "生成可选方案"))
    used = [kind.name for kind in flavour.classes]
    stock = [int(milli[racks.device == index].sum()) / 1000 for index in range(classes)]
    scenario = Scenario(
        header=ScenarioHeader(
            name=f"hard-{flavour.name}-{jobs}",
            start=start,
            slot_minutes=60,
            slots=slots,
            carbon_price_micro_per_kg=CARBON_PRICE_MICRO_PER_KG,
            data_cost_micro_per_gb_1000km=DATA_COST_MICRO_PER_GB_1000KM,
        ),
        centres=table,
        pools=pools_table(flavour, table, racks, milli),
        devices=devices_table(book).filter(pl.col("device").is_in(used)),
        signals=signals_table(book, start, slots, Dice(seed, 16)),
        green=pl.DataFrame(schema=GREEN.polars_schema),
        regions=regions,
        links=links_table(flavour, regions, table, rtt, Dice(seed, 17)),
        outages=pl.DataFrame(schema=OUTAGES.polars_schema),
        pairings=pl.DataFrame(schema=PAIRINGS.polars_schema),
        jobs=jobs_table(flavour, demand, regions, Dice(seed, 18)),
    )
    counts = np.bincount(demand.device[:, 0], minlength=classes).tolist()
    return Made(
        scenario,
        {name: (Text(f"on {name}", f"用 {name}"), number) for name, number in zip(used, counts, strict=True)},
        dict(zip(used, stock, strict=True)),
        {
            name: asked / (have * 1000 * slots)
            for name, asked, have in zip(used, wanted.tolist(), stock, strict=True)
        },
    )


def jobs_table(flavour: Flavour, demand: Demand, regions: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """The jobs, in order of release; ids count from j1. A tenth must stay at or above a security grade."""
    jobs = demand.release.size
    grade = dice.take(np.array([0, 2, 3])[weighted([90, 5, 5])], jobs)
    limits = pl.Series([*(limit / 1000 for limit in RTT_LIMITS_MICRO_S[:-1]), None], dtype=pl.Float64)
    outward = dice.one_of(101, jobs)
    gb_out = demand.milli_gb.astype(np.int64) * outward // 400
    return pl.DataFrame(
        {
            "job": pl.select(pl.format("j{}", pl.int_range(1, jobs + 1))).to_series(),
            "release_slot": demand.release,
            "deadline_slot": demand.deadline,
            "options": option_texts(flavour, demand),
            "region": regions["region"].gather(demand.region),
            "data_region": pl.Series([None], dtype=pl.String).new_from_index(0, jobs),
            "gb_in": (demand.milli_gb - gb_out) / 1000,
            "gb_out": gb_out / 1000,
            "max_rtt_ms": limits.gather(demand.limit),
            "min_security_grade": pl.Series(np.where(grade > 0, grade, np.nan)).fill_nan(None),
            "residency": pl.Series([None], dtype=pl.String).new_from_index(0, jobs),
            "value_micro": values_micro(flavour, demand, dice),
            "enterprise": pl.Series([None], dtype=pl.String).new_from_index(0, jobs),
        }
    ).cast(pl.Schema(JOBS.polars_schema))
