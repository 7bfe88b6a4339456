"""A small valid network in code, for any test that needs a scenario."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl

from suanwang.feeds.builtin_regions import builtin_regions
from suanwang.model.scenario import Scenario, ScenarioHeader
from suanwang.model.scenario_tables import SCENARIO_TABLES
from suanwang.model.schema import Table

CHINA_TIME = timezone(timedelta(hours=8))
Row = tuple[object, ...]

CENTRES: list[Row] = [
    ("sh", "上海智算中心", "intelligent", "310000", "长三角", 31.1, 120.8, "上海", 1.25, 4, "甲", "shanghai"),
    ("zw", "中卫中心", "general", "640500", "宁夏", 37.5, 105.2, "宁夏", 1.12, 3, "乙", None),
    (
        "cd",
        "成都超算",
        "supercomputing",
        "510100",
        "成渝",
        30.5,
        104.0,
        "四川",
        1.2,
        3,
        "丙",
        "chengdu;sichuan",
    ),
]
POOLS: list[Row] = [
    ("sh-a100", "sh", "A100", 32.0, 8.0, 400.0, 60.0, 6_500_000),
    ("zw-a100", "zw", "A100", 64.0, 8.0, 400.0, 60.0, 5_800_000),
    ("zw-910b", "zw", "910B", 64.0, 8.0, 400.0, 50.0, 5_000_000),
    ("cd-cpu", "cd", "cpu", 256.0, 64.0, 6.0, 2.0, 80_000),
]
DEVICES: list[Row] = [
    ("A100", "NVIDIA", False, 0.312, 9.7, 80.0),
    ("910B", "Huawei Ascend", True, 0.32, None, 64.0),
    ("cpu", "various", False, 0.0001, None, 4.0),
]
LINKS: list[Row] = [
    ("310000", "sh", 2.5, 1_000.0, 10.0),
    ("310000", "zw", 32.0, 12_000.5, 1.0),
    ("510100", "cd", 1.5, 800.0, None),
]
OUTAGES: list[Row] = [("zw-910b", 3, 6, 8.0), ("zw-910b", 5, 9, 16.5)]
PAIRINGS: list[Row] = [("310000", "宁夏", 500, 1_000.0, 0, 24)]
OPTIONS = (
    "A100:8:6;910B:8x1:8",
    "A100:8x2:4",
    "cpu:16:3",
    "A100:0.5:2",
    "910B:8x4:8",
    "cpu:64:5;cpu:32:9",
)


def table_frame(table: Table, rows: list[Row]) -> pl.DataFrame:
    """`rows` as a frame of the canonical types of `table`."""
    return pl.DataFrame(rows, schema=table.polars_schema, orient="row")


def signal_rows(slots: int) -> list[Row]:
    """Tariff and carbon of the three zones: cheap at night, and at midday in the west."""
    base = {"上海": (710_000, 573.7), "宁夏": (430_000, 618.7), "四川": (560_000, 156.4)}
    return [
        (zone, slot, price * (0.5 if slot % 24 < 8 else 1.5), carbon * (1 + 0.01 * (slot % 24)) // 0.1 / 10)
        for zone, (price, carbon) in base.items()
        for slot in range(slots)
    ]


def job_rows(jobs: int, slots: int) -> list[Row]:
    """Jobs over the whole horizon: every option text, some with data elsewhere, limits and residency."""
    rows: list[Row] = []
    regions = ("310000", "510107", "640000")
    for number in range(jobs):
        release = number * 5 % max(1, slots - 12)
        rows.append(
            (
                f"j{number}",
                release,
                min(slots, release + 10 + number % 3),
                OPTIONS[number % len(OPTIONS)],
                regions[number % 3],
                "110000" if number % 4 == 3 else None,
                float(number % 5) * 10.25,
                float(number % 3),
                60.0 if number % 6 == 5 else None,
                3 if number % 5 == 4 else None,
                "64;51" if number % 7 == 6 else None,
                1_000_000_000 + number,
                f"e{number % 4}" if number % 2 else None,
            )
        )
    return rows


def small_network(
    jobs: int = 12,
    slots: int = 24,
    *,
    links: bool = True,
    outages: bool = True,
    pack_margin: float = 0.0,
    carbon_price_micro_per_kg: int = 62_360,
) -> Scenario:
    """Three centres, four pools of three device classes, a day of hours and a dozen jobs, all valid."""
    rows: dict[str, list[Row]] = {
        "centres": CENTRES,
        "pools": POOLS,
        "devices": DEVICES,
        "signals": signal_rows(slots),
        "green": [("zw", slot, 50_000.0, 250_000.0) for slot in range(slots)],
        "links": LINKS if links else [],
        "outages": OUTAGES if outages else [],
        "pairings": PAIRINGS,
        "jobs": job_rows(jobs, slots),
    }
    frames = {table.name: table_frame(table, rows.get(table.name, [])) for table in SCENARIO_TABLES}
    frames["regions"] = builtin_regions()
    header = ScenarioHeader(
        name="small 小网",
        start=datetime(2026, 3, 2, tzinfo=CHINA_TIME),
        slot_minutes=60,
        slots=slots,
        carbon_price_micro_per_kg=carbon_price_micro_per_kg,
        data_cost_micro_per_gb_1000km=20_000,
        pack_margin=pack_margin,
    )
    assert header.start.astimezone(UTC).hour == 16
    return Scenario(header=header, **frames)
