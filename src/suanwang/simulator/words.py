"""What `suanwang simulate` shows: one run in figures, several side by side."""

from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text as Line

from suanwang.feeds.scenario_writer import replace
from suanwang.model.scenario import Scenario
from suanwang.reports.headline import span
from suanwang.reports.terminal import bare_table, reasons_table
from suanwang.reports.words import carbon, energy, hours, percent, short_yuan
from suanwang.simulator.comparing import Lives
from suanwang.simulator.figures import SimulatedReport
from suanwang.simulator.policies import POLICY_TEXTS
from suanwang.units.money import yuan
from suanwang.units.text import Language, Text

NOT_COMPARABLE = Text(
    "Jobs began or ended within slots in this run, the bound's plans keep to whole slots: the regret tells "
    "an order of magnitude only.",
    "本次推演的作业不按整时段开始或结束，而下界按整时段计划：遗憾值仅供参考。",
)


def share_over(report: SimulatedReport) -> str:
    """Regret over the perfect-foresight bound."""
    regret = report.simulation.regret
    return "–" if regret is None or regret.over_bound is None else percent(regret.over_bound, 2)


def lost(report: SimulatedReport) -> str:
    """How often work went back to the queue: preempted, lost, sent back by nodes."""
    back = report.simulation.back_to_queue
    return " / ".join(f"{back.get(why, 0):,}" for why in ("preempted", "lost", "does_not_fit"))


def lines_of(report: SimulatedReport, language: Language) -> list[tuple[Text, str]]:
    """Every figure of a run with its name."""
    run, jobs = report.simulation, max(report.jobs, 1)
    share = report.carbon_location_g / max(report.energy_wh / 1000, 1e-9)
    waits = (run.waits.mean_s, run.waits.p50_s, run.waits.p95_s)
    money = Text("CNY", "元").say(language)
    served = f"{report.served:,} / {report.jobs:,} ({percent(report.served / jobs, 2)})"
    nodes = run.packing.cost_micro
    return [
        (Text("jobs served", "已完成作业"), served),
        (Text("cost", "费用"), short_yuan(report.cost_micro, language)),
        (Text("regret over the perfect-foresight bound", "相对完全预知下界的遗憾"), share_over(report)),
        (Text("paid by users", "用户支付"), f"{yuan(run.charged_micro)} {money}"),
        (Text("energy", "用电量"), energy(report.energy_wh)),
        (Text("carbon", "碳排放"), f"{carbon(report.carbon_location_g)} ({share:,.0f} g/kWh)"),
        (
            Text("wait, mean / 50 % / 95 %", "等待 平均/50 %/95 %"),
            " / ".join(hours(round(one / 3600, 2), language) for one in waits),
        ),
        (Text("reservations moved", "改期预约"), f"{run.moved:,}"),
        (Text("preempted / lost / sent back by nodes", "抢占 / 失联 / 节点退回"), lost(report)),
        (Text("waited for nodes", "因装箱等待"), hours(round(run.packing.waited_s / 3600, 2), language)),
        (
            Text("what nodes cost", "装箱损失"),
            "–" if nodes is None else f"{yuan(nodes)} {money}",
        ),
        (Text("events, clearings", "事件数、出清次数"), f"{run.events:,}, {run.clearings:,}"),
        (Text("seconds, jobs/s", "用时（秒）、作业/秒"), f"{run.seconds:.1f}, {run.jobs_per_second:,.0f}"),
    ]  # fmt: skip


def summary(scenario: Scenario, report: SimulatedReport, language: Language) -> RenderableType:
    """One run."""
    run = report.simulation
    head = Text(
        f"{run.policy} ({POLICY_TEXTS[run.policy].en}), forecast {run.forecast}",
        f"{run.policy}（{POLICY_TEXTS[run.policy].zh}），预测 {run.forecast}",
    )
    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in lines_of(report, language):
        table.add_row(name.say(language), value)
    parts: list[RenderableType] = [
        Line(report.name, style="bold"), Line(span(scenario).say(language), style="dim"),
        Line(head.say(language)), Line(), table,
    ]  # fmt: skip
    if report.unserved:
        parts += [Line(), reasons_table(report, language)]
    return Group(*parts, *notes_of([report], language))


def compared(scenario: Scenario, reports: list[SimulatedReport], language: Language) -> RenderableType:
    """Several runs, a column each."""
    table = bare_table(Text("policy", "策略"), language)
    for report in reports:
        table.add_column(report.simulation.policy, justify="right")
    for row in zip(*(lines_of(report, language) for report in reports), strict=True):
        table.add_row(row[0][0].say(language), *(value for _, value in row))
    head = [Line(reports[0].name, style="bold"), Line(span(scenario).say(language), style="dim"), Line()]
    return Group(*head, table, *notes_of(reports, language))


def notes_of(reports: list[SimulatedReport], language: Language) -> list[Line]:
    """What a reader must know."""
    loose = any(one.simulation.regret and not one.simulation.regret.comparable for one in reports)
    return [Line(f"• {NOT_COMPARABLE.say(language)}", style="dim")] if loose else []


def write_comparison(path: Path, lives: list[Lives]) -> None:
    """`compare.json`: the reports by policy."""
    reports = {one.report.simulation.policy: one.report for one in lives}
    content = msgspec.json.format(msgspec.json.encode(reports), indent=2) + b"\n"
    replace(path, lambda at: at.write_bytes(content))
