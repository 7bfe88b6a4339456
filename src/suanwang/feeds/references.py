"""Checks across tables: keys are unique, names are known, signals and slots are complete.

Every check skips nulls (their fault is told already) and tables that could not be read.
"""

import numpy as np
import polars as pl

from suanwang.feeds.findings import PLACES_LISTED, Findings, marks_at
from suanwang.feeds.table_files import TableRead, nearest
from suanwang.network.links import region_chain
from suanwang.units.text import Text

Tables = dict[str, TableRead]
SUGGESTIONS_MOST = 5
KNOWN_SEARCHED_MOST = 5_000


def all_differ(keys: pl.DataFrame) -> bool:
    """Whether no two rows are equal, rows with a null apart."""
    if keys.width > 1:
        return keys.n_unique() == keys.height
    column = keys.to_series().drop_nulls()
    # equal values have equal hashes, and to sort numbers takes a tenth of the time of a table of texts
    hashes = np.sort(column.hash().to_numpy())
    return bool((hashes[1:] != hashes[:-1]).all()) or column.n_unique() == len(column)


def check_keys(read: TableRead, findings: Findings) -> None:
    """The key of a table names each row once."""
    key = list(read.table.key)
    if not key or read.place is None:
        return
    keys = read.frame.select(key)
    if all_differ(keys):
        return
    whole = keys.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
    again = whole & ~keys.select(pl.struct(pl.all()).is_first_distinct()).to_series()
    shown = keys.select(pl.concat_str(pl.all().cast(pl.String), separator=", ")).to_series()
    findings.rows(
        "duplicate_key",
        read.place,
        "+".join(key),
        again,
        shown,
        Text("the same key again", "键重复"),
        Text("each " + " and ".join(key) + " once", "每个 " + " + ".join(key) + " 只出现一次"),
        Text("remove or rename one of the rows", "删去或改名其中一行"),
    )


def suggestions(unknown: list[str], known: list[str], otherwise: Text) -> Text:
    """The nearest known names of the first unknown ones."""
    if len(known) > KNOWN_SEARCHED_MOST:
        return otherwise
    pairs = [(name, nearest(name, known)) for name in unknown[:SUGGESTIONS_MOST]]
    meant = ", ".join(f"{name} → {near}" for name, near in pairs if near is not None)
    return Text(f"did you mean {meant}?", f"是否应为 {meant}？") if meant else otherwise


def check_reference(read: TableRead, column: str, target: TableRead, key: str, findings: Findings) -> None:
    """Every value of `column` stands in the key column of `target`."""
    if read.place is None or not target.usable:
        return
    if target.place is not None and findings.unread(target.place.path.name, key):
        return
    values, known = read.frame[column], target.frame[key]
    distinct = values.drop_nulls().unique(maintain_order=True)
    unknown = distinct.filter(~distinct.is_in(known.drop_nulls().unique().implode()))
    if not len(unknown):
        return
    name = target.table.name
    findings.rows(
        "unknown_reference",
        read.place,
        column,
        values.is_in(unknown.implode()),
        values,
        Text(f"not in the table {name}", f"表 {name} 中没有"),
        Text(f"a {key} of {name}", f"{name} 中的 {key}"),
        suggestions(
            unknown.to_list(), known.drop_nulls().to_list(), Text(f"add it to {name}", f"在 {name} 中补上")
        ),
    )


def check_references(tables: Tables, findings: Findings) -> None:
    """All references that the schema states."""
    for read in tables.values():
        for column in read.table.columns:
            if not column.refers:
                continue
            table, key = column.refers.split(".")
            target = tables[table]
            # without a table of devices, their names are free
            if table == "devices" and not target.present:
                continue
            check_reference(read, column.name, target, key, findings)


