"""Warnings of figures that are valid but look like a mistake of unit, by a factor of 1000 or so.

The schema bounds what is plausible in a column. The rest compares figures with each other: a pool with the
others of its device class, a value with what its job must cost, a link with the speed of light.
"""

import numpy as np
import polars as pl

from suanwang.feeds.findings import Findings
from suanwang.feeds.references import Tables
from suanwang.feeds.table_files import TableRead
from suanwang.model.options import OptionBook
from suanwang.network.links import haversine_km, region_points
from suanwang.units.text import Text

FAR_FROM_MEDIAN = 300.0
LIGHT_KM_PER_MS = 299.792458
SITE_FAR_KM = 1_500.0
VALUE_SHARE_LEAST = 0.1
VALUE_SHARE_MOST = 3_000.0
IDLE_SHARE_LEAST = 0.001
GREEN_SHARE_LEAST, GREEN_SHARE_MOST = 0.001, 100.0
MEDIAN_BOUNDS: tuple[tuple[str, str, float, float, Text], ...] = (
    ("signals", "price_micro_per_kwh", 20_000, 5_000_000, Text("micro-yuan per kWh", "微元/千瓦时")),
    ("signals", "carbon_g_per_kwh", 2, 1_500, Text("g/kWh", "克/千瓦时")),
    ("green", "price_micro_per_kwh", 20_000, 5_000_000, Text("micro-yuan per kWh", "微元/千瓦时")),
    ("pools", "price_micro_per_device_hour", 15_000, 200_000_000, Text("micro-yuan per hour", "微元/时")),
    ("devices", "fp16_pflops", 0.003, 20, Text("PFLOPS", "PFLOPS")),
    ("devices", "fp64_tflops", 0.03, 1_000, Text("TFLOPS", "TFLOPS")),
    ("links", "cost_micro_per_gb", 1_000, 50_000_000, Text("micro-yuan per GB", "微元/GB")),
    ("links", "gbps", 0.05, 800, Text("Gbit/s", "Gbit/s")),
    ("jobs", "gb_in", 0, 20_000, Text("GB", "GB")),
    ("jobs", "gb_out", 0, 20_000, Text("GB", "GB")),
    ("jobs", "max_rtt_ms", 0.1, 3_000, Text("ms", "毫秒")),
)
"""table, column, least and most of the median of its non-zero sizes, unit. Assumed: a twentieth to ten times
of Chinese tariffs (0.4 to 0.8 CNY/kWh), a tenth to twice of provincial grid factors; rents from a fifth of a
core's (0.08 CNY/h) to ten times of the dearest device's; devices from a tenth of an old card's to ten times
of a new one's; data from a hundredth of what moving it within a city costs; limits of round trips from a
tenth of the target within a city (1 ms) to what no network needs."""

REMEDY = Text("check the unit", "检查单位")


def check_plausible(tables: Tables, book: OptionBook, slot_minutes: int, findings: Findings) -> None:
    """Adds every warning about units."""
    for read in tables.values():
        check_bounds(read, findings)
    check_medians(tables, findings)
    check_classes(tables["pools"], findings)
    check_idle(tables["pools"], findings)
    check_green(tables, findings)
    check_values(tables, book, slot_minutes, findings)
    check_light(tables, findings)
    check_sites(tables, findings)


def warn(
    read: TableRead, column: str, kind: str, wrong: pl.Series, what: Text, expected: Text, findings: Findings
) -> None:
    """Adds one kind of warning in one column."""
    assert read.place is not None
    findings.rows(kind, read.place, column, wrong, read.frame[column], what, expected, REMEDY, warning=True)


def check_bounds(read: TableRead, findings: Findings) -> None:
    """What the schema calls doubtful. Zero is a choice, never a mistake of unit."""
    if read.place is None:
        return
    for column in read.table.columns:
        below, above = column.doubtful_below, column.doubtful_above
        if below is None and above is None:
            continue
        values = read.frame[column.name]
        least, most = values.min(), values.max()
        if not isinstance(least, (int, float)) or not isinstance(most, (int, float)):
            continue
        expected = Text(
            f"about {below or 0:,.15g} .. {above:,.15g}" if above is not None else f"≥ {below:,.15g}",
            f"约 {below or 0:,.15g} .. {above:,.15g}" if above is not None else f"≥ {below:,.15g}",
        )
        what = Text(f"suspicious for {column.about.en}", f"作为“{column.about.zh}”数值可疑")
        if (below is not None and least < below) or (above is not None and most > above):
            wrong = pl.Series([False]).new_from_index(0, len(values))
            if below is not None:
                wrong = wrong | ((values < below) & (values != 0))
            if above is not None:
                wrong = wrong | (values > above)
            warn(read, column.name, "doubtful_unit", wrong, what, expected, findings)


