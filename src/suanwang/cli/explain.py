"""`suanwang explain`: why a job runs where it does, or waits; every candidate, and what would have helped."""

import argparse
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from rich.table import Table

    from suanwang.clearing.explanation import Candidate, Change, Explanation, Place
    from suanwang.model.scenario import Scenario

SHOWN = 12
WIDTH_PIPED = 160

VERDICTS: dict[str, Text] = {
    "taken": Text("taken", "已选用"),
    "dearer": Text("free, dearer", "可用，更贵"),
    "cheaper": Text("free and cheaper", "可用且更便宜"),
    "full": Text("full", "已满"),
    "value": Text("costs the value or more", "费用不低于价值"),
    "class": Text("no such device", "无此卡型"),
    "size": Text("too small", "规模不足"),
    "grade": Text("security grade", "安全等级不足"),
    "residency": Text("outside residency", "不在驻留范围"),
    "latency": Text("too far", "时延过大"),
    "window": Text("transfers leave no start", "传输后无法开始"),
}
UNITS: dict[str, Text] = {
    "size": Text(" devices", " 卡"),
    "latency": Text(" ms", " 毫秒"),
    "window": Text(" slots", " 时段"),
}
CHANGES: dict[str, Text] = {
    "value": Text("a value of {0} instead of {1}", "价值由 {1} 提高到 {0}"),
    "deadline": Text("a deadline at slot {0} instead of {1}", "截止由时段 {1} 推迟到 {0}"),
    "release": Text("a release at slot {0} instead of {1}", "最早时段由 {1} 提前到 {0}"),
    "latency": Text("a round trip of {0} ms instead of {1} ms", "往返时延由 {1} 放宽到 {0} 毫秒"),
    "grade": Text("security grade {0} instead of {1}", "安全等级由 {1} 降到 {0}"),
    "residency": Text("data allowed in {0} besides {1}", "除 {1} 外允许数据到 {0}"),
    "devices": Text("{0} devices instead of {1}", "卡数由 {1} 减到 {0}"),
}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Add the arguments of `explain`."""
    parser.add_argument(
        "folder", metavar="DIR", type=Path, help=Text("scenario folder", "场景目录").say(language)
    )
    parser.add_argument("job", metavar="JOB", help=Text("id of the job", "作业编号").say(language))
    parser.add_argument(
        "--result",
        metavar="R",
        type=Path,
        help=Text("result folder (DIR/result)", "结果目录（默认 DIR/result）").say(language),
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help=Text(
            f"every candidate, not only the {SHOWN} best", f"列出全部候选，而不仅是最好的 {SHOWN} 个"
        ).say(language),
    )
    add_json(parser, language)
    parser.epilog = Text(
        "Examples:\n  suanwang explain national j17\n  suanwang explain national j17 --all\n"
        "  suanwang explain national j17 --result runs/monday --json",
        "示例：\n  suanwang explain national j17\n  suanwang explain national j17 --all\n"
        "  suanwang explain national j17 --result runs/monday --json",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Read scenario and result, explain the job, print it."""
    import msgspec

    from suanwang.clearing.compile import compile_problem
    from suanwang.clearing.explain import explain
    from suanwang.feeds.result_folder import read_result
    from suanwang.feeds.scenario_folder import read_scenario

    folder: Path = arguments.folder
    scenario = read_scenario(folder).scenario
    row = row_of(scenario, arguments.job)
    outcome = read_result(arguments.result or folder / "result", scenario).outcome
    told = explain(compile_problem(scenario), outcome, row)
    if arguments.json:
        sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
        return 0
    show(told, None if arguments.all else SHOWN, language)
    return 0


def row_of(scenario: "Scenario", job: str) -> int:
    """The row of a job; a fault with the nearest ids where there is none."""
    from suanwang.units.errors import Fault, InvalidInput

    found = scenario.jobs["job"].index_of(job)
    if found is not None:
        return int(found)
    near = nearest(scenario.jobs["job"].to_list(), job)
    names = ", ".join(near)
    raise InvalidInput(
        [
            Fault(
                where="JOB",
                what=Text("the scenario has no such job", "场景中没有该作业"),
                found=job,
                expected=Text("the id of a job", "作业编号"),
                remedy=Text(f"did you mean: {names}", f"是否指：{names}") if near else Text("", ""),
                kind="unknown_job",
            )
        ]
    )


def nearest(names: list[str], wanted: str) -> list[str]:
    """The three ids most like `wanted`, among those of like length and ending where there are many."""
    if len(names) > 20_000:
        tail = wanted[-2:]
        alike = [name for name in names if abs(len(name) - len(wanted)) <= 1 and name.endswith(tail)]
        names = (alike or names)[:20_000]
    return difflib.get_close_matches(wanted, names, n=3, cutoff=0.3)