def check_filled(tables: Tables, findings: Findings) -> None:
    """Centres, pools and signals have rows; a scenario without jobs is only odd."""
    for name in ("centres", "pools", "signals", "jobs"):
        read = tables[name]
        if read.place is not None and read.usable and read.frame.height == 0:
            findings.note(
                "no_rows",
                read.place.path.name,
                Text("a header without rows", "只有表头，没有数据行"),
                expected=Text("at least one row", "至少一行"),
                remedy=Text("add the rows", "补上数据行"),
                warning=name == "jobs",
            )


def check_slot_range(read: TableRead, column: str, last: int, findings: Findings) -> None:
    """Slots of `column` do not pass `last`."""
    if read.place is None:
        return
    values = read.frame[column]
    most = values.max()
    if isinstance(most, int) and most > last:
        findings.rows(
            "past_horizon",
            read.place,
            column,
            values > last,
            values,
            Text("past the horizon of the scenario", "超出场景的时段范围"),
            Text(f"at most {last}", f"不超过 {last}"),
            Text("check slots in scenario.yaml, or the row", "检查 scenario.yaml 的 slots 或该行"),
        )


def check_order(read: TableRead, begin: str, end: str, findings: Findings) -> None:
    """`begin` comes before `end` in every row."""
    if read.place is None:
        return
    wrong = read.frame[end] <= read.frame[begin]
    if not wrong.any():
        return
    findings.rows(
        "end_before_start",
        read.place,
        end,
        wrong,
        read.frame.select(pl.concat_str(pl.col(begin), pl.lit(" .. "), pl.col(end))).to_series(),
        Text(f"{end} is not after {begin}", f"{end} 不在 {begin} 之后"),
        Text(f"{begin} < {end}", f"{begin} < {end}"),
        Text("slots are half-open: the end is exclusive", "时段左闭右开：结束时段不含在内"),
    )


def check_signals(tables: Tables, slots: int, findings: Findings) -> None:
    """Every grid zone of a centre has every slot of the horizon."""
    centres, signals = tables["centres"], tables["signals"]
    check_slot_range(signals, "slot", slots - 1, findings)
    if centres.place is None or not signals.usable or not signals.frame.height:
        return
    assert signals.place is not None
    check_reference(centres, "grid_zone", signals, "grid_zone", findings)
    used = centres.frame["grid_zone"].drop_nulls().unique()
    there = (
        signals.frame.select("grid_zone", "slot")
        .drop_nulls()
        .filter(pl.col("grid_zone").is_in(used.implode()) & (pl.col("slot") < slots))
        .group_by("grid_zone", maintain_order=True)
        .agg(pl.col("slot").unique())
    )
    for zone, present in there.head(PLACES_LISTED).iter_rows():
        if len(present) == slots:
            continue
        missing = np.setdiff1d(np.arange(slots), np.asarray(present, np.int64))
        first = ", ".join(str(slot) for slot in missing[:10]) + (" …" if len(missing) > 10 else "")
        name = signals.place.path.name
        findings.note(
            "missing_slot",
            f"{name} grid_zone {zone}",
            Text(f"{len(missing)} slots are missing: {first}", f"缺少 {len(missing)} 个时段：{first}"),
            found=zone,
            expected=Text(f"slots 0 .. {slots - 1}, each once", f"时段 0 .. {slots - 1} 各一次"),
            remedy=Text("add the rows", "补上这些行"),
            file=name,
            column="slot",
            count=len(missing),
        )


