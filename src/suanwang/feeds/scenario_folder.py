"""A scenario folder, read and checked at the door: header, tables, then what holds across tables.

Nothing stops at the first fault. A value that is wrong becomes null and is left out of the later checks, so
that one report names every fault of the whole folder.
"""

import os
from pathlib import Path

import msgspec

from suanwang.feeds.builtin_regions import builtin_regions
from suanwang.feeds.findings import Findings, Progress, silent
from suanwang.feeds.job_checks import check_jobs
from suanwang.feeds.plausibility import check_plausible
from suanwang.feeds.references import (
    Tables,
    check_filled,
    check_hubs,
    check_keys,
    check_order,
    check_outages,
    check_references,
    check_regions,
    check_signals,
    check_slot_range,
)
from suanwang.feeds.scenario_header import read_header
from suanwang.feeds.table_files import FORMS, did_you_mean, read_table
from suanwang.model.options import OptionBook
from suanwang.model.scenario import Scenario
from suanwang.model.scenario_tables import SCENARIO_TABLES
from suanwang.units.errors import Fault
from suanwang.units.text import Text


class Checked(msgspec.Struct, frozen=True):
    """A scenario that passed, and what is odd about it all the same."""

    scenario: Scenario
    warnings: tuple[Fault, ...]


def read_scenario(folder: Path, progress: Progress | None = None) -> Checked:
    """Reads and checks the scenario in `folder`. Raises InvalidInput with every fault found.

    For each kind of fault in each column, `Fault.count` is exact and the first 100 places are listed; rows
    are lines of a CSV (the header is line 1) or records of a Parquet file (from 1).
    """
    step = progress or silent
    findings = Findings()
    check_folder(folder, findings)
    findings.refuse()
    header = read_header(folder, findings)
    tables: Tables = {}
    for table in SCENARIO_TABLES:
        step(Text(f"reading {table.name}", f"读取 {table.name}"))
        tables[table.name] = read_table(folder, table, findings)
    check_strangers(folder, findings)
    step(Text("checking across tables", "跨表校验"))
    if not tables["regions"].present and tables["regions"].usable:
        tables["regions"].frame = builtin_regions()
    book = OptionBook.parse(tables["jobs"].frame["options"])
    check_across(tables, book, None if header is None else header.slots, findings)
    check_plausible(tables, book, 60 if header is None else header.slot_minutes, findings)
    findings.refuse()
    assert header is not None
    scenario = Scenario(header=header, **{name: read.frame for name, read in tables.items()})
    # a cached property: set here, it is not parsed again
    vars(scenario)["options"] = book
    return Checked(scenario, findings.warnings)


def check_folder(folder: Path, findings: Findings) -> None:
    """The folder is there and is one."""
    if not folder.exists():
        findings.note(
            "missing_folder",
            str(folder),
            Text("there is no such folder", "没有这个目录"),
            remedy=Text(
                "check the path, or make one: suanwang scenario national --jobs 10000 --out DIR",
                "检查路径，或生成一个：suanwang scenario national --jobs 10000 --out 目录",
            ),
        )
    elif not folder.is_dir():
        findings.note(
            "not_a_folder",
            str(folder),
            Text("a file in place of a folder", "应为目录，却是文件"),
            expected=Text("a folder with scenario.yaml and tables", "含 scenario.yaml 与各表的目录"),
            remedy=Text("name the folder that holds it", "请给出其所在目录"),
        )
    elif not os.access(folder, os.R_OK | os.X_OK):
        findings.note(
            "unreadable",
            str(folder),
            Text("no permission to read the folder", "没有读取目录的权限"),
            remedy=Text("chmod u+rx, or run as its owner", "chmod u+rx，或以其所有者身份运行"),
        )


def check_strangers(folder: Path, findings: Findings) -> None:
    """Tables that the format does not have are not read: worth a warning."""
    names = [table.name for table in SCENARIO_TABLES]
    for path in sorted(folder.iterdir()):
        if path.suffix.lstrip(".").lower() in FORMS and path.name not in {
            f"{name}.{form}" for name in names for form in FORMS
        }:
            findings.note(
                "unknown_table",
                path.name,
                Text("a table that the format does not have; it is not read", "格式中没有这张表；未读取"),
                expected=Text("one of: " + ", ".join(names), "以下之一：" + ", ".join(names)),
                remedy=did_you_mean(path.stem, names, Text("remove it", "删去该文件")),
                warning=True,
            )


def check_across(tables: Tables, book: OptionBook, slots: int | None, findings: Findings) -> None:
    """The checks that need more than one column or table; `slots` is None where the header is broken."""
    for read in tables.values():
        check_keys(read, findings)
    check_filled(tables, findings)
    check_references(tables, findings)
    check_regions(tables, findings)
    check_hubs(tables, findings)
    for name in ("outages", "pairings"):
        check_order(tables[name], "from_slot", "to_slot", findings)
    check_outages(tables, findings)
    if slots is not None:
        check_signals(tables, slots, findings)
        check_slot_range(tables["green"], "slot", slots - 1, findings)
        check_slot_range(tables["outages"], "to_slot", slots, findings)
    check_jobs(tables, book, slots, findings)
