"""What a report says first: the certified gap in a sentence, the baseline beside it, the figures that matter.

Shared by the page and the terminal, so that both say the same.
"""

from datetime import timedelta

import msgspec
import numpy as np

from suanwang.model.result import Method, Report
from suanwang.model.scenario import Scenario
from suanwang.reports.usage import Usage
from suanwang.reports.words import carbon, energy, hours, percent, short_yuan
from suanwang.units.text import Language, Text, same

METHOD_TEXTS: dict[Method, Text] = {
    "prices": Text("clearing prices, then placement under them", "出清价引导的安排"),
    "fcfs": Text("first come, first served", "先来先服务"),
    "exact": Text("exact integer program", "精确整数规划"),
    "live": Text("lived through, job by job as they came", "实时推演，作业到达即安排"),
}


class Figure(msgspec.Struct, frozen=True):
    """One figure: what it is, how much, and a word more."""

    what: Text
    figure: Text
    more: Text


def gap_words(gap: float) -> str:
    """A gap with as many digits as it takes to show it: `0.062 %`."""
    places = 1 if gap >= 0.1 else 2 if gap >= 0.01 else 3
    return percent(gap, places)


def claim(report: Report) -> Text:
    """The certified gap as one sentence that needs no mathematics."""
    cost = {language: short_yuan(report.cost_micro, language) for language in ("en", "zh")}
    if report.gap is None:
        return Text(
            f"This plan costs {cost['en']}. No useful lower bound is known for it, so how far it is from the "
            "best possible is open.",
            f"本计划费用 {cost['zh']}。未得到有用的下界，距最优还有多远尚不可知。",
        )
    bound = {language: short_yuan(report.bound_micro, language) for language in ("en", "zh")}
    gap = gap_words(report.gap)
    return Text(
        f"This plan costs {cost['en']}. It is proven that no plan, by whatever method and however long one "
        f"searches, can cost less than {bound['en']}: this one is at most {gap} above the best possible.",
        f"本计划费用 {cost['zh']}。可以证明：无论用什么方法、算多久，任何计划的费用都不会低于 {bound['zh']}；"
        f"因此本计划至多比最优贵 {gap}。",
    )


def baseline(report: Report) -> Text | None:
    """What first come, first served would have cost, and how much of its excess is gone."""
    if report.fcfs_cost_micro is None:
        return None
    saved = report.fcfs_cost_micro - report.cost_micro
    removed = "" if report.excess_removed is None else percent(report.excess_removed)
    en = (
        f"First come, first served on the same jobs costs {short_yuan(report.fcfs_cost_micro, 'en')}: "
        f"{short_yuan(saved, 'en')} more."
    )
    zh = (
        f"同样的作业按先来先服务需 {short_yuan(report.fcfs_cost_micro, 'zh')}，多 {short_yuan(saved, 'zh')}。"
    )
    if removed:
        en += f" Of what it spends above the bound, {removed} is removed."
        zh += f"其高出下界的部分，本计划消除了 {removed}。"
    return Text(en, zh)


def span(scenario: Scenario) -> Text:
    """From when to when, in slots of what length, with how much of everything."""
    header = scenario.header
    end = header.start + timedelta(minutes=header.slot_minutes * header.slots)
    when = f"{header.start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M} (UTC{header.start.isoformat()[-6:]})"
    centres, pools, jobs = scenario.centres.height, scenario.pools.height, scenario.jobs.height
    return Text(
        f"{when} · {header.slots:,} slots of {header.slot_minutes} min · {centres:,} centres · "
        f"{pools:,} pools · {jobs:,} jobs",
        f"{when} · {header.slots:,} 个 {header.slot_minutes} 分钟时段 · {centres:,} 个算力中心 · "
        f"{pools:,} 个资源池 · {jobs:,} 个作业",
    )


def waited(slots: float | None, slot_hours: float, language: Language) -> str:
    """A wait in hours."""
    return "–" if slots is None else hours(round(slots * slot_hours, 2), language)


def figures(scenario: Scenario, report: Report, usage: Usage) -> list[Figure]:
    """The eight figures that a reader looks for."""
    slot_hours = scenario.header.slot_minutes / 60
    jobs = max(report.jobs, 1)
    busy, available = int(usage.busy_milli.sum()), int(usage.available_milli.sum())
    charged = report.cost_micro - report.unserved_value_micro
    intensity = report.carbon_location_g / max(report.energy_wh / 1000, 1e-9)
    seconds = float(np.sum(list(report.seconds.values()))) if report.seconds else 0.0
    p50, p95 = report.wait_slots_p50, report.wait_slots_p95
    served = same(percent(report.served / jobs, 2 if report.served < report.jobs else 0))
    return [
        Figure(
            Text("jobs served", "已安排作业"),
            served,
            Text(f"{report.served:,} of {report.jobs:,}", f"{report.served:,} / {report.jobs:,}"),
        ),
        Figure(
            Text("cost", "费用"),
            Text(short_yuan(report.cost_micro, "en"), short_yuan(report.cost_micro, "zh")),
            Text(
                f"{short_yuan(charged, 'en')} for served jobs, the rest is value not served",
                f"其中已安排作业 {short_yuan(charged, 'zh')}，其余为未安排作业的价值",
            )
            if report.unserved
            else Text("every job served", "全部作业已安排"),
        ),
        Figure(
            Text("above the best possible, at most", "至多比最优贵"),
            same("–" if report.gap is None else gap_words(report.gap)),
            Text(
                f"bound {short_yuan(report.bound_micro, 'en')}",
                f"下界 {short_yuan(report.bound_micro, 'zh')}",
            ),
        ),
        Figure(
            Text("devices busy", "利用率"),
            same(percent(busy / max(available, 1))),
            Text("of available device-hours", "占可用卡时"),
        ),
        Figure(
            Text("energy", "用电量"),
            same(energy(report.energy_wh)),
            Text(f"and {energy(report.idle_energy_wh)} idle", f"另有空载 {energy(report.idle_energy_wh)}"),
        ),
        Figure(
            Text("carbon dioxide", "碳排放"),
            same(carbon(report.carbon_location_g)),
            Text(f"{intensity:,.0f} g/kWh, grid factors", f"{intensity:,.0f} 克/千瓦时，按电网因子"),
        ),
        Figure(
            Text("wait, half the jobs within", "半数作业等待不超过"),
            Text(waited(p50, slot_hours, "en"), waited(p50, slot_hours, "zh")),
            Text(
                f"95 % within {waited(p95, slot_hours, 'en')}", f"95 % 不超过 {waited(p95, slot_hours, 'zh')}"
            ),
        ),
        Figure(
            Text("time to clear", "出清用时"),
            Text(f"{seconds:,.1f}\u2009s", f"{seconds:,.1f}\u2009秒"),
            METHOD_TEXTS[report.method],
        ),
    ]
