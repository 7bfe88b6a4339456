"""`suanwang warm`: compile kernels and modules and bundle the script of pages, so that no command waits."""

import argparse

from suanwang.units.text import Language, Text


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `warm`: none."""
    parser.epilog = Text(
        "The set-up runs it. Compiled kernels and the script that draws charts in a page are kept beside the "
        "package, or in the user's cache; the package's modules are compiled as an installer does.",
        "安装时会运行。内核编译结果与页面绘图脚本保存在软件包旁，或用户缓存目录；软件包各模块也会像安装程序那样编译。",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Clear a small network of each kind by each method, place live jobs, bundle what a page draws with."""
    del arguments
    import compileall
    import sys
    from pathlib import Path

    import suanwang
    from suanwang.clearing.by_prices import Settings
    from suanwang.clearing.clear import clear
    from suanwang.clearing.last import LastClearing
    from suanwang.clearing.quote import QuoteDesk, Request
    from suanwang.engine.warm_up import warm_up
    from suanwang.feeds.hard import make_hard
    from suanwang.feeds.national import make_national
    from suanwang.reports.vega_script import vega_script

    print(Text("compiling the kernels …", "正在编译计算内核……").say(language), file=sys.stderr)
    for made in (make_national(2_000), make_hard(2_000)):
        for method in ("prices", "fcfs"):
            outcome = clear(made.scenario, method, Settings(steps=5, rounds=1))
            if method == "prices":
                clear(made.scenario, settings=Settings(steps=5, rounds=1), last=LastClearing.of(outcome))
        first = made.scenario.jobs.row(0, named=True)
        request = Request(**{name: first[name] for name in Request.__struct_fields__})
        QuoteDesk(made.scenario, outcome.price_micro).quote(request)
    warm_up()
    # pip leaves out a package that is edited in place, and Python where it is told to write no bytecode
    compileall.compile_dir(Path(suanwang.__file__).parent, quiet=2)
    print(Text("bundling what draws the charts …", "正在打包绘图脚本……").say(language), file=sys.stderr)
    vega_script()
    return 0
