"""The national scenario: the reference network with as many centres as asked, and a week of its demand."""

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.draws import Dice, weighted
from suanwang.feeds.made import Made, Say, silent
from suanwang.feeds.reference.alternatives import Menu, draw_options
from suanwang.feeds.reference.book import DATA, Book, micro, read_book
from suanwang.feeds.reference.conditions import Conditions, Places, draw_conditions, know_places
from suanwang.feeds.reference.demand import (
    Demand,
    cut_gangs,
    device_slots_milli,
    devices_needed,
    draw_demand,
    gangs_asked,
    works,
)
from suanwang.feeds.reference.hardware import devices_table, outages_table, pools_table, rack, size_pools
from suanwang.feeds.reference.links import distances_km, links_table, pairings_table, rtt_ms
from suanwang.feeds.reference.remarks import remarks_on
from suanwang.feeds.reference.signals import signals_table
from suanwang.feeds.reference.sites import seat_centres, user_regions
from suanwang.model.scenario import Scenario, ScenarioHeader
from suanwang.model.scenario_tables import GREEN, JOBS
from suanwang.units.text import Text


def centres_for(jobs: int) -> int:
    """How many centres suit so many jobs: 300 for a million, 95 for 100,000, 949 for ten million."""
    return min(max(round(0.3 * jobs**0.5), 20), 2000)


def make_national(
    jobs: int,
    centres: int | None = None,
    days: int = 7,
    load: float = 0.8,
    seed: int = 0,
    figures: Path = DATA,
    say: Say = silent,
) -> Made:
    """The national scenario: deterministic in all its arguments."""
    book = read_book(figures)
    slots = days * 24
    start = datetime.fromisoformat(book.assumed.scenario.start)
    seating = seat_centres(book, centres or centres_for(jobs), Dice(seed, 1))
    racks = rack(book, seating, Dice(seed, 2))
    say(Text(f"drawing {jobs:,} jobs", f"抽取 {jobs:,} 个作业"))
    demand = cut_gangs(draw_demand(book, jobs, start, slots, Dice(seed, 3)), racks, load, slots)
    devices = size_pools(racks, devices_needed(demand, load, slots), gangs_asked(demand))
    pools = pools_table(book, seating, racks, devices)
    regions = user_regions(book)
    rtt = rtt_ms(distances_km(regions, seating.centres))
    say(Text("writing their options and conditions", "生成可选方案与约束"))
    menu = draw_options(book, demand, slots, Dice(seed, 4))
    places = know_places(book, regions, seating.centres, pools, rtt)
    conditions = draw_conditions(book, demand, menu, places, Dice(seed, 5))
    table = jobs_table(book, demand, menu, conditions, places, regions, slots, Dice(seed, 6))
    frame = book.assumed.scenario
    scenario = Scenario(
        header=ScenarioHeader(
            name=f"national-{jobs}",
            start=start,
            slot_minutes=60,
            slots=slots,
            carbon_price_micro_per_kg=micro(frame.carbon_price_yuan_per_t) // 1000,
            data_cost_micro_per_gb_1000km=micro(frame.data_cost_yuan_per_gb_1000km),
        ),
        centres=seating.centres,
        pools=pools,
        devices=devices_table(book),
        signals=signals_table(book, start, slots, Dice(seed, 7)),
        green=pl.DataFrame(schema=GREEN.polars_schema),
        regions=regions,
        links=links_table(book, regions, seating),
        outages=outages_table(pools, racks.outage[np.flatnonzero(devices)], slots, Dice(seed, 8)),
        pairings=pairings_table(book, seating.centres, slots),
        jobs=table,
    )
    wanted = device_slots_milli(demand)
    stock = np.bincount(racks.device, weights=devices, minlength=wanted.size)
    counts = np.bincount(demand.kind, minlength=len(works(book)))
    return Made(
        scenario,
        {
            key: (work.text, int(count))
            for (key, work), count in zip(book.assumed.work.items(), counts, strict=True)
        },
        dict(zip(book.device_names, stock.tolist(), strict=True)),
        {
            name: float(asked) / 1000 / (have * slots)
            for name, asked, have in zip(book.device_names, wanted, stock, strict=True)
            if have
        },
        remarks_on(book),
    )


def jobs_table(
    book: Book,
    demand: Demand,
    menu: Menu,
    conditions: Conditions,
    places: Places,
    regions: pl.DataFrame,
    slots: int,
    dice: Dice,
) -> pl.DataFrame:
    """The jobs, in order of release; ids count from j1."""
    jobs = demand.kind.size
    slack_tables = np.stack(
        [np.array(list(work.slack_hours))[weighted(list(work.slack_hours.values()))] for work in works(book)]
    ).astype(np.int16)
    deadline = demand.release + demand.hours + demand.transfer + dice.each(slack_tables, demand.kind)
    codes = regions["region"]
    firms = pl.Series([f"e{number:05d}" for number in range(1, book.assumed.enterprises + 1)])
    return pl.DataFrame(
        {
            "job": pl.select(pl.format("j{}", pl.int_range(1, jobs + 1))).to_series(),
            "release_slot": demand.release,
            "deadline_slot": np.minimum(deadline, slots),
            "options": menu.texts.gather(menu.text_of_job),
            "region": codes.gather(conditions.region),
            "data_region": _gather_or_null(codes, conditions.data_region),
            "gb_in": demand.milli_gb_in / 1000,
            "gb_out": demand.milli_gb_out / 1000,
            "max_rtt_ms": _positive_or_null(conditions.max_rtt_ms).cast(pl.Float64),
            "min_security_grade": _positive_or_null(conditions.grade).cast(pl.Int64),
            "residency": _gather_or_null(pl.Series(places.prefixes), conditions.residency),
            "value_micro": conditions.value_micro,
            "enterprise": firms.gather(conditions.enterprise),
        },
    ).cast(pl.Schema(JOBS.polars_schema))


def _gather_or_null(names: pl.Series, index: NDArray[np.signedinteger]) -> pl.Series:
    """Names by index, null for -1."""
    return pl.concat([names, pl.Series([None], dtype=pl.String)]).gather(
        np.where(index < 0, len(names), index).astype(np.int32)
    )


def _positive_or_null(values: NDArray[np.int16]) -> pl.Series:
    return pl.select(pl.when(pl.lit(pl.Series(values)) > 0).then(pl.lit(pl.Series(values)))).to_series()