def check_medians(tables: Tables, findings: Findings) -> None:
    """Columns whose middle value is far from what such figures are."""
    for table, column, least, most, unit in MEDIAN_BOUNDS:
        read = tables[table]
        if read.place is None:
            continue
        sizes = read.frame[column].abs()
        # the median lies outside where more than half do: cheaper than to find it
        half = int((sizes > 0).sum() or 0) / 2
        too_small = int(((sizes > 0) & (sizes < least)).sum() or 0)
        too_large = int((sizes > most).sum() or 0)
        if max(too_small, too_large) <= half:
            continue
        median = sizes.filter(sizes > 0).median()
        findings.note(
            "doubtful_median",
            f"{read.place.path.name} {column}",
            Text("suspicious: the median is far from what such figures are", "数值可疑：中位数远离常见范围"),
            found=f"{median}",
            expected=Text(
                f"about {least:,.15g} .. {most:,.15g} {unit.en}",
                f"约 {least:,.15g} .. {most:,.15g} {unit.zh}",
            ),
            remedy=REMEDY,
            warning=True,
            file=read.place.path.name,
            column=column,
        )


def check_classes(pools: TableRead, findings: Findings) -> None:
    """A pool hundreds of times dearer, cheaper, hungrier or thriftier than others of its class."""
    if pools.place is None:
        return
    for column in ("price_micro_per_device_hour", "power_w_per_device"):
        positive = pools.frame.select(
            ratio=pl.when(pl.col(column) > 0).then(
                pl.col(column) / pl.col(column).filter(pl.col(column) > 0).median().over("device")
            )
        ).to_series()
        wrong = (positive > FAR_FROM_MEDIAN) | (positive < 1 / FAR_FROM_MEDIAN)
        what = Text("far from the other pools of its device class", "与同卡型的其他资源池相差悬殊")
        expected = Text("a figure like the others of its class", "与同卡型相近的数值")
        warn(pools, column, "far_from_class", wrong, what, expected, findings)


def check_idle(pools: TableRead, findings: Findings) -> None:
    """An idle device that draws more than a busy one, or next to nothing; nodes larger than their pool."""
    if pools.place is None:
        return
    idle = pools.frame["idle_w_per_device"] > pools.frame["power_w_per_device"]
    what = Text("an idle device draws more than a busy one", "空载功率高于满载功率")
    expected = Text("at most power_w_per_device", "不超过 power_w_per_device")
    warn(pools, "idle_w_per_device", "idle_above_busy", idle, what, expected, findings)
    power, draw = pools.frame["power_w_per_device"], pools.frame["idle_w_per_device"]
    least = (draw > 0) & (draw < power * IDLE_SHARE_LEAST)
    what = Text(
        "an idle device draws next to nothing; kW in place of W?", "空载功率几近于零；是否把千瓦当成了瓦？"
    )
    expected = Text("0, or a share of power_w_per_device", "0，或 power_w_per_device 的一部分")
    warn(pools, "idle_w_per_device", "idle_too_small", least, what, expected, findings)
    devices = pools.frame["devices"]
    small = (devices > 0) & (pools.frame["devices_per_node"] > devices)
    what = Text("a node larger than its pool", "单节点卡数超过资源池卡数")
    expected = Text("at most devices", "不超过 devices")
    warn(pools, "devices_per_node", "node_above_pool", small, what, expected, findings)


def check_green(tables: Tables, findings: Findings) -> None:
    """Green power thousands of times above or below what its centre can draw."""
    green, pools, centres = tables["green"], tables["pools"], tables["centres"]
    if green.place is None or not pools.frame.height or not centres.frame.height:
        return
    drawn = (
        pools.frame.join(centres.frame.select("centre", "pue").unique("centre", keep="first"), on="centre")
        .group_by("centre")
        .agg(full_w=(pl.col("devices") * pl.col("power_w_per_device") * pl.col("pue")).sum())
    )
    ratio = (
        green.frame.join(drawn, on="centre", how="left", maintain_order="left")
        .select(
            ratio=pl.when(pl.col("full_w") > 0).then(
                pl.col("green_w").max().over("centre") / pl.col("full_w")
            )
        )
        .to_series()
    )
    wrong = (ratio > GREEN_SHARE_MOST) | ((ratio > 0) & (ratio < GREEN_SHARE_LEAST))
    what = Text("at its most, far from what the centre can draw", "最大值与中心满载功率相差悬殊")
    expected = Text("watts, a share of the centre's full power", "瓦，与中心满载功率相当")
    warn(green, "green_w", "doubtful_green", wrong, what, expected, findings)