def show(told: "Explanation", shown: int | None, language: Language) -> None:
    """The explanation as tables."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_PIPED)
    for line in heading(told, language):
        console.print(line, markup=False)
    chosen = told.candidates[:shown]
    console.print(candidate_table(chosen, language))
    rest = len(told.candidates) - len(chosen)
    if rest > 0:
        text = Text(f"{rest} more candidates: --all", f"另有 {rest} 个候选：--all")
        console.print(text.say(language), markup=False)
    if told.start_slot is None:
        for line in advice(told.changes, language):
            console.print(line, markup=False)


def heading(told: "Explanation", language: Language) -> list[str]:
    """What was asked, and what became of it."""
    from suanwang.model.result import REASON_TEXTS
    from suanwang.units.money import yuan

    value = yuan(told.value_micro)
    asked = Text(
        f"Job {told.job}: {told.options}, slots {told.release_slot} to {told.deadline_slot}, value ¥{value}",
        f"作业 {told.job}：{told.options}，时段 {told.release_slot} 至 {told.deadline_slot}，价值 ¥{value}",
    )
    if told.start_slot is None:
        reason = REASON_TEXTS[told.reason]
        outcome = Text(f"Not served: {reason.en}.", f"未安排：{reason.zh}。")
    else:
        cost = yuan(told.total_micro)
        outcome = Text(
            f"Runs in {told.pool}, slots {told.start_slot} to {told.end_slot}, for ¥{cost}.",
            f"在 {told.pool} 运行，时段 {told.start_slot} 至 {told.end_slot}，费用 ¥{cost}。",
        )
    return [asked.say(language), outcome.say(language)]


def candidate_table(candidates: "tuple[Candidate, ...]", language: Language) -> "Table":
    """One line for every candidate: its best start, the parts of its cost, and why it was not taken."""
    from rich.table import Table

    columns = [
        (Text("option", "方案"), "left"),
        (Text("pool", "资源池"), "left"),
        (Text("centre", "算力中心"), "left"),
        (Text("slots", "时段"), "right"),
        (Text("compute ¥", "算力 ¥"), "right"),
        (Text("energy ¥", "电费 ¥"), "right"),
        (Text("carbon ¥", "碳 ¥"), "right"),
        (Text("data ¥", "数据 ¥"), "right"),
        (Text("total ¥", "合计 ¥"), "right"),
        (Text("clearing price ¥", "出清价 ¥"), "right"),
        (Text("why", "原因"), "left"),
    ]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title, justify in columns:
        table.add_column(title.say(language), justify="right" if justify == "right" else "left")
    for candidate in candidates:
        place = candidate.free or candidate.cheapest
        option = f"{candidate.option} {candidate.device}:{candidate.milli / 1000:g}:{candidate.slots}"
        style = "green" if candidate.verdict == "taken" else ""
        table.add_row(
            option, candidate.pool, candidate.centre, *amounts(place), why(candidate, language), style=style
        )
    return table


def amounts(place: "Place | None") -> list[str]:
    """Slots and costs of a place; empty cells without one."""
    from suanwang.units.money import yuan

    if place is None:
        return [""] * 7
    parts = (
        place.compute_micro, place.energy_micro, place.carbon_micro, place.data_micro, place.total_micro,
        place.scarcity_micro,
    )  # fmt: skip
    return [f"{place.start_slot}-{place.end_slot}", *(yuan(part) for part in parts)]


def why(candidate: "Candidate", language: Language) -> str:
    """The verdict with its figures."""
    from suanwang.units.money import yuan

    said = VERDICTS[candidate.verdict].say(language)
    if candidate.limit:
        unit = UNITS.get(candidate.verdict, Text("", "")).say(language)
        needs = Text(
            f": {candidate.found}, limit {candidate.limit}", f"：{candidate.found}，要求 {candidate.limit}"
        )
        if candidate.verdict in ("size", "window"):
            needs = Text(
                f": needs {candidate.found}, has {candidate.limit}",
                f"：需要 {candidate.found}，仅有 {candidate.limit}",
            )
        return said + needs.say(language) + unit
    if candidate.verdict in ("dearer", "cheaper") and candidate.dearer_micro is not None:
        by = yuan(abs(candidate.dearer_micro))
        return said + Text(f" by ¥{by}", f" ¥{by}").say(language)
    if candidate.verdict == "full" and candidate.full:
        worst = min(candidate.full, key=lambda slot: slot.free_milli)
        slots = ", ".join(str(slot.slot) for slot in candidate.full[:4])
        more = len(candidate.full) - 4
        slots += f" +{more}" if more > 0 else ""
        needed, free = candidate.milli / 1000, worst.free_milli / 1000
        return said + Text(
            f" in slots {slots}: needs {needed:g}, free {free:g}",
            f"，时段 {slots}：需 {needed:g} 卡，余 {free:g}",
        ).say(language)
    return said


def advice(changes: "tuple[Change, ...]", language: Language) -> list[str]:
    """What would have placed the job."""
    from suanwang.units.money import yuan

    if not changes:
        return [
            Text("No single change would have placed it.", "没有任何单项改动能安排该作业。").say(language)
        ]
    lines = [
        Text(
            "Any one of these would have placed it (the other jobs stay where they are):",
            "以下任一改动即可安排（其他作业不动）：",
        ).say(language)
    ]
    for change in changes:
        then, now = change.then, change.now
        if change.kind == "value":
            then, now = (f"¥{yuan(int(amount), 6)}" for amount in (then, now))
        where = Text(
            f" → {change.pool}, slots {change.start_slot}-{change.end_slot}, ¥{yuan(change.total_micro)}",
            f" → {change.pool}，时段 {change.start_slot}-{change.end_slot}，¥{yuan(change.total_micro)}",
        )
        lines.append("  " + CHANGES[change.kind].say(language).format(then, now) + where.say(language))
    return lines
