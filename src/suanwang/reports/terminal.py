"""The summary of a clearing on a terminal. rich counts Chinese characters as two columns, so tables align."""

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text as Line

from suanwang.model.result import REASON_TEXTS, Report
from suanwang.model.scarcity import Scarcity
from suanwang.model.scenario import Scenario
from suanwang.reports.headline import METHOD_TEXTS, baseline, claim, gap_words, span, waited
from suanwang.reports.words import PART_TEXTS, carbon, energy, percent, phase, short_yuan
from suanwang.units.money import yuan
from suanwang.units.text import Language, Text, same

POOLS_TOLD = 5
IDLE = Text("idle", "空载")


def print_summary(console: Console, scenario: Scenario, report: Report, language: Language) -> None:
    """Print the summary of a report to `console`."""
    console.print(summary(scenario, report, language))


def summary(scenario: Scenario, report: Report, language: Language) -> RenderableType:
    """What `suanwang clear` shows: the claim, the figures, cost by part, scarce pools, time by phase."""
    parts: list[RenderableType] = [
        Line(report.name, style="bold"),
        Line(span(scenario).say(language), style="dim"),
        Line(),
        Line(claim(report).say(language)),
    ]
    compared = baseline(report)
    if compared is not None:
        parts.append(Line(compared.say(language)))
    parts += [Line(), two_columns(scenario, report, language), Line(), cost_table(report, language)]
    if report.unserved:
        parts.append(reasons_table(report, language))
    if report.scarcity is not None:
        parts.append(scarce_table(report.scarcity, language))
    parts += [Line(f"• {note.say(language)}", style="dim") for note in report.notes]
    return Group(*parts)


def two_columns(scenario: Scenario, report: Report, language: Language) -> Table:
    """The figures, each with its name."""
    slot_hours = scenario.header.slot_minutes / 60
    lines = [
        (
            Text("jobs served", "已安排作业"),
            f"{report.served:,} / {report.jobs:,}  ({percent(report.served / max(report.jobs, 1), 2)})",
        ),
        (Text("cost", "费用"), amount(report.cost_micro, language)),
        (Text("bound", "下界"), amount(report.bound_micro, language)),
        (Text("gap, at most", "差距至多"), "–" if report.gap is None else gap_words(report.gap)),
        (
            Text("energy", "用电量"),
            f"{energy(report.energy_wh)}  (+ {energy(report.idle_energy_wh)} {IDLE.say(language)})",
        ),
        (
            Text("carbon, location / market", "碳排放 位置法/市场法"),
            f"{carbon(report.carbon_location_g)} / {carbon(report.carbon_market_g)}",
        ),
        (
            Text("wait, 50 % / 95 % within", "等待 50 % / 95 % 不超过"),
            f"{waited(report.wait_slots_p50, slot_hours, language)} / "
            f"{waited(report.wait_slots_p95, slot_hours, language)}",
        ),
        (Text("method", "方法"), METHOD_TEXTS[report.method].say(language)),
        (Text("seed", "种子"), str(report.seed)),
        (Text("seconds", "用时（秒）"), seconds_by_phase(report, language)),
    ]
    table = Table.grid(padding=(0, 3))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in lines:
        table.add_row(name.say(language), value)
    return table


def amount(amount_micro: int, language: Language) -> str:
    """Money in full, and short where that reads more easily."""
    full = f"{yuan(amount_micro)} {Text('CNY', '元').say(language)}"
    return f"{full}  ({short_yuan(amount_micro, language)})" if abs(amount_micro) >= 10**10 else full


def seconds_by_phase(report: Report, language: Language) -> str:
    """`7.1 = read 0.4 + prices 4.2 + …`."""
    phases = " + ".join(
        f"{phase(name).say(language)} {seconds:.2f}" for name, seconds in report.seconds.items()
    )
    return f"{sum(report.seconds.values()):.2f} = {phases}" if phases else "–"


def cost_table(report: Report, language: Language) -> Table:
    """The parts of the cost in yuan, with their shares."""
    table = bare_table(Text("cost by part", "费用构成"), language)
    table.add_column(Text("CNY", "元").say(language), justify="right")
    table.add_column(Text("share", "占比").say(language), justify="right")
    parts = (
        report.compute_micro,
        report.energy_micro,
        report.carbon_micro,
        report.data_micro,
        report.unserved_value_micro,
    )
    for name, part in zip(PART_TEXTS, parts, strict=True):
        table.add_row(name.say(language), yuan(part), percent(part / max(report.cost_micro, 1)))
    return table


def reasons_table(report: Report, language: Language) -> Table:
    """Why jobs are not served, the most frequent reason first."""
    reasons = {str(reason): text for reason, text in REASON_TEXTS.items()}
    table = bare_table(Text("not served, because", "未安排的原因"), language)
    table.add_column(Text("jobs", "作业").say(language), justify="right")
    for reason, count in sorted(report.unserved_by_reason.items(), key=lambda item: -item[1]):
        table.add_row(reasons.get(reason, same(reason)).say(language), f"{count:,}")
    return table


def scarce_table(scarcity: Scarcity, language: Language) -> Table:
    """The pools where one more device would be worth most."""
    table = bare_table(Text("scarcest pools", "最紧缺的资源池"), language)
    table.add_column(Text("device", "卡型").say(language))
    table.add_column(Text("devices", "卡数").say(language), justify="right")
    table.add_column(Text("scarce slots", "紧缺时段").say(language), justify="right")
    table.add_column(Text("one more is worth, CNY", "多一张值（元）").say(language), justify="right")
    for line in scarcity.pools[:POOLS_TOLD]:
        table.add_row(
            line.pool,
            line.device,
            f"{line.devices:,.10g}",
            f"{line.scarce_slots:,}",
            yuan(line.worth_micro_per_device),
        )
    return table


def bare_table(first: Text, language: Language) -> Table:
    """A table with a rule under its head, its first column named."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(first.say(language))
    return table
