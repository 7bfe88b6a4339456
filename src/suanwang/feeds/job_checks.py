"""Checks of jobs: the grammar of their options, their windows, and where their data must stay."""

import numpy as np
import polars as pl

from suanwang.feeds.findings import PLACES_LISTED, Findings
from suanwang.feeds.references import Tables, check_order, check_slot_range, suggestions
from suanwang.model.options import OptionBook
from suanwang.units.text import Text, same

GRAMMAR = same("A100:8:6;910B:8x4:8 = device:units[xnodes]:slots")


def check_jobs(tables: Tables, book: OptionBook, slots: int | None, findings: Findings) -> None:
    """Everything about jobs that no single column can tell."""
    jobs = tables["jobs"]
    if jobs.place is None:
        return
    check_options(tables, book, findings)
    check_devices(tables, book, findings)
    check_order(jobs, "release_slot", "deadline_slot", findings)
    if slots is not None:
        check_slot_range(jobs, "release_slot", slots - 1, findings)
        check_slot_range(jobs, "deadline_slot", slots, findings)
    check_windows(tables, book, findings)
    check_residency(tables, findings)


def check_options(tables: Tables, book: OptionBook, findings: Findings) -> None:
    """Option texts follow the grammar."""
    jobs = tables["jobs"]
    assert jobs.place is not None
    if book.malformed.any() and not findings.unread(jobs.place.path.name, "options"):
        findings.rows(
            "options_grammar",
            jobs.place,
            "options",
            pl.Series(book.malformed[book.text_of_job]),
            jobs.frame["options"],
            Text("options that cannot be read", "无法解析的方案"),
            GRAMMAR,
            Text(
                "units per node above 0 with at most 3 decimals, whole nodes and slots from 1, joined by ;",
                "每节点卡数大于 0 且至多 3 位小数，节点数与时段数为正整数，以 ; 分隔",
            ),
        )


def check_devices(tables: Tables, book: OptionBook, findings: Findings) -> None:
    """A device that no pool has, or whose name no option can write, is only odd."""
    jobs, pools = tables["jobs"], tables["pools"]
    assert jobs.place is not None
    if pools.place is None or not pools.frame.height:
        return
    findings.rows(
        "unaskable_device",
        pools.place,
        "device",
        pools.frame["device"].str.contains(r"[:;\s]"),
        pools.frame["device"],
        Text("no option can name this device", "方案无法写出该卡型"),
        Text("a name without spaces, : and ;", "不含空格、冒号与分号的名称"),
        Text("rename it, RTX4090 for instance", "改名，例如 RTX4090"),
        warning=True,
    )
    if not pools.usable or findings.unread(pools.place.path.name, "device"):
        return
    known = pools.frame["device"].drop_nulls().unique()
    strange = ~book.device.is_in(known.implode())
    if not strange.any():
        return
    users = np.bincount(book.text_of_job, minlength=len(book.texts))
    texts = np.repeat(np.arange(len(book.texts)), np.diff(book.first))
    counts = (
        pl.DataFrame({"device": book.device, "jobs": users[texts]})
        .filter(strange)
        .group_by("device", maintain_order=True)
        .agg(pl.col("jobs").sum())
    )
    name = jobs.place.path.name
    for device, count in counts.head(PLACES_LISTED).iter_rows():
        findings.note(
            "device_without_pool",
            f"{name} options",
            Text(f"no pool has the device {device}", f"没有资源池有卡型 {device}"),
            found=device,
            expected=Text("a device of the table pools", "pools 表中的卡型"),
            remedy=suggestions([device], known.to_list(), Text("check the name", "检查名称")),
            warning=True,
            file=name,
            column="options",
            count=count,
        )


def shortest_slots(book: OptionBook) -> np.ndarray:
    """(text,) the duration of each text's shortest alternative; 0 where it is malformed."""
    shortest = np.zeros(len(book.texts), np.int64)
    filled = np.flatnonzero(np.diff(book.first) > 0)
    if len(filled):
        shortest[filled] = np.minimum.reduceat(book.slots, book.first[filled])
    return shortest


def check_windows(tables: Tables, book: OptionBook, findings: Findings) -> None:
    """release + the shortest option ≤ deadline, for every job whose window is one."""
    jobs = tables["jobs"]
    assert jobs.place is not None
    frame = jobs.frame
    if not frame.height:
        return
    window = frame["deadline_slot"] - frame["release_slot"]
    shortest = pl.Series(shortest_slots(book)[book.text_of_job])
    short = (window > 0) & (window < shortest)
    if not short.any():
        return
    findings.rows(
        "window_too_short",
        jobs.place,
        "options",
        short,
        frame.select(
            pl.concat_str(
                pl.col("release_slot"),
                pl.lit(" .. "),
                pl.col("deadline_slot"),
                pl.lit(": "),
                pl.col("options"),
            )
        ).to_series(),
        Text("the window is shorter than every option", "时间窗短于所有方案"),
        Text(
            "deadline_slot − release_slot ≥ the slots of an option",
            "deadline_slot − release_slot ≥ 某方案的时段数",
        ),
        Text(
            "check that all three count in slots; move the deadline", "检查三者是否都以时段计；推迟截止时段"
        ),
    )


def check_residency(tables: Tables, findings: Findings) -> None:
    """Residency names prefixes of region codes; one under which no centre lies is odd."""
    jobs, centres = tables["jobs"], tables["centres"]
    assert jobs.place is not None
    values = jobs.frame["residency"]
    texts = values.drop_nulls().unique(maintain_order=True).to_list()
    if not texts:
        return
    codes = centres.frame["region"].drop_nulls().unique().to_list()
    every = [*codes, *tables["regions"].frame["region"].drop_nulls().to_list()]
    wrong: list[str] = []
    odd: list[str] = []
    for text in texts:
        parts = text.split(";")
        if any(
            not (part.isascii() and part.isdigit()) and not any(c.startswith(part) for c in every)
            for part in parts
        ):
            wrong.append(text)
        elif centres.usable and not any(code.startswith(tuple(parts)) for code in codes):
            odd.append(text)
    for kind, texts, what, warning in (
        ("residency", wrong, Text("not prefixes of region codes", "不是行政区划代码前缀"), False),
        ("residency_empty", odd, Text("no centre lies there", "该范围内没有算力中心"), True),
    ):
        if texts:
            findings.rows(
                kind,
                jobs.place,
                "residency",
                values.is_in(texts),
                values,
                what,
                Text(
                    "prefixes of region codes joined by ;, such as 51;5001",
                    "以 ; 分隔的区划代码前缀，如 51;5001",
                ),
                Text("write the digits of the codes", "写代码的数字前缀"),
                warning,
            )
