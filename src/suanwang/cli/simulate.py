"""`suanwang simulate`: live through a scenario in virtual time, under one policy or several."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.out_folder import refuse_file
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.cli.progress import LineWatch
    from suanwang.model.scenario import Scenario
    from suanwang.simulator.comparing import Lives
    from suanwang.simulator.policies import Policy
    from suanwang.simulator.simulation import Terms

POLICY_NAMES = ("full", "price", "carbon", "local-only", "fcfs")


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `simulate`."""

    def add(*names: str, en: str, zh: str, **kind: object) -> None:
        parser.add_argument(*names, help=Text(en, zh).say(language), **kind)  # pyright: ignore[reportArgumentType]

    describe_run(add)
    describe_centres(add)
    describe_results(add)
    parser.epilog = Text(
        "Writes plan, prices, report.json and report.html, for several policies also compare.json.\n"
        "Exit code 0: lived through; 2: invalid input.\n\n"
        "Examples:\n  suanwang simulate national\n  suanwang simulate national --policy all\n"
        "  suanwang simulate nasa --policy fcfs --packing first\n"
        "  suanwang simulate national --runtime 0.3-1 --node-mtbf 2000 --centre-mtbf 500",
        "写出 plan、prices、report.json 与 report.html，多策略时另有 compare.json。\n"
        "退出码 0：完成；2：输入无效。\n\n"
        "示例：\n  suanwang simulate national\n  suanwang simulate national --policy all\n"
        "  suanwang simulate nasa --policy fcfs --packing first\n"
        "  suanwang simulate national --runtime 0.3-1 --node-mtbf 2000 --centre-mtbf 500",
    ).say(language)


def describe_run(add: Callable[..., None]) -> None:
    """Adds the scenario, the policies, and what is known ahead."""
    add("folder", metavar="DIR", type=Path, en="scenario folder", zh="场景目录")
    add(
        "--out", metavar="R", type=Path,
        en="result folder (default DIR/simulated); of several policies each gets a folder in it",
        zh="结果目录（默认 DIR/simulated）；多个策略时各占一个子目录",
    )  # fmt: skip
    add(
        "--policy", default="full", metavar="P[,P…]",
        en="full, price, carbon, local-only, fcfs, several with commas, or all (default full)",
        zh="full、price、carbon、local-only、fcfs，可用逗号并列，或 all（默认 full）",
    )  # fmt: skip
    add(
        "--forecast", choices=("perfect", "persistence", "noisy"), default="perfect",
        en="what is known ahead of tariffs and carbon: all; the past and today; all, with noise",
        zh="对电价与碳强度的预知：全部；过去与当天；全部但有噪声",
    )  # fmt: skip
    add("--noise", type=float, default=0.15, en="standard deviation of noisy (0.15)", zh="噪声标准差（0.15）")
    add(
        "--clear-every",
        type=int,
        default=1,
        metavar="N",
        en="clear each N slots (1)",
        zh="每 N 个时段出清（1）",
    )
    add("--steps", type=int, default=100, en="steps of each price search (100)", zh="每次求价步数（100）")
    add("--seed", type=int, default=0, en="seed of every random draw (0)", zh="随机种子（0）")
    add("--threads", type=int, default=None, en="threads (default: one a core)", zh="线程数（默认每核一个）")


def describe_results(add: Callable[..., None]) -> None:
    """Adds what is kept and shown."""
    add(
        "--log",
        metavar="DIR",
        type=Path,
        default=None,
        en="keep the log in this folder",
        zh="将日志保存到此目录",
    )
    add(
        "--no-foresight",
        action="store_true",
        en="leave the perfect-foresight bound out",
        zh="不计算完全预知下界",
    )
    add("--no-page", action="store_true", en="leave report.html out", zh="不生成 report.html")
    add("--json", action="store_true", en="print the report on standard output", zh="在标准输出打印报告")


