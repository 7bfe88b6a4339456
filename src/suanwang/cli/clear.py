"""`suanwang clear`: prices, a plan and its certified bound, from one scenario folder."""

import argparse
import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.out_folder import refuse_file
from suanwang.units.text import Language, Text
from suanwang.units.uncollected import uncollected

if TYPE_CHECKING:
    from suanwang.clearing.watch import Watch
    from suanwang.feeds.last_result import LastTables
    from suanwang.feeds.scenario_writer import Form
    from suanwang.model.result import Method, Outcome, Report
    from suanwang.model.scenario import Scenario
    from suanwang.reports.usage import Usage


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `clear`."""

    def add(*names: str, en: str, zh: str, **kind: object) -> None:
        parser.add_argument(*names, help=Text(en, zh).say(language), **kind)  # pyright: ignore[reportArgumentType]

    add("folder", metavar="DIR", type=Path, en="scenario folder", zh="场景目录")
    add(
        "--out", metavar="R", type=Path,
        en="result folder (default DIR/result)", zh="结果目录（默认 DIR/result）",
    )  # fmt: skip
    add(
        "--method", choices=("prices", "fcfs", "exact"), default="prices",
        en="prices: prices and a certified bound; fcfs: first come, first served; exact: HiGHS, small cases",
        zh="prices：出清价与可证明下界；fcfs：先到先得；exact：HiGHS 精确求解，仅限小规模",
    )  # fmt: skip
    add("--seed", type=int, default=0, en="seed of every random draw (default 0)", zh="随机种子（默认 0）")
    add("--threads", type=int, default=None, en="threads (default: one a core)", zh="线程数（默认每核一个）")
    add(
        "--workers", metavar="N", type=int, default=None,
        en="workers on Ray that search the prices; the same plan (needs the extra suanwang[workers])",
        zh="在 Ray 上求价的工作进程数；计划相同（需要 suanwang[workers]）",
    )  # fmt: skip
    add(
        "--ray", metavar="ADDRESS", default=None,
        en="Ray cluster of the workers, HOST:PORT or auto (default: one on this machine, while it is needed)",
        zh="工作进程所在的 Ray 集群，HOST:PORT 或 auto（默认在本机临时启动）",
    )  # fmt: skip
    add("--steps", type=int, default=None, en="steps of the price search", zh="求价步数")
    add("--rounds", type=int, default=None, en="rounds of placing", zh="安排轮数")
    add(
        "--time-limit", metavar="S", type=float, default=None,
        en="seconds for exact; the result is then not reproducible", zh="精确求解的时限（秒）；结果不可复现",
    )  # fmt: skip
    add(
        "--from", dest="last", metavar="RESULT", type=Path, default=None,
        en="go on from this earlier result of the network: its prices, and the places that still hold",
        zh="从该网络先前的结果继续：沿用其价格与仍然有效的安排",
    )  # fmt: skip
    add(
        "--beside", choices=("fcfs",), default=None,
        en="also run this method and report what clearing saves against it", zh="同时运行该方法并报告节省",
    )  # fmt: skip
    add("--no-page", action="store_true", en="leave report.html out", zh="不生成 report.html")
    add(
        "--pictures",
        action="store_true",
        en="also write each chart as a PNG into R/pictures",
        zh="同时将各图表以 PNG 写入 R/pictures",
    )
    add(
        "--json",
        action="store_true",
        en="print report.json on standard output",
        zh="在标准输出打印 report.json",
    )
    parser.epilog = Text(
        "Writes plan, prices, report.json and report.html into the result folder.\n"
        "Exit code 0: cleared, jobs without a place included; 2: invalid input.\n\n"
        "Examples:\n  suanwang clear national\n  suanwang clear national --beside fcfs --out result\n"
        "  suanwang clear small --method exact --time-limit 60\n"
        "  suanwang clear national --workers 4\n"
        "  suanwang clear today --from yesterday/result",
        "在结果目录写出 plan、prices、report.json 与 report.html。\n"
        "退出码 0：已出清（可有未安排的作业）；2：输入无效。\n\n"
        "示例：\n  suanwang clear national\n  suanwang clear national --beside fcfs --out result\n"
        "  suanwang clear small --method exact --time-limit 60\n"
        "  suanwang clear national --workers 4\n"
        "  suanwang clear today --from yesterday/result",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Read, clear, check, write, show."""
    refuse_flags(arguments)
    if arguments.workers is not None:
        from suanwang.clearing.ray_cluster import prepare

        prepare(arguments.ray)
    folder: Path = arguments.folder
    out: Path = arguments.out or folder / "result"
    refuse_file(out)
    with uncollected():
        report, scenario = clear_folder(
            folder, out, arguments.method, arguments.seed, arguments.threads, arguments.steps,
            arguments.rounds, arguments.time_limit, arguments.beside, not arguments.no_page,
            arguments.pictures, language, arguments.workers or 0, arguments.ray, arguments.last,
        )  # fmt: skip
        gc.freeze()  # what stays is not looked through when the collector is back
    if arguments.json:
        print((out / "report.json").read_text(encoding="utf-8"), end="")
        return 0
    from rich.console import Console

    from suanwang.reports.terminal import print_summary

    print_summary(Console(), scenario, report, language)
    page = out / ("prices.parquet" if arguments.no_page else "report.html")
    print(Text(f"Result: {out}; see {page}", f"结果：{out}；见 {page}").say(language))
    return 0


