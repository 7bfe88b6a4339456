"""`suanwang demo`: make the national scenario, clear it beside first come first served, show the report."""

import argparse
from pathlib import Path

from suanwang.units.text import Language, Text


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `demo`."""
    parser.add_argument(
        "--jobs",
        type=int,
        default=50_000,
        help=Text("jobs (default 50000)", "作业数（默认 50000）").say(language),
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("demo"),
        help=Text("scenario and result (default demo)", "场景与结果目录（默认 demo）").say(language),
    )  # fmt: skip
    parser.add_argument(
        "--once", action="store_true",
        help=Text("do not open the report, only print where it is", "不打开报告，只打印其位置").say(language),
    )  # fmt: skip
    parser.epilog = Text(
        "Examples:\n  suanwang demo\n  suanwang demo --jobs 1000000 --once",
        "示例：\n  suanwang demo\n  suanwang demo --jobs 1000000 --once",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """The three commands a newcomer would type, one after the other."""
    import webbrowser

    from suanwang.cli.main import main

    folder = str(arguments.out)
    spoken = ["--lang", language]
    steps = (
        ["scenario", "national", "--jobs", str(arguments.jobs), "--out", folder, *spoken],
        ["clear", folder, "--beside", "fcfs", *spoken],
    )
    for step in steps:
        print("$ suanwang " + " ".join(step[: -len(spoken)]))
        code = main(step)
        if code:
            return code
    page = (arguments.out / "result" / "report.html").resolve().as_uri()
    print(Text(f"The report: {page}", f"报告：{page}").say(language))
    if not arguments.once:
        webbrowser.open(page)
    return 0