def describe_centres(add: Callable[..., None]) -> None:
    """Adds the arguments that say how the modelled centres behave."""
    add(
        "--packing", choices=("best", "first", "pooled"), default="best",
        en="how gangs are put on nodes; pooled: without nodes", zh="作业在节点上的装箱方式；pooled：不分节点",
    )  # fmt: skip
    add(
        "--packing-cost", action="store_true",
        en="run once more without nodes, and report what nodes cost",
        zh="另跑一次不分节点的推演，报告装箱损失",
    )  # fmt: skip
    add(
        "--runtime", default="1", metavar="A[-B]",
        en="running time as a share of the limit, drawn evenly between A and B (1: to the limit)",
        zh="实际运行时间占时限的比例，在 A 与 B 间均匀抽取（1：运行到时限）",
    )  # fmt: skip
    add("--failing", type=float, default=0.0, en="share of attempts that fail (0)", zh="失败运行的比例（0）")
    add("--start-seconds", type=float, default=0.0, en="from launch to running (0)", zh="启动时延，秒（0）")
    add(
        "--report-delay",
        type=float,
        default=0.0,
        en="how late reports come, seconds (0)",
        zh="上报延迟，秒（0）",
    )
    add(
        "--node-mtbf", type=float, default=0.0,
        en="mean hours between failures of a node (0: none)", zh="节点平均故障间隔，小时（0：无）",
    )  # fmt: skip
    add(
        "--centre-mtbf", type=float, default=0.0,
        en="mean hours until a centre vanishes (0: never)", zh="中心平均失联间隔，小时（0：无）",
    )  # fmt: skip
    add(
        "--repair",
        type=float,
        default=4.0,
        en="mean hours until either is back (4)",
        zh="平均修复时间，小时（4）",
    )


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Read, live through it, write, show."""
    policies, terms = read_flags(arguments)
    folder: Path = arguments.folder
    out: Path = arguments.out or folder / "simulated"
    refuse_file(out)
    scenario, lives = simulate_folder(arguments, folder, out, policies, terms, language)
    from rich.console import Console

    from suanwang.simulator.words import compared, summary

    if len(lives) > 1:
        from suanwang.simulator.words import write_comparison

        write_comparison(out / "compare.json", lives)
    if arguments.json:
        path = out / ("compare.json" if len(lives) > 1 else "report.json")
        print(path.read_text(encoding="utf-8"), end="")
        return 0
    console = Console()
    if len(lives) == 1:
        console.print(summary(scenario, lives[0].report, language))
    else:
        console.print(compared(scenario, [one.report for one in lives], language))
    print(Text(f"Result: {out}", f"结果：{out}").say(language))
    return 0


def read_flags(arguments: argparse.Namespace) -> "tuple[list[Policy], Terms]":
    """The policies and what all runs share. Raises InvalidInput with everything that makes no sense."""
    from suanwang.simulator.mishaps import Mishaps
    from suanwang.simulator.simulation import Terms
    from suanwang.units.errors import Fault, InvalidInput
    from suanwang.units.text import same

    faults: list[Fault] = []
    names = list(POLICY_NAMES) if arguments.policy == "all" else arguments.policy.split(",")
    policies = [name for name in dict.fromkeys(names) if name in POLICY_NAMES]
    wrong = [name for name in names if name not in POLICY_NAMES]
    if wrong:
        what = Text("no such policy", "没有这种策略")
        faults.append(Fault("--policy", what, ",".join(wrong), same(", ".join((*POLICY_NAMES, "all")))))
    least, most = runtime_shares(arguments.runtime)
    if not 0 < least <= most <= 1:
        what = Text("not shares of the limit", "不是时限的比例")
        faults.append(Fault("--runtime", what, arguments.runtime, same("A[-B], 0 < A <= B <= 1")))
    bounds = {
        "noise": (0, 1), "clear_every": (1, 10_000), "steps": (1, 100_000), "seed": (0, 2**32),
        "failing": (0, 0.9), "start_seconds": (0, 86_400), "report_delay": (0, 600),
        "node_mtbf": (0, 1e9), "centre_mtbf": (0, 1e9), "repair": (0.01, 1e6), "threads": (1, 1024),
    }  # fmt: skip
    for name, (low, high) in bounds.items():
        value = getattr(arguments, name)
        if value is not None and not low <= value <= high:
            flag = "--" + name.replace("_", "-")
            faults.append(Fault(flag, Text("out of range", "超出范围"), str(value), same(f"{low} … {high}")))
    if arguments.log is not None and len(policies) > 1:
        what = Text("one log for one run", "一次推演一份日志")
        faults.append(Fault("--log", what, remedy=Text("name one policy", "只指定一个策略")))
    if faults:
        raise InvalidInput(faults)
    return policies, Terms(  # pyright: ignore[reportReturnType]
        forecast=arguments.forecast, noise=arguments.noise, seed=arguments.seed, steps=arguments.steps,
        threads=arguments.threads or len(os.sched_getaffinity(0)), clear_every=arguments.clear_every,
        packing=arguments.packing, runtime_least=least, runtime_most=most, failing=arguments.failing,
        start_s=arguments.start_seconds, report_delay_s=arguments.report_delay,
        mishaps=Mishaps(
            node_mtbf_h=arguments.node_mtbf, centre_mtbf_h=arguments.centre_mtbf, repair_h=arguments.repair
        ),
    )  # fmt: skip


def runtime_shares(text: str) -> tuple[float, float]:
    """`0.3-1` as (0.3, 1.0), one number as both; (0, 0) where it is neither."""
    least, _, most = text.partition("-")
    try:
        return float(least), float(most or least)
    except ValueError:
        return 0.0, 0.0


def simulate_folder(
    arguments: argparse.Namespace,
    folder: Path,
    out: Path,
    policies: "list[Policy]",
    terms: "Terms",
    language: Language,
) -> "tuple[Scenario, list[Lives]]":
    """Lives through the scenario in `folder` under each policy and writes a result folder for each."""
    from contextlib import closing, nullcontext

    import msgspec

    from suanwang.cli.progress import watch_in
    from suanwang.feeds.scenario_folder import read_scenario
    from suanwang.simulator.comparing import foresight_of, live
    from suanwang.store.log_file import FileLogWriter

    lives: list[Lives] = []
    with watch_in(language) as watch:
        watch.phase("read")
        checked = read_scenario(folder)
        for warning in checked.warnings:
            watch.say(warning.say(language))
        scenario = checked.scenario
        watch.phase("foresight")
        foresight = None if arguments.no_foresight else foresight_of(scenario, terms)
        form = "parquet" if (folder / "jobs.parquet").exists() else "csv"
        for policy in policies:
            watch.phase(policy)
            mine = msgspec.structs.replace(terms, policy=policy)
            home = nullcontext() if arguments.log is None else closing(FileLogWriter(arguments.log))
            with home as log:
                found = live(scenario, mine, foresight, log, arguments.packing_cost, watch.advance)
            lives.append(found)
            target = out if len(policies) == 1 else out / policy
            write(watch, folder, target, form, scenario, found, language, not arguments.no_page)
        watch.phase("")
    return scenario, lives


def write(
    watch: "LineWatch",
    folder: Path,
    out: Path,
    form: str,
    scenario: "Scenario",
    lives: "Lives",
    language: Language,
    page: bool,
) -> None:
    """The result folder of one run."""
    from suanwang.feeds.remarks import read_remarks
    from suanwang.feeds.result_writer import write_result
    from suanwang.feeds.scenario_writer import replace

    watch.phase("write")
    outcome, report = lives.lived.outcome, lives.report
    write_result(outcome, scenario, report, out, form)  # pyright: ignore[reportArgumentType]
    if page:
        from suanwang.reports.page import render_page

        watch.phase("page")
        remarks = read_remarks(folder)
        content = render_page(scenario, outcome, report, language, None, remarks, lives.lived.usage)
        replace(out / "report.html", lambda path: path.write_text(content, encoding="utf-8"))
