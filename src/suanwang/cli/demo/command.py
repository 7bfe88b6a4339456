"""`suanwang demo`: runs the platform, plays the course, checks every claim, and tells where things are."""

import argparse
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.cli.demo.claims import Claim
    from suanwang.cli.demo.play import Play
    from suanwang.cli.demo.screen import Screen
    from suanwang.cli.demo.stage import Stage

ERASE_PATIENCE_S = 60.0
ENDING = (signal.SIGINT, signal.SIGTERM)


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `demo`."""
    parser.add_argument(
        "--once",
        action="store_true",
        help=Text("end when all is shown and checked", "演示并核对完毕后退出").say(language),
    )
    parser.add_argument(
        "--port",
        metavar="N",
        type=int,
        default=8470,
        help=Text("port of the server (default 8470; 0: any)", "服务器端口（默认 8470；0 为任意）").say(
            language
        ),
    )
    parser.add_argument(
        "--keep",
        metavar="DIR",
        type=Path,
        help=Text(
            "keep all of it in this new folder (default: a temporary one, removed at the end)",
            "把全部内容保留在此新目录（默认使用临时目录，结束时删除）",
        ).say(language),
    )
    add_json(parser, language)
    parser.epilog = Text(
        "Starts PostgreSQL, a server and four centres (local processes, Slurm, Ray where present),\n"
        "and submits real jobs. About three minutes; two of them are the wait until a killed centre\n"
        "counts as lost.\n"
        "Devices are counted, not there: this machine's processors do the work.\n"
        "Exit code 0: every claim holds; 1: one does not.\n\n"
        "Examples:\n  suanwang demo\n  suanwang demo --once\n  suanwang demo --once --json --port 0",
        "启动 PostgreSQL、服务器与四个中心（本地进程，有条件时含 Slurm 与 Ray），并提交真实作业。\n"
        "约三分钟，其中两分钟用于等待被终止的中心判定为失联。\n"
        "卡数为声明值，实际由本机处理器计算。\n"
        "退出码 0：全部成立；1：有不成立者。\n\n"
        "示例：\n  suanwang demo\n  suanwang demo --once\n  suanwang demo --once --json --port 0",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """All of it, and the end of every process, however it ends."""
    from suanwang.cli.demo.play import Play
    from suanwang.cli.demo.screen import Screen
    from suanwang.cli.demo.stage import Stage

    folder = new_folder(arguments.keep)
    screen = Screen(language, arguments.json)
    stage = Stage(folder, arguments.port, language, screen.say)
    # both end it, also where a shell began it in the background, with SIGINT ignored
    before = [(number, signal.signal(number, signal.default_int_handler)) for number in ENDING]
    try:
        stage.open()
        screen.say(Text(f"the platform answers at {stage.url}", f"平台地址 {stage.url}"))
        play = Play(stage, screen.say, screen.changed)
        screen.begin_table()
        try:
            play.run()
        finally:
            screen.end_table()
        found = conclude(stage, play, screen, arguments.json, language)
        if not arguments.once and not arguments.json:
            stay(stage, screen, language)
        return 0 if all(claim.holds for claim in found) else 1
    except BaseException:
        screen.say(Text(f"what each process said: {folder}/*.log", f"各进程日志：{folder}/*.log"))
        raise
    finally:
        screen.end_table()
        # whoever is impatient now would leave processes behind
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        stage.close()
        for number, handler in before:
            signal.signal(number, handler)
        if arguments.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def new_folder(named: Path | None) -> Path:
    """The folder of it all, which others may pass: the database runs as a user of its own under root.

    Raises InvalidInput for one that is not empty, or that the database's user cannot reach.
    """
    from suanwang.store.server_user import check_reach, server_user
    from suanwang.units.errors import Fault, InvalidInput, Unsupported

    if named is None:
        folder = Path(tempfile.mkdtemp(prefix="suanwang-demo-"))
    else:
        folder = named.absolute()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            what = Text("not an empty folder", "不是空目录")
            raise InvalidInput([Fault("--keep", what, str(named))])
        folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    try:
        check_reach(server_user(), folder)
    except Unsupported as refused:
        folder.rmdir()
        remedy = Text(
            "--keep below a folder that all may pass, or run as an ordinary user",
            "将 --keep 设在所有用户可通过的目录下，或以普通用户运行",
        )
        raise InvalidInput(
            [
                Fault("--keep", fault.what, str(folder), fault.expected, remedy, kind=fault.kind)
                for fault in refused.faults
            ]
        ) from None
    return folder


def conclude(
    stage: "Stage", play: "Play", screen: "Screen", as_json: bool, language: Language
) -> "list[Claim]":
    """Settles a centre, shows statements, checks every claim, verifies the log; tells or prints it."""
    from suanwang.cli.demo.claims import claims
    from suanwang.cli.demo.closing import erased, print_verdict, settle, statements, verdict_data, verify
    from suanwang.cli.demo.evidence import gather
    from suanwang.model.api.money import Wallets

    operator = stage.operator
    numbers = [job for of_name in play.jobs.values() for job in of_name]
    found = [erased(operator, numbers, ERASE_PATIENCE_S)]
    found += settle(operator, time.time_ns() // 1000)
    wallets = {one.enterprise: one for one in operator.get("/v1/wallets", Wallets).wallets}
    evidence = gather(operator, numbers)
    found += claims(play, evidence, wallets)
    found += verify(stage.data, stage.folder)
    shown = statements(operator)
    if as_json:
        from suanwang.cli.check import print_json

        print_json(verdict_data(stage, play, found, shown, language))
    else:
        print_verdict(stage, found, shown, language)
    return found


def stay(stage: "Stage", screen: "Screen", language: Language) -> None:
    """Until Ctrl-C: how to go on from here."""
    from suanwang.cli.demo.closing import how_to_go_on

    print(how_to_go_on(stage).say(language), flush=True)
    try:
        while True:
            time.sleep(1.0)
            stage.crew.check("server")
    except KeyboardInterrupt:
        screen.say(Text("ending every process", "正在结束全部进程"))
