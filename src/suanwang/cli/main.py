"""The command `suanwang`: finds the command asked for, loads only its module, and turns errors into exits."""

import argparse
import gc
import importlib
import json
import locale
import os
import sys
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from suanwang import __version__
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.units.errors import SuanwangError


class Command(Protocol):
    """What a command's module offers."""

    def describe(self, parser: argparse.ArgumentParser, language: Language) -> None:
        """Add the command's arguments, with help in `language`."""
        ...

    def execute(self, arguments: argparse.Namespace, language: Language) -> int:
        """Do it; the exit code: 0 done, 1 the answer is no, 2 bad input."""
        ...


NEW_OBJECTS = 50_000
"""So many new objects that may lie in cycles before any is looked for; by itself Python looks after 700,
which is a tenth of the time that loading a command takes."""
# name: (module, one line of help), in the order that help shows
COMMANDS: dict[str, tuple[str, Text]] = {
    "demo": (
        "suanwang.cli.demo.command",
        Text("a whole platform on this machine, from start to paid bill", "在本机运行完整平台，从启动到结算"),
    ),
    "server": (
        "suanwang.cli.server",
        Text("run the platform: store, engine, API", "运行平台：存储、引擎与接口"),
    ),
    "login": ("suanwang.cli.login", Text("remember a server and a token", "记住服务器与令牌")),
    "submit": (
        "suanwang.cli.submit",
        Text("show where a job would run and what it costs, and submit", "显示作业去向与费用，并提交"),
    ),
    "quote": ("suanwang.cli.quote", Text("what a job would cost now", "作业当前报价")),
    "jobs": ("suanwang.cli.jobs", Text("jobs and their states", "作业与状态")),
    "job": (
        "suanwang.cli.job",
        Text(
            "one job: show, explain, logs, outputs, cancel, extend",
            "单个作业：查看、解释、日志、输出、取消、延时",
        ),
    ),
    "centres": ("suanwang.cli.centres", Text("the centres of the network", "网内算力中心")),
    "pools": ("suanwang.cli.pools", Text("what is free now", "当前空闲资源")),
    "prices": ("suanwang.cli.prices", Text("prices of the coming hours", "未来时段价格")),
    "scenario": ("suanwang.cli.scenario", Text("make or import a scenario", "生成或导入场景")),
    "check": ("suanwang.cli.check", Text("validate a scenario", "校验场景")),
    "clear": (
        "suanwang.cli.clear",
        Text("find prices, a plan and its certified bound", "求出清价、计划与可证明的下界"),
    ),
    "simulate": (
        "suanwang.cli.simulate",
        Text("live through a scenario in virtual time", "在虚拟时间里推演场景"),
    ),
    "explain": (
        "suanwang.cli.explain",
        Text("why a job runs where it does, or waits", "解释一个作业为何在那里或为何等待"),
    ),
    "audit": (
        "suanwang.cli.audit",
        Text("prove that nobody changed the log", "证明日志未被改动"),
    ),
    "programme": (
        "suanwang.cli.programme",
        Text("programmes of public support: rules as data", "扶持方案：规则即数据"),
    ),
    "entitlement": (
        "suanwang.cli.entitlement",
        Text("what one enterprise is entitled to for one purchase", "一家企业的一笔采购可享受什么"),
    ),
    "voucher": (
        "suanwang.cli.voucher",
        Text("walk vouchers through their whole life", "演示算力券的完整生命周期"),
    ),
    "grant": (
        "suanwang.cli.grant",
        Text("vouchers deducted at purchase: apply, review, hold", "购买时抵扣的算力券：申请、审核、冻结"),
    ),
    "claim": (
        "suanwang.cli.claim",
        Text("support reimbursed after payment: file, check, pay", "付款后兑付：申报、审核、支付"),
    ),
    "ledger": (
        "suanwang.cli.ledger",
        Text("post, look at, check and export the ledger", "账本入账、查看、校验与导出"),
    ),
    "wallet": ("suanwang.cli.wallet", Text("wallets of enterprises", "企业钱包")),
    "statement": (
        "suanwang.cli.statement",
        Text("statements as table, CSV or HTML", "对账单：表格、CSV 或 HTML"),
    ),
    "settlement": (
        "suanwang.cli.settlement",
        Text("settle, compare claims, resolve disputes", "结算、对账与争议处理"),
    ),
    "backup": (
        "suanwang.cli.backup",
        Text("log, inputs and papers in one file", "把日志、输入与材料备份为一个文件"),
    ),
    "restore": (
        "suanwang.cli.restore",
        Text("make an empty home from a backup", "由备份恢复到空的位置"),
    ),
    "agent": (
        "suanwang.cli.agent",
        Text("run a centre's side of the network", "运行算力中心侧的代理"),
    ),
    "warm": (
        "suanwang.cli.warm",
        Text("compile and bundle once what later commands use", "预先编译内核并打包绘图脚本"),
    ),
}