def refuse_flags(arguments: argparse.Namespace) -> None:
    """Flags that say nothing sensible, all at once."""
    from suanwang.units.errors import Fault, InvalidInput

    faults: list[Fault] = []
    leasts = {"threads": 1, "workers": 1, "steps": 1, "rounds": 1, "seed": 0, "time_limit": 0.001}
    for flag, least in leasts.items():
        value = getattr(arguments, flag)
        if value is not None and not value >= least:
            faults.append(
                Fault(
                    where="--" + flag.replace("_", "-"),
                    what=Text("out of range", "超出范围"),
                    found=str(value),
                    expected=Text(f"at least {least}", f"不小于 {least}"),
                )
            )
    if arguments.time_limit is not None and arguments.method != "exact":
        faults.append(
            Fault(
                where="--time-limit",
                what=Text("only --method exact stops by the clock", "只有 --method exact 按时间停止"),
                remedy=Text("leave it out, or use --steps", "去掉它，或使用 --steps"),
            )
        )
    if arguments.workers is not None and arguments.method != "prices":
        faults.append(
            Fault(
                where="--workers",
                what=Text("only --method prices asks workers", "只有 --method prices 使用工作进程"),
                remedy=Text("leave it out", "去掉它"),
            )
        )
    if arguments.last is not None and arguments.method != "prices":
        faults.append(
            Fault(
                where="--from",
                what=Text(
                    "only --method prices goes on from a result", "只有 --method prices 可从先前结果继续"
                ),
                remedy=Text("leave it out", "去掉它"),
            )
        )
    if arguments.ray is not None and arguments.workers is None:
        faults.append(
            Fault(
                where="--ray",
                what=Text("a cluster without workers does nothing", "未指定工作进程，集群不起作用"),
                remedy=Text("add --workers N", "加上 --workers N"),
            )
        )
    if faults:
        raise InvalidInput(faults)