def check_values(tables: Tables, book: OptionBook, slot_minutes: int, findings: Findings) -> None:
    """Values so far below or above what the jobs cost that they can hardly be micro-yuan."""
    jobs, pools = tables["jobs"], tables["pools"]
    if jobs.place is None or pools.place is None or not jobs.frame.height:
        return
    cheapest = pools.frame.group_by("device").agg(pl.col("price_micro_per_device_hour").min())
    price = (
        pl.DataFrame({"device": book.device})
        .join(cheapest, on="device", how="left", maintain_order="left")["price_micro_per_device_hour"]
        .cast(pl.Float64)
        .fill_null(float("nan"))
        .to_numpy()
    )
    cost = book.units_milli / 1000 * book.nodes * book.slots * (slot_minutes / 60) * price
    least = np.full(len(book.texts), np.nan)
    filled = np.flatnonzero(np.diff(book.first) > 0)
    if len(filled):
        least[filled] = np.fmin.reduceat(cost, book.first[filled])
    values = jobs.frame["value_micro"].cast(pl.Float64).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        share = values / least[book.text_of_job]
    known = np.isfinite(share) & (values > 0)
    half = np.count_nonzero(known) / 2
    for wrong, what in (
        (
            share < VALUE_SHARE_LEAST,
            Text(
                "suspicious: most jobs are worth under a tenth of what they cost at least",
                "数值可疑：多数作业的价值不到其最低费用的十分之一",
            ),
        ),
        (
            share > VALUE_SHARE_MOST,
            Text(
                "suspicious: most jobs are worth thousands of times what they cost at least",
                "数值可疑：多数作业的价值为其最低费用的数千倍",
            ),
        ),
    ):
        if np.count_nonzero(known & wrong) > half:
            findings.note(
                "doubtful_value",
                f"{jobs.place.path.name} value_micro",
                what,
                found=f"{float(np.median(values[known])):,.6g}",
                expected=Text("micro-yuan: 1 CNY = 1,000,000", "微元：1 元 = 1,000,000"),
                remedy=REMEDY,
                warning=True,
                file=jobs.place.path.name,
                column="value_micro",
            )


def check_light(tables: Tables, findings: Findings) -> None:
    """A round trip is never shorter than light takes there and back."""
    links, centres = tables["links"], tables["centres"]
    if links.place is None or centres.place is None or not links.frame.height:
        return
    codes = links.frame["region"].drop_nulls().unique().to_list()
    points = region_points(tables["regions"].frame.drop_nulls(), codes)
    ends = (
        links.frame.select("region", "centre", "rtt_ms")
        .join(
            pl.DataFrame(
                {
                    "region": pl.Series(codes, dtype=pl.String),
                    "from_lat": points[:, 0],
                    "from_lon": points[:, 1],
                }
            ),
            on="region",
            how="left",
            maintain_order="left",
        )
        .join(
            centres.frame.select("centre", "lat", "lon").unique("centre", keep="first"),
            on="centre",
            how="left",
            maintain_order="left",
        )
    )
    columns = [
        ends[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("from_lat", "from_lon", "lat", "lon")
    ]
    light_ms = 2 * haversine_km(columns[0], columns[1], columns[2], columns[3]) / LIGHT_KM_PER_MS
    # a city's point stands for all of it: 100 km of grace, there and back
    wrong = links.frame["rtt_ms"] < pl.Series(np.nan_to_num(light_ms) - 200 / LIGHT_KM_PER_MS)
    what = Text("faster than light; seconds in place of milliseconds?", "快于光速；是否把秒当成了毫秒？")
    warn(links, "rtt_ms", "faster_than_light", wrong, what, Text("milliseconds", "毫秒"), findings)


def check_sites(tables: Tables, findings: Findings) -> None:
    """A centre lies near the point of its region."""
    centres = tables["centres"]
    if centres.place is None or not centres.frame.height:
        return
    codes = centres.frame["region"].fill_null("").to_list()
    points = region_points(tables["regions"].frame.drop_nulls(), codes)
    lat, lon = (centres.frame[name].fill_null(float("nan")).to_numpy() for name in ("lat", "lon"))
    km = haversine_km(points[:, 0], points[:, 1], lat, lon)
    wrong = pl.Series(km > SITE_FAR_KM)
    what = Text("far from its region: are lat and lon right?", "离所在地区过远：经纬度是否正确？")
    expected = Text(
        f"within {SITE_FAR_KM:,.0f} km of the region's point", f"距地区坐标 {SITE_FAR_KM:,.0f} 公里以内"
    )
    warn(centres, "lat", "far_from_region", wrong, what, expected, findings)
