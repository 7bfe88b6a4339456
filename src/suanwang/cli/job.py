"""`suanwang job`: one job: show, explain, logs, outputs, cancel, extend."""

import argparse
import importlib
import re
from typing import TYPE_CHECKING

from suanwang.cli.connection import add_connection, connect, part
from suanwang.cli.ledger_book import subcommand
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Language, Text, same

if TYPE_CHECKING:
    from suanwang.model.api.jobs import JobTold

MORE = re.compile(r"(\d{1,8})([smh]?)", re.ASCII)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the subcommands of `job`."""
    below = parser.add_subparsers(
        dest="job_command", metavar=Text("COMMAND", "命令").say(language), required=True
    )
    for name, about, example in (
        (
            "show",
            Text("all of a job: attempts, money, place in line", "作业全貌：尝试、费用、排位"),
            "job show j17",
        ),
        ("explain", Text("why it is where it is, or waits", "为何在此处，或为何等待"), "job explain j17"),
        ("logs", Text("what it wrote", "作业输出日志"), "job logs j17 -f"),
        ("outputs", Text("fetch what it left", "取回输出文件"), "job outputs j17 --out results"),
        ("cancel", Text("no more of it", "取消作业"), "job cancel j17"),
        ("extend", Text("more time for a running job", "延长运行中作业的时限"), "job extend j17 30m"),
    ):
        epilog = Text(f"Example:\n  suanwang {example}", f"示例：\n  suanwang {example}")
        one = subcommand(below, name, about, language, epilog)
        one.add_argument("job", metavar="JOB", help=Text("its number, j17", "作业编号，如 j17").say(language))
        one.set_defaults(run=name)
        if name == "logs":
            add_logs(one, language)
        if name == "outputs":
            one.add_argument(
                "--out",
                metavar="DIR",
                help=Text("folder to write to (default JOB)", "写入目录（默认 JOB）").say(language),
            )
        if name == "extend":
            one.add_argument("more", metavar="TIME", help=same("600, 30m, 2h").say(language))
        add_connection(one, language)


def add_logs(parser: argparse.ArgumentParser, language: Language) -> None:
    """The flags of `job logs`."""
    parser.add_argument(
        "-f",
        "--follow",
        action="store_true",
        help=Text("go on until it ends", "持续输出直到结束").say(language),
    )
    parser.add_argument(
        "--stderr", action="store_true", help=Text("the other stream", "标准错误流").say(language)
    )
    parser.add_argument(
        "--attempt",
        metavar="N",
        type=int,
        help=Text("of that attempt (default: the last)", "第几次尝试（默认最后一次）").say(language),
    )


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Runs the subcommand."""
    if arguments.run in ("logs", "outputs"):
        module = importlib.import_module(f"suanwang.cli.job_{arguments.run}")
        return int(module.execute(arguments, language))
    return {"show": _show, "explain": _explain, "cancel": _cancel, "extend": _extend}[arguments.run](
        arguments, language
    )


def _show(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.model.api.jobs import JobTold

    told = connect(arguments, language).get(f"/v1/jobs/{part(arguments.job)}", JobTold)
    tell(told, arguments, language)
    return 0


def _explain(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.cli.candidates import print_candidates, print_elsewhere, reason_line
    from suanwang.cli.job_told import expected_words, position_words
    from suanwang.cli.tables import print_told
    from suanwang.model.api.jobs import Explanation

    told = connect(arguments, language).get(f"/v1/jobs/{part(arguments.job)}/explanation", Explanation)
    if arguments.json:
        print_told(told)
        return 0
    print(told.words)
    for reason in told.reasons:
        print(reason_line(reason, language))
    if told.position is not None:
        print(position_words(told.position).say(language))
    if told.state == "queued":
        print(expected_words(told.expected_at).say(language))
    if told.candidates:
        print_candidates(told.candidates, 0, language)
    print_elsewhere(told.elsewhere, language)
    return 0


def _cancel(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.model.api.jobs import JobTold

    path = f"/v1/jobs/{part(arguments.job)}/cancel"
    tell(connect(arguments, language).post(path, {}, JobTold), arguments, language)
    return 0


def _extend(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.model.api.jobs import Extension, JobTold

    match = MORE.fullmatch(arguments.more)
    if match is None or not int(match[1]):
        what = Text("not a time", "不是有效时长")
        raise InvalidInput([Fault("TIME", what, arguments.more, same("600, 30m, 2h"))])
    more = Extension(int(match[1]) * SECONDS[match[2]])
    told = connect(arguments, language).post(f"/v1/jobs/{part(arguments.job)}/extend", more, JobTold)
    tell(told, arguments, language)
    return 0


def tell(told: "JobTold", arguments: argparse.Namespace, language: Language) -> None:
    """The job, for people or programs."""
    from suanwang.cli.job_told import print_job
    from suanwang.cli.tables import print_told

    if arguments.json:
        print_told(told)
    else:
        print_job(told, language)
