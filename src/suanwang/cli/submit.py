"""`suanwang submit`: shows where a job could run and what it would cost, asks, and submits."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from suanwang.cli.connection import add_connection
from suanwang.cli.job_reading import add_jobs
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.cli.connection import Connection
    from suanwang.cli.job_reading import Read
    from suanwang.cli.job_sending import Sent
    from suanwang.model.api.jobs import Quote

TABLES_MOST = 10
"""So many files are shown with all their places; of more, only the chosen ones."""


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `submit`."""
    add_jobs(parser, language, several=True)
    parser.add_argument("--yes", action="store_true", help=Text("do not ask", "不询问").say(language))
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help=Text("show, and submit nothing", "只显示，不提交").say(language),
    )
    parser.add_argument(
        "--wait", action="store_true", help=Text("until all have ended", "等到全部结束").say(language)
    )
    add_connection(parser, language)
    parser.epilog = Text(
        "Inputs are uploaded as one archive; secrets are read from the environment by their names.\n"
        "depends_on may name a job of the platform, or the name of another file given here.\n"
        "Exit code 1: a job was refused, or (--wait) did not succeed.\n\n"
        "Examples:\n  suanwang submit finetune.yaml\n"
        "  suanwang submit train.sbatch --region 510100 --yes --wait\n"
        "  suanwang submit prepare.yaml train.yaml --yes --json\n"
        "  generate-job | suanwang submit - --yes --count 100",
        "输入文件打包上传；密钥按名称从环境变量读取。\n"
        "depends_on 可写平台上的作业编号，或同一命令中另一文件的 name。\n"
        "退出码 1：有作业被拒绝，或（--wait）未成功。\n\n"
        "示例：\n  suanwang submit finetune.yaml\n"
        "  suanwang submit train.sbatch --region 510100 --yes --wait\n"
        "  suanwang submit prepare.yaml train.yaml --yes --json\n"
        "  generate-job | suanwang submit - --yes --count 100",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Quotes, asks, submits, waits."""
    from suanwang.cli.connection import connect
    from suanwang.cli.job_reading import read_jobs
    from suanwang.cli.job_sending import quote_of, send, turns
    from suanwang.cli.tables import print_told

    reads = read_jobs(arguments)
    turns(reads)
    connection = connect(arguments, language)
    for fault in (fault for read in reads for fault in read.warnings):
        print(fault.say(language), file=sys.stderr)
    quotes: list[Quote] = []
    if arguments.dry_run or not (arguments.yes and arguments.json):
        quotes = [quote_of(connection, read, arguments.enterprise) for read in reads]
    if arguments.dry_run:
        if arguments.json:
            print_told(quotes)
        else:
            show(reads, quotes, language)
        return 0 if all(quote.candidates for quote in quotes) else 1
    if not arguments.json:
        show(reads, quotes, language)
    if not arguments.yes and not agreed(len(reads), language):
        print(Text("nothing was submitted", "未提交").say(language), file=sys.stderr)
        return 1
    sent = send(connection, reads, arguments.enterprise)
    states = follow(connection, sent, language) if arguments.wait else {}
    if arguments.json:
        print_told({"files": sent, "states": states} if arguments.wait else {"files": sent})
    else:
        tell(sent, language)
    refused = any(job.state == "refused" for one in sent for job in one.jobs)
    return 1 if refused or any(state != "succeeded" for state in states.values()) else 0


def show(reads: "Sequence[Read]", quotes: "Sequence[Quote]", language: Language) -> None:
    """The places of each job, or of many jobs the chosen ones."""
    from suanwang.cli.candidates import print_quote

    for read, quote in zip(reads, quotes, strict=True):
        spec = read.job.spec
        array = f" × {spec.array}" if spec.array > 1 else ""
        print(f"{spec.name}{array} ({read.file})")
        if len(reads) <= TABLES_MOST:
            print_quote(quote, language)
        else:
            from msgspec.structs import replace

            print_quote(replace(quote, candidates=quote.candidates[:1]), language)


def agreed(count: int, language: Language) -> bool:
    """The user's answer. Raises InvalidInput where nobody can be asked."""
    from suanwang.units.errors import Fault, InvalidInput
    from suanwang.units.text import same

    if not sys.stdin.isatty():
        what = Text("there is no terminal to ask on", "没有可供确认的终端")
        raise InvalidInput([Fault("submit", what, remedy=same("--yes, --dry-run"))])
    question = Text(f"Submit {count}? [y/N] ", f"提交 {count} 个？[y/N] ").say(language)
    return input(question).strip().lower() in ("y", "yes", "是")


def tell(sent: "Sequence[Sent]", language: Language) -> None:
    """The numbers that the jobs were given, and why what is held or refused is."""
    from suanwang.cli.candidates import reason_line
    from suanwang.model.job_words import state_word

    for one in sent:
        if len(one.jobs) > 1:
            print(f"{one.name}: {one.jobs[0].job} … {one.jobs[-1].job} ({len(one.jobs)})")
        for job in one.jobs:
            if len(one.jobs) == 1 or job.reasons:
                print(f"{one.name}: {job.job} {state_word(job.state).say(language)}")
            for reason in job.reasons:
                print(f"  {reason_line(reason, language)}")


def follow(connection: "Connection", sent: "Sequence[Sent]", language: Language) -> dict[str, str]:
    """Waits until all jobs are closed; their states by number."""
    from suanwang.cli.job_waiting import wait_closed

    jobs = [job.job for one in sent for job in one.jobs if job.state != "refused"]
    return wait_closed(connection, jobs, language)