def choose_language(argv: list[str]) -> Language:
    """`--lang` if given, else the locale's language, else English."""
    for index, word in enumerate(argv):
        if word == "--lang" and index + 1 < len(argv):
            return "zh" if argv[index + 1] == "zh" else "en"
        if word.startswith("--lang="):
            return "zh" if word[7:] == "zh" else "en"
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    if not spoken:
        spoken = locale.getlocale()[0] or ""
    return "zh" if spoken.lower().startswith("zh") else "en"


def parser_for(argv: list[str], language: Language) -> argparse.ArgumentParser:
    """The whole parser, in which only the command that `argv` names has its arguments loaded."""
    top = argparse.ArgumentParser(
        prog="suanwang",
        description=Text(
            "Suanwang runs many compute centres as one network: it places jobs by price, power, carbon, "
            "latency and policy, with a proven bound.",
            "算网：把众多算力中心作为一张网运行，按价格、电力、碳、时延与政策安排作业，并给出可证明的下界。",
        ).say(language),
        epilog=Text(
            "Examples:\n  suanwang demo\n  suanwang submit job.yaml\n"
            "  suanwang scenario national --jobs 10000 --out national\n  suanwang clear national",
            "示例：\n  suanwang demo\n  suanwang submit job.yaml\n"
            "  suanwang scenario national --jobs 10000 --out national\n  suanwang clear national",
        ).say(language),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"suanwang {__version__}")
    spoken = argparse.ArgumentParser(add_help=False)
    spoken.add_argument(
        "--lang",
        choices=("zh", "en"),
        default=argparse.SUPPRESS,
        help=Text("language of texts", "文本语言").say(language),
    )
    top.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    commands = top.add_subparsers(
        dest="command", metavar=Text("COMMAND", "命令").say(language), required=True
    )
    named = next((word for word in argv if word in COMMANDS), None)
    for name, (module, about) in COMMANDS.items():
        parser = commands.add_parser(
            name,
            help=about.say(language),
            description=about.say(language),
            parents=[spoken],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == named:
            command = cast(Command, importlib.import_module(module))
            command.describe(parser, language)
            parser.set_defaults(execute=command.execute)
    return top


def main(argv: list[str]) -> int:
    """Run one command and return its exit code. Faults in the input are told on standard error."""
    language = choose_language(argv)
    arguments = parser_for(argv, language).parse_args(argv)
    # Loaded here, so that `--help` does not pay for it.
    from suanwang.units.errors import Fault, InvalidInput, SuanwangError

    try:
        return int(arguments.execute(arguments, language))
    except SuanwangError as error:
        return tell(error, bool(getattr(arguments, "json", False)), language)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        reason = error.strerror or str(error)
        fault = Fault(
            where=str(error.filename),
            what=Text(f"cannot be read or written ({reason})", f"无法读写（{reason}）"),
            remedy=Text(
                "check the path, its permissions and the space on its disk", "检查路径、权限与磁盘空间"
            ),
            kind="file",
        )
        return tell(InvalidInput([fault]), bool(getattr(arguments, "json", False)), language)
    except KeyboardInterrupt:
        print(Text("stopped", "已中断").say(language), file=sys.stderr)
        return 130


def tell(error: "SuanwangError", as_json: bool, language: Language) -> int:
    """Says every fault on standard error, as one JSON document on standard output too; the exit code."""
    if as_json:
        faults = [
            {
                "where": one.where,
                "found": one.found,
                "what": one.what.say(language),
                "expected": one.expected.say(language),
                "remedy": one.remedy.say(language),
            }
            for one in error.faults
        ]
        print(json.dumps({"error": faults}, ensure_ascii=False))
    from suanwang.cli.fault_report import fault_lines

    for line in fault_lines(error.faults, language, places=3):
        print(line, file=sys.stderr)
    return error.exit_code


def run() -> NoReturn:
    """Entry point of the `suanwang` script."""
    gc.set_threshold(NEW_OBJECTS)
    code = main(sys.argv[1:])
    # the interpreter looks for cycles once more as it ends: there is nothing left that needs it
    gc.freeze()
    sys.exit(code)
