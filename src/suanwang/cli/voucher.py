"""`suanwang voucher demo`: vouchers through their whole life, command by command, over a real log."""

import argparse
import contextlib
import io
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suanwang.cli.json_flag import add_json
from suanwang.cli.ledger_book import print_json, subcommand
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.cli.voucher_story import Step


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds `demo`."""
    below = parser.add_subparsers(
        dest="voucher_command", metavar=Text("COMMAND", "命令").say(language), required=True
    )
    demo = subcommand(
        below,
        "demo",
        Text(
            "issue, refuse, hold, capture, release, refund, settle, expire, claw back, reimburse, prove",
            "发放、拒绝、冻结、核销、释放、退款、结算、失效、追回、兑付、存证",
        ),
        language,
        Text(
            "Every step is a command that is printed and could be typed; firms and amounts are made up.\n"
            "Exit code 0: every step came out and the tampered copy was found; 1: one did not.\n\n"
            "Example:\n  suanwang voucher demo --out voucher-demo",
            "每一步都是打印出来、可自行输入的命令；企业与金额为虚构。\n"
            "退出码 0：各步结果相符且篡改被发现；1：有不符。\n\n"
            "示例：\n  suanwang voucher demo --out voucher-demo",
        ),
    )
    demo.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("voucher-demo"),
        help=Text("new folder for the walk (default voucher-demo)", "新目录（默认 voucher-demo）").say(
            language
        ),
    )
    add_json(demo, language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Runs the walk."""
    from suanwang.cli.voucher_steps import TAMPERED, steps
    from suanwang.cli.voucher_story import write_inputs

    out: Path = arguments.out
    refuse_used(out)
    write_inputs(out / "inputs")
    told = [run_step(step, out, language, quiet=arguments.json) for step in steps()]
    place = tamper(out / "export", out / "tampered")
    if not arguments.json:
        print(Text(f"\n# changed: {place}", f"\n# 已改动：{place}").say(language))
    told.append(run_step(TAMPERED, out, language, quiet=arguments.json))
    failed = [one for one in told if not one["as_expected"]]
    if arguments.json:
        print_json({"holds": not failed, "steps": told})
    else:
        print(verdict(len(told), failed).say(language))
    return 1 if failed else 0


def verdict(count: int, failed: list[dict[str, Any]]) -> Text:
    """The last line."""
    if not failed:
        return Text(
            f"\n{count} steps came out as they must; the tampered copy was found",
            f"\n{count} 步均相符；篡改的副本被发现",
        )
    words = "\n".join(f"  {one['command']}: exit {one['exit']}" for one in failed)
    return Text(f"\n{len(failed)} steps did NOT come out:\n{words}", f"\n{len(failed)} 步不相符：\n{words}")


def refuse_used(out: Path) -> None:
    """Raises InvalidInput where the folder is a file or holds something."""
    from suanwang.cli.out_folder import refuse_file
    from suanwang.units.errors import Fault, InvalidInput

    refuse_file(out)
    if out.exists() and any(out.iterdir()):
        what = Text("the folder is not empty", "目录非空")
        remedy = Text("name a new folder with --out, or remove this one", "用 --out 指定新目录，或删除该目录")
        raise InvalidInput([Fault(str(out), what, remedy=remedy, kind="folder")])


def run_step(step: "Step", out: Path, language: Language, quiet: bool) -> dict[str, Any]:
    """Types one command and compares what came out with what must."""
    from suanwang.cli.main import main

    words = [word.format(out) for word in step.words]
    command = "suanwang " + shlex.join(words)
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main([*words, "--lang", language])
    text = output.getvalue()
    if step.save:
        (out / step.save).write_text(text, encoding="utf-8")
        command += f" > {shlex.quote(str(out / step.save))}"
    wanted = [part if isinstance(part, str) else part.say(language) for part in step.holds]
    missing = [part for part in wanted if part not in text]
    if not quiet:
        print(f"\n# {step.about.say(language)}\n$ {command}")
        print(text.rstrip() if not step.save else "", end="\n" if text.strip() and not step.save else "")
        if errors.getvalue():
            print(errors.getvalue().rstrip(), file=sys.stderr)
    return {
        "about": step.about.say(language),
        "command": command,
        "exit": code,
        "exit_expected": step.exit_code,
        "missing": missing,
        "as_expected": code == step.exit_code and not missing,
        "output": text,
        "messages": errors.getvalue(),
    }


def tamper(export: Path, copy: Path) -> str:
    """Copies the export and changes one digit of a granted amount in it; where, or that there was none."""
    shutil.copytree(export, copy)
    mark = b'"amount_micro":300000000000'
    for path in sorted((copy / "tile" / "entries").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        place = data.find(mark)
        if place >= 0:
            path.write_bytes(data[:place] + mark.replace(b":3", b":9") + data[place + len(mark) :])
            return f"{path}, byte {place + len(mark) - 12}: 3 → 9"
    return "-"
