"""`suanwang agent`: a centre's side of the network, as a long-running program."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.agent.configuration import AgentConfiguration

CHECKS = {
    "capable": Text("the engine has what agent.yaml names", "引擎具备 agent.yaml 所列设备"),
    "runs": Text("a script runs and its words come back", "脚本运行，输出可读"),
    "tells_failure": Text("an exit code comes back", "退出码如实返回"),
    "meters": Text("device-seconds are those that it ran", "设备时长与运行时长一致"),
    "stops": Text("what is told to stop ends", "收到停止指令即结束"),
    "keeps_limit": Text("a limit of time is kept", "遵守时限"),
    "returns_outputs": Text("a file comes back", "输出文件可取回"),
    "survives_agent": Text("a job outlives its agent", "代理退出后作业继续"),
}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `agent`."""

    def option(name: str, about: Text, metavar: str, **more: Any) -> None:
        parser.add_argument(name, help=about.say(language), metavar=metavar, **more)

    option(
        "--config",
        Text("agent.yaml; the flags below instead for a short one", "agent.yaml；或用下列参数"),
        "FILE",
        type=Path,
    )
    option("--platform", Text("address of the platform", "平台地址"), "URL")
    option("--centre", Text("the centre that it works for", "所属中心"), "NAME")
    option("--token-file", Text("file with the centre's token", "存有中心令牌的文件"), "FILE")
    option("--data", Text("folder for journal and scratch", "日志与临时文件的文件夹"), "DIR", type=Path)
    option(
        "--driver",
        Text("engine: local, slurm, ray or fake", "引擎：local、slurm、ray 或 fake"),
        "ENGINE",
        choices=("local", "slurm", "ray", "fake"),
    )
    option(
        "--pool",
        Text("a pool: NAME=DEVICE[:COUNT]; may come several times", "资源池：名称=设备[:数量]，可多次给出"),
        "POOL",
        action="append",
    )
    parser.add_argument(
        "--drain",
        action="store_true",
        help=Text(
            "take no more work and end when all is done; also tells an agent that runs already",
            "不再接收新作业，全部完成后退出；也会通知正在运行的代理",
        ).say(language),
    )
    parser.add_argument(
        "--conformance",
        action="store_true",
        help=Text(
            "before the agent is started: run the conformance set on the engine, report it, show the grade",
            "在代理启动之前：在引擎上运行并网检测作业，上报结果并显示等级",
        ).say(language),
    )
    parser.epilog = Text(
        "It only calls out. SIGTERM ends it alone: jobs go on, and the next start takes them up.\n\n"
        "Examples:\n"
        "  suanwang agent --config /etc/suanwang/agent.yaml\n"
        "  suanwang agent --platform https://suanwang.example --centre chengdu-1 --token-file token \\\n"
        "      --data /var/lib/suanwang/agent --driver local --pool chengdu-1-cpu=cpu\n"
        "  suanwang agent --config /etc/suanwang/agent.yaml --conformance\n"
        "  suanwang agent --config /etc/suanwang/agent.yaml --drain",
        "代理只主动向外连接。SIGTERM 仅结束代理：作业继续运行，下次启动时接管。\n\n"
        "示例：\n"
        "  suanwang agent --config /etc/suanwang/agent.yaml\n"
        "  suanwang agent --platform https://suanwang.example --centre chengdu-1 --token-file token \\\n"
        "      --data /var/lib/suanwang/agent --driver local --pool chengdu-1-cpu=cpu\n"
        "  suanwang agent --config /etc/suanwang/agent.yaml --conformance\n"
        "  suanwang agent --config /etc/suanwang/agent.yaml --drain",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Works until it is told to end."""
    from datetime import datetime

    from suanwang.agent.program import drain, run_agent

    given = configuration_of(arguments)
    if arguments.conformance:
        return show(given, language)

    def say(text: Text) -> None:
        print(
            datetime.now().astimezone().isoformat(timespec="seconds"),
            text.say(language),
            file=sys.stderr,
            flush=True,
        )

    (drain if arguments.drain else run_agent)(given, say)
    return 0


def show(given: "AgentConfiguration", language: Language) -> int:
    """The conformance set, check by check, and the grade: 0 where money can rest on it."""
    from suanwang.agent.program import show_conformance
    from suanwang.model.api.network import CheckTold

    def told(check: CheckTold) -> None:
        about = CHECKS[check.check].say(language)
        print(f"{'✓' if check.passed else '✗'} {check.check:16} {about}  ({check.words})", flush=True)

    centre = show_conformance(given, told)
    print(Text(f"grade: {centre.grade}", f"并网等级：{centre.grade}").say(language))
    return 0 if centre.grade in ("basic", "full") else 1


def configuration_of(arguments: argparse.Namespace) -> "AgentConfiguration":
    """From the file, or from the flags. Raises InvalidInput with every fault."""
    from suanwang.agent.configuration import AgentConfiguration, AgentPool, checked, read_configuration
    from suanwang.units.errors import Fault, InvalidInput
    from suanwang.units.text import same

    flags = {
        name: getattr(arguments, name)
        for name in ("platform", "centre", "token_file", "data", "driver", "pool")
    }
    if arguments.config is not None:
        both = [name for name, value in flags.items() if value is not None]
        if both:
            what = Text("either a file or flags", "配置文件与参数二选一")
            raise InvalidInput([Fault(f"--{name.replace('_', '-')}", what) for name in both])
        return read_configuration(arguments.config)
    faults = [
        Fault(
            f"--{name.replace('_', '-')}",
            Text("missing", "缺少"),
            remedy=Text("give it, or --config", "请给出，或使用 --config"),
        )
        for name, value in flags.items()
        if value is None
    ]
    pools: list[AgentPool] = []
    for words in arguments.pool or ():
        name, _, rest = words.partition("=")
        device, _, count = rest.partition(":")
        if not name or not device or not (count or "0").isdecimal():
            faults.append(
                Fault("--pool", Text("not a pool", "不是资源池"), words, same("NAME=DEVICE[:COUNT]"))
            )
        else:
            pools.append(AgentPool(name, device, devices=int(count or 0)))
    if faults:
        raise InvalidInput(faults)
    token = str(Path(flags["token_file"]).absolute())
    data = str(flags["data"].absolute())
    given = AgentConfiguration(flags["platform"], flags["centre"], token, data, flags["driver"], tuple(pools))
    return checked(given, "suanwang agent")
