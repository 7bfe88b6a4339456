"""`suanwang jobs`: the jobs one may see, newest first, with their states and why they are in them."""

import argparse
import time
from typing import TYPE_CHECKING, get_args

from suanwang.cli.connection import add_connection
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from rich.table import Table

    from suanwang.cli.connection import Connection
    from suanwang.model.api.jobs import JobLine, JobPage

WATCH_S = 2.0


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `jobs`."""
    from suanwang.model.job import JobState

    parser.add_argument(
        "--state", choices=get_args(JobState), help=Text("only those in this state", "仅此状态").say(language)
    )
    parser.add_argument(
        "--project",
        metavar="NAME",
        default="",
        help=Text("only those of a project", "仅此项目").say(language),
    )
    parser.add_argument(
        "--enterprise",
        metavar="NAME",
        default="",
        help=Text("only those of an enterprise", "仅此企业").say(language),
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=int,
        default=50,
        help=Text("at most so many (default 50)", "至多多少条（默认 50）").say(language),
    )
    parser.add_argument(
        "--watch", action="store_true", help=Text("again every two seconds", "每两秒刷新").say(language)
    )
    add_connection(parser, language)
    parser.epilog = Text(
        "Examples:\n  suanwang jobs --state queued\n  suanwang jobs --watch\n"
        "  suanwang jobs --limit 1000 --json",
        "示例：\n  suanwang jobs --state queued\n  suanwang jobs --watch\n"
        "  suanwang jobs --limit 1000 --json",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Asks and shows, once or again and again."""
    from suanwang.cli.connection import connect
    from suanwang.cli.tables import console, print_told

    connection = connect(arguments, language)
    if arguments.json:
        print_told(jobs_of(connection, arguments))
        return 0
    if not arguments.watch:
        show(jobs_of(connection, arguments), arguments.limit, language)
        return 0
    from rich.live import Live

    with Live(console=console(), auto_refresh=False, screen=True) as live:
        while True:
            live.update(table(jobs_of(connection, arguments).jobs, language), refresh=True)
            time.sleep(WATCH_S)


def jobs_of(connection: "Connection", arguments: argparse.Namespace) -> "JobPage":
    """As many pages as hold `--limit` jobs, as one."""
    from suanwang.model.api.jobs import JobPage

    found: list[JobLine] = []
    after: str | None = None
    while True:
        page = connection.get(
            "/v1/jobs",
            JobPage,
            state=arguments.state,
            project=arguments.project,
            enterprise=arguments.enterprise,
            limit=max(1, min(1000, arguments.limit - len(found))),
            after=after,
        )
        found += page.jobs
        after = page.next
        if after is None or len(found) >= arguments.limit:
            return JobPage(tuple(found[: arguments.limit]), after)


def show(page: "JobPage", limit: int, language: Language) -> None:
    """The table, and whether there are more."""
    from suanwang.cli.tables import console

    if not page.jobs:
        print(Text("no jobs", "没有作业").say(language))
        return
    console().print(table(page.jobs, language))
    if page.next is not None:
        print(Text(f"and more: --limit {limit * 10}", f"还有更多：--limit {limit * 10}").say(language))


def table(lines: "tuple[JobLine, ...]", language: Language) -> "Table":
    """Jobs in lines."""
    from suanwang.cli.job_words import MARKS, reason, standing
    from suanwang.cli.tables import Column, clock, money, table_of

    columns: tuple[Column, ...] = (
        (Text("job", "作业"), "left"),
        (Text("name", "名称"), "left"),
        (Text("enterprise", "企业"), "left"),
        (Text("state", "状态"), "left"),
        (Text("why", "原因"), "left"),
        (Text("try", "次数"), "right"),
        (Text("pool", "资源池"), "left"),
        (Text("start", "开始"), "left"),
        (Text("end", "结束"), "left"),
        (Text("charge ¥", "费用 ¥"), "right"),
    )
    rows = [
        (
            line.job,
            line.name,
            line.enterprise,
            f"{MARKS.get(line.state, ' ')} {standing(line, language)}",
            reason(line).say(language),
            str(line.attempt) if line.attempt > 1 else "",
            line.pool,
            clock(line.start_at),
            clock(line.ended_at),
            money(line.charge_micro) if line.charge_micro else "",
        )
        for line in lines
    ]
    return table_of(columns, rows, language)
