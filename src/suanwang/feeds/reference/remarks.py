"""What a report says of the national scenario: which figures have a source, and which are assumed."""

from collections import Counter
from collections.abc import Iterable

from suanwang.feeds.reference.book import Book
from suanwang.units.text import Text

MARKS = {
    "published": Text("published", "公布"),
    "transcribed": Text("transcribed by a third party", "第三方转录"),
    "assumed": Text("assumed", "假设"),
}


def remarks_on(book: Book) -> list[Text]:
    """The sources and marks of the reference figures, and the assumptions that steer most."""
    return [
        Text(
            "Generated, not observed: a reference network and a mix of work, drawn by seed from the files of "
            "figures described in docs/national-network.md, any of which a user can replace (--figures).",
            "由程序生成，并非实测：参考网络与作业组合按种子抽取，数据文件见 docs/national-network.md，"
            "均可由用户替换（--figures）。",
        ),
        *sourced(book),
        *assumed(book),
    ]


def sourced(book: Book) -> list[Text]:
    """A remark for each table of figures: its sources with their marks."""
    tables = (
        (Text("PUE ceilings of clusters", "集群 PUE 上限"), book.clusters, "pue_source", "pue_mark"),
        (Text("Emission factors", "电网排放因子"), book.grid_zones, "carbon_source", "carbon_mark"),
        (Text("Tariffs of provinces", "各省电价"), book.grid_zones, "tariff_source", "tariff_mark"),
        (Text("Devices, their power and rent", "卡型、功耗与租价"), book.devices, "source", "mark"),
    )
    told = [(name, frame.select(source, mark).iter_rows()) for name, frame, source, mark in tables]
    told.append(
        (Text("Hours of tariffs", "分时电价时段"), ((r.source, r.mark) for r in book.tariff_rules.values()))
    )
    told.append(
        (
            Text("Run times and sizes of jobs", "作业时长与规模"),
            ((t.source, t.mark) for t in book.traces.values()),
        )
    )
    return [named_sources(name, rows) for name, rows in told]


def named_sources(name: Text, rows: Iterable[tuple[str, ...]]) -> Text:
    """Sources of a table, the most used first, each with its mark and how many rows rest on it."""
    counts = Counter((str(source), str(mark)) for source, mark in rows).most_common()
    unknown = {mark: Text(mark, mark) for (_, mark), _ in counts} | MARKS
    english = "; ".join(f"{source} ({unknown[mark].en}, {count})" for (source, mark), count in counts)
    chinese = "；".join(f"{source}（{unknown[mark].zh}，{count} 项）" for (source, mark), count in counts)
    return Text(f"{name.en}: {english}.", f"{name.zh}：{chinese}。")


def assumed(book: Book) -> list[Text]:
    """The assumptions that steer the plan, with their figures."""
    said, frame = book.assumed, book.assumed.scenario
    shares = [(work.text, work.share) for work in said.work.values()]
    power = said.power
    return [
        Text(
            f"Assumed: carbon at CNY {frame.carbon_price_yuan_per_t} per tonne; moving data at CNY "
            f"{frame.data_cost_yuan_per_gb_fixed} per GB and {frame.data_cost_yuan_per_gb_1000km} more per "
            f"1000 km; a device draws {power.server_factor} times its board's power, idle "
            f"{power.idle_share} of that.",
            f"假设：碳价 {frame.carbon_price_yuan_per_t} 元/吨；数据传输每 GB "
            f"{frame.data_cost_yuan_per_gb_fixed} 元，另加每千公里 {frame.data_cost_yuan_per_gb_1000km} 元；"
            f"整机功耗按板卡功耗的 {power.server_factor} 倍计，空闲时为其 {power.idle_share}。",
        ),
        Text(
            "Assumed: coordinates, families and sizes of centres, bandwidths, the course of carbon in a day "
            "and the mix of work by number of jobs: "
            + ", ".join(f"{text.en} {share} %" for text, share in shares)
            + ".",
            "假设：坐标、中心类别与规模、带宽、一日内碳强度的起伏，以及作业组合（按作业数）："
            + "、".join(f"{text.zh} {share}%" for text, share in shares)
            + "。",
        ),
    ]