def check_outages(tables: Tables, findings: Findings) -> None:
    """At no slot more devices of a pool are lost than it has."""
    outages, pools = tables["outages"], tables["pools"]
    if outages.place is None or pools.place is None:
        return
    rows = (
        outages.frame.with_row_index("row")
        .drop_nulls()
        .join(pools.frame.select("pool", "devices").unique("pool", keep="first").drop_nulls(), on="pool")
        .with_columns(milli=(pl.col("devices_lost") * 1000).round().cast(pl.Int64))
    )
    begins = rows.select("pool", "row", "devices", pl.col("from_slot").alias("slot"), "milli")
    ends = rows.select("pool", "row", "devices", pl.col("to_slot").alias("slot"), -pl.col("milli"))
    over = (
        pl.concat([begins, ends])
        .sort("pool", "slot", "milli", "row")
        .with_columns(lost=pl.col("milli").cum_sum().over("pool"))
        .filter((pl.col("lost") > (pl.col("devices") * 1000).round().cast(pl.Int64)) & (pl.col("milli") > 0))
    )
    if not over.height:
        return
    findings.rows(
        "outage_too_large",
        outages.place,
        "devices_lost",
        marks_at(over["row"].to_numpy(), outages.frame.height),
        outages.frame["devices_lost"],
        Text("more devices are lost than the pool has", "减少的卡数超过资源池卡数"),
        Text("at most the devices of the pool, summed at every slot", "每个时段合计不超过资源池卡数"),
        Text(
            "outages of one pool add up: check those that overlap", "同一资源池的停机会叠加：检查重叠的各行"
        ),
    )


def known_regions(tables: Tables, codes: list[str]) -> set[str]:
    """Which of `codes` have a point: themselves, their city or their province."""
    points = set(tables["regions"].frame["region"].drop_nulls().to_list())
    return {code for code in codes if any(wider in points for wider in region_chain(code))}


def linked_regions(tables: Tables) -> set[str]:
    """Regions with a link to every centre, which need no point."""
    links, centres = tables["links"], tables["centres"]
    if links.place is None or centres.place is None:
        return set()
    number = centres.frame["centre"].n_unique()
    full = links.frame.group_by("region").agg(pl.col("centre").n_unique()).filter(pl.col("centre") == number)
    return set(full["region"].drop_nulls().to_list())


def check_regions(tables: Tables, findings: Findings) -> None:
    """Regions of jobs, links and pairings are known; of centres it is worth a warning."""
    regions = tables["regions"]
    if not regions.usable or not tables["links"].usable:
        return
    linked = linked_regions(tables)
    jobs = tables["jobs"].frame
    used = set(jobs["region"].drop_nulls().unique().to_list())
    used |= set(jobs["data_region"].drop_nulls().unique().to_list())
    known = regions.frame["region"].drop_nulls().to_list()
    expected = Text("an administrative code such as 510100", "行政区划代码，如 510100")
    otherwise = Text("add a regions table with its point", "在 regions 表中给出其坐标")
    if regions.present:
        expected = Text("a region of the table regions", "regions 表中的地区")
        otherwise = Text("add it to regions", "在 regions 中补上")
    for table, column, excused, warning in (
        ("jobs", "region", linked, False),
        ("jobs", "data_region", linked, False),
        ("links", "region", linked & used, False),
        ("pairings", "from_region", set[str](), False),
        ("centres", "region", set[str](), True),
    ):
        read = tables[table]
        if read.place is None:
            continue
        values = read.frame[column]
        codes = values.drop_nulls().unique(maintain_order=True).to_list()
        fine = known_regions(tables, codes) | excused
        unknown = [code for code in codes if code not in fine]
        if not unknown or (warning and regions.present):
            continue
        findings.rows(
            "unknown_region",
            read.place,
            column,
            values.is_in(unknown),
            values,
            Text("an unknown region", "未知地区"),
            expected,
            suggestions(unknown, known, otherwise),
            warning,
        )


def check_hubs(tables: Tables, findings: Findings) -> None:
    """A pairing to a hub without centres has no effect."""
    pairings, centres = tables["pairings"], tables["centres"]
    if pairings.place is None or not centres.usable:
        return
    hubs = centres.frame["hub"].drop_nulls().unique()
    values = pairings.frame["to_hub"]
    unknown = values.is_not_null() & ~values.is_in(hubs.implode())
    findings.rows(
        "unknown_hub",
        pairings.place,
        "to_hub",
        unknown,
        values,
        Text("no centre belongs to this hub", "没有中心属于该枢纽"),
        Text("a hub of the table centres", "centres 表中的枢纽"),
        suggestions(
            values.filter(unknown).unique().to_list(), hubs.to_list(), Text("check the name", "检查名称")
        ),
        warning=True,
    )
