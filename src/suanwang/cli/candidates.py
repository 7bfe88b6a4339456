"""The places considered for a job as a table: cost, carbon, start, voucher share, net, and the chosen one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from suanwang.cli.tables import clock, console, money, table_of
from suanwang.units.text import Language, Text, same

if TYPE_CHECKING:
    from suanwang.model.api.jobs import Candidate, Elsewhere, Quote, Reason

COLUMNS = (
    (same(""), "left"),
    (Text("centre", "中心"), "left"),
    (Text("pool", "资源池"), "left"),
    (Text("start", "开始"), "left"),
    (Text("compute ¥", "算力费 ¥"), "right"),
    (Text("electricity ¥", "电费 ¥"), "right"),
    (Text("data ¥", "传输费 ¥"), "right"),
    (Text("charge ¥", "合计 ¥"), "right"),
    (Text("voucher ¥", "券抵 ¥"), "right"),
    (Text("you pay ¥", "自付 ¥"), "right"),
    (Text("carbon g", "碳 g"), "right"),
    (Text("scarcity ¥", "紧缺价 ¥"), "right"),
)
WHY_NOT = (
    (Text("not in", "不在"), "left"),
    (Text("because", "原因"), "left"),
    (Text("what helps", "处理"), "left"),
)
CHOSEN = "→"
NAMED_MOST = 4


def print_candidates(candidates: "Sequence[Candidate]", at: int, language: Language) -> None:
    """The table; the first is the one that placing would take now."""
    now = Text("now", "立即").say(language)
    rows = [
        (
            CHOSEN if number == 0 else "",
            one.centre,
            one.pool.removeprefix(f"{one.centre}-"),
            now if one.start_at <= at else clock(one.start_at),
            money(one.compute_micro),
            money(one.energy_micro),
            money(one.data_micro),
            money(one.charge_micro),
            money(one.voucher_micro),
            money(one.net_micro),
            f"{one.carbon_g:,}",
            money(one.scarcity_micro),
        )
        for number, one in enumerate(candidates)
    ]
    console().print(table_of(COLUMNS, rows, language))


def print_quote(quote: "Quote", language: Language) -> None:
    """The places, or why there is none."""
    if quote.candidates:
        print_candidates(quote.candidates, quote.at, language)
    for reason in quote.reasons:
        print(reason_line(reason, language))
    print_elsewhere(quote.elsewhere, language)


def print_elsewhere(elsewhere: "Sequence[Elsewhere]", language: Language) -> None:
    """The other centres, by why it cannot be there."""
    centres: dict[tuple[str, str], list[str]] = {}
    for one in elsewhere:
        centres.setdefault((one.reason.words, one.reason.remedy), []).append(priced(one))
    rows = [(named(names, language), words, remedy) for (words, remedy), names in centres.items()]
    if rows:
        console().print(table_of(WHY_NOT, rows, language))


def priced(one: "Elsewhere") -> str:
    """A centre, with what the job would have cost there where that was reckoned."""
    return f"{one.centre} ¥{money(one.charge_micro)}" if one.charge_micro else one.centre


def named(centres: list[str], language: Language) -> str:
    """Centres by name, the first few of many."""
    rest = len(centres) - NAMED_MOST
    more = Text(f" and {rest} more", f" 等 {rest} 个").say(language) if rest > 0 else ""
    return ", ".join(centres[:NAMED_MOST]) + more


def reason_line(reason: "Reason", language: Language) -> str:
    """Why not, and what would help."""
    helps = Text("what helps: ", "处理：").say(language) + reason.remedy if reason.remedy else ""
    return f"{reason.words} ({reason.rule}){'; ' if helps else ''}{helps}"