def clear_folder(
    folder: Path, out: Path, method: "Method", seed: int, threads: int | None, steps: int | None,
    rounds: int | None, time_limit_s: float | None, beside: "Method | None", page: bool, pictures: bool,
    language: Language,
    workers: int = 0, ray: str | None = None, last_folder: Path | None = None,
) -> "tuple[Report, Scenario]":  # fmt: skip
    """Clear the scenario in `folder` into the result folder `out`."""
    from concurrent.futures import ThreadPoolExecutor

    from suanwang.cli.progress import watch_in
    from suanwang.feeds.scenario_folder import read_scenario

    with watch_in(language) as watch, ThreadPoolExecutor(1) as aside:
        watch.phase("read")
        loading = aside.submit(load_clearing, last_folder)
        checked = read_scenario(folder)
        for warning in checked.warnings:
            watch.say(warning.say(language))
        scenario = checked.scenario
        last_tables = loading.result()
        from suanwang.clearing.by_prices import Settings
        from suanwang.clearing.clear import clear, find_outcome
        from suanwang.clearing.compile import compile_problem
        from suanwang.feeds.last_result import match_last
        from suanwang.feeds.scenario_writer import replace

        settings = Settings(seed, threads or len(os.sched_getaffinity(0)), steps, rounds, workers, ray)
        watch.phase("compile")
        matching = None if last_tables is None else aside.submit(match_last, last_tables, scenario)
        problem = compile_problem(scenario)
        read = None if matching is None else matching.result()
        for warning in () if read is None else read.warnings:
            watch.say(warning.say(language))
        last = None if read is None else read.last
        outcome = find_outcome(problem, method, settings, time_limit_s, watch, last)
        other = clear(scenario, beside, settings) if beside else None
        form = "parquet" if (folder / "jobs.parquet").exists() else "csv"
        report, usage = check_and_write(scenario, outcome, other, out, form, watch)
        watch.phase("page" if page else "")
        if page:
            # Loaded here, so that a run without a page does not pay for it.
            from suanwang.feeds.remarks import read_remarks
            from suanwang.reports.page import render_page

            assumptions = read_remarks(folder)
            content = render_page(scenario, outcome, report, language, other, assumptions, usage)
            replace(out / "report.html", lambda path: path.write_text(content, encoding="utf-8"))
        if pictures:
            watch.phase("pictures")
            write_pictures(scenario, outcome, report, other, out / "pictures", language)
        watch.phase("")
    return report, scenario


def load_clearing(last_folder: Path | None) -> "LastTables | None":
    """The result to go on from, if there is one; and the code of clearing, which takes as long to load."""
    import importlib

    for module in ("suanwang.clearing.clear", "suanwang.reports.indicators"):
        importlib.import_module(module)
    from suanwang.clearing.compile import wake_compiler
    from suanwang.feeds.last_result import load_last

    wake_compiler()
    return None if last_folder is None else load_last(last_folder)


def check_and_write(
    scenario: "Scenario", outcome: "Outcome", other: "Outcome | None", out: Path, form: "Form", watch: "Watch"
) -> "tuple[Report, Usage]":
    """Check, measure and write, beside each other; but the plan takes its place only when the check is done.

    Raises InvariantBroken where the check fails; nothing of the result folder has changed then.
    """
    from concurrent.futures import ThreadPoolExecutor

    from msgspec.structs import replace

    from suanwang import __version__
    from suanwang.clearing.verify import verify
    from suanwang.feeds.result_writer import write_plan, write_prices
    from suanwang.reports.indicators import make_report
    from suanwang.reports.usage import measure

    def tell() -> "tuple[Report, Usage]":
        usage = measure(scenario, outcome)
        return make_report(scenario, outcome, __version__, other, usage), usage

    with ThreadPoolExecutor(3) as desk:
        checking = desk.submit(verify, scenario, outcome)
        writing = desk.submit(write_plan, outcome, scenario, out, form, checking.result)
        telling = desk.submit(tell)
        checking.result()
        report, usage = telling.result()
        writing.result()
    watch.phase("write")
    report = replace(report, seconds=watch.seconds)
    write_prices(outcome, scenario, report, out, form)
    return report, usage


def write_pictures(
    scenario: "Scenario",
    outcome: "Outcome",
    report: "Report",
    other: "Outcome | None",
    folder: Path,
    language: Language,
) -> None:
    """Write every chart as a PNG that stands alone, light, with its title."""
    from suanwang.reports.charts.view import View
    from suanwang.reports.draw import pictures

    folder.mkdir(exist_ok=True)
    for name, png in pictures(View.of(scenario, outcome, report, other), language):
        (folder / f"{name}.png").write_bytes(png)
