"""Statements: figures that agree with the accounts, in both languages, as rows, CSV and HTML."""

import csv
import io
from html.parser import HTMLParser

import pytest
from tests.unit.ledger.story import MARCH, story

from suanwang.ledger.events import AnyEvent
from suanwang.ledger.operating import CentreMonth, operating_statement, revenue_of
from suanwang.ledger.period import OPERATIONS, Period, read_period
from suanwang.ledger.statement import Statement, as_csv, as_html, rows_of
from suanwang.ledger.statements import (
    centre_statement,
    enterprise_statement,
    platform_statement,
    programme_statement,
)
from suanwang.units.errors import InvalidInput
from suanwang.units.money import micro_from_yuan


@pytest.fixture(scope="module")
def march() -> Period:
    return read_period(story().events, *MARCH)


@pytest.fixture(scope="module")
def april() -> Period:
    return read_period(story().events, MARCH[1], MARCH[1] + 30 * 86_400_000_000)


def section(statement: Statement, title: str) -> list[list[str]]:
    (found,) = [part for part in statement.sections if part.title.en == title]
    return rows_of(found, "en")


def test_an_enterprise_reads_its_wallet_and_its_vouchers(march: Period) -> None:
    statement = enterprise_statement(march, "acme")
    assert [row[1:] for row in section(statement, "Wallet")] == [
        ["opening balance", "", "0.00", "0.00"],
        ["top-up", "auto/12", "500.00", "0.00"],
        ["hold", "h1", "-70.00", "70.00"],
        ["capture", "x1", "0.00", "-35.00"],
        ["capture", "x2", "28.00", "-35.00"],
        ["refund", "r1", "14.00", "0.00"],
        ["hold", "auto/25", "-25.50", "25.50"],
        ["release", "auto/26", "25.50", "-25.50"],
        ["closing balance", "", "472.00", "0.00"],
    ]
    assert [row[3:8] for row in section(statement, "Vouchers at the end of the period")] == [
        ["300.00", "0.00", "0.00", "6.00", "294.00"],
        ["300.00", "0.00", "0.00", "6.00", "294.00"],
    ]
    assert section(statement, "To be paid back (clawed back)") == [
        ["city", "1.40"],
        ["district", "0.60"],
        ["total", "2.00"],
    ]


def test_a_centre_reads_what_it_earned_and_what_it_is_owed(march: Period, april: Period) -> None:
    owed = section(centre_statement(march, "天府"), "Owed to the centre")
    assert [row[2:] for row in owed] == [
        ["0.00", "66.00", "14.00", "52.00"],
        ["0.00", "34.00", "34.00", "0.00"],
        ["0.00", "100.00", "48.00", "52.00"],
    ]
    given = section(centre_statement(march, "天府"), "Refunds and resolved disputes")
    assert [row[3:] for row in given] == [
        ["x1", "outage", "6.00", "14.00", "0.00"],
        ["", "", "6.00", "14.00", "0.00"],
    ]
    settled = section(centre_statement(april, "天府"), "Settlements")
    assert [row[1:] for row in settled] == [["2026-03", "0.00", "52.00", "52.00", "0.00", "28.00", "0.00"]]


def test_the_opening_of_a_period_is_the_closing_of_the_one_before(march: Period, april: Period) -> None:
    for name in march.state.accounts:
        assert april.opened(name) == march.closed(name)


def test_a_programme_reads_budget_reserve_and_funds(march: Period) -> None:
    statement = programme_statement(march, "券-2026")
    budget = section(statement, "Budget at the end of the period")
    assert [row[1] for row in budget] == ["9,620.00", "0.00", "0.00", "22.00", "358.00", "10,000.00"]
    reserve = section(statement, "Reserve")
    assert [row[1] for row in reserve] == [
        "0.00",
        "1,000.00",
        "-28.00",
        "972.00",
        "1,000.00",
        "200.00",
        "in order",
    ]
    funds = section(statement, "Funds")
    assert [row[2] for row in funds] == ["15.40", "6.60"]


def test_both_books_of_the_platform_close_to_nothing(march: Period) -> None:
    statement = platform_statement(march)
    for title in ("Money book", "Budget book"):
        *_, total = section(statement, title)
        assert (total[1], total[4]) == ("0.00", "0.00")
        assert total[2] == total[3] != "0.00"


def test_the_operating_statement_adds_up(march: Period) -> None:
    revenue = revenue_of(march, "天府")
    assert revenue.total_micro == revenue.voucher_micro + revenue.user_micro
    assert revenue.total_micro == micro_from_yuan("80.000001")
    month = CentreMonth(9_000_000, 40_000, micro_from_yuan("12.5"), (("staff", micro_from_yuan("30")),))
    statement = operating_statement(march, "天府", month)
    assert section(statement, "Revenue")[-1] == ["total revenue", "80.00"]
    assert section(statement, "Result") == [["net operating income", "37.50"]]
    assert section(statement, "Operation")[0] == ["utilisation", "59.00%", ""]
    empty = operating_statement(march, "lingang", CentreMonth(0, 0, 0))
    assert section(empty, "Operation")[0] == ["utilisation", "", ""]


class Tables(HTMLParser):
    """Counts what an HTML page has, and that every tag closes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tables = 0
        self.words = ""

    def handle_data(self, data: str) -> None:
        self.words += "" if self.open and self.open[-1] == "style" else data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tables += tag == "table"
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_statement_is_csv_and_html_in_both_languages(march: Period, language: str) -> None:
    for statement in (
        enterprise_statement(march, "beta/lab"),
        centre_statement(march, "天府"),
        programme_statement(march, "券-2026"),
        platform_statement(march),
        operating_statement(march, "天府", CentreMonth(1, 1, 1)),
    ):
        page = Tables()
        html = as_html(statement, language)  # pyright: ignore[reportArgumentType]
        page.feed(html)
        assert page.open == []
        assert page.tables == sum(bool(part.rows) for part in statement.sections)
        assert "http" not in html
        rows = list(csv.reader(io.StringIO(as_csv(statement, language))))  # pyright: ignore[reportArgumentType]
        assert rows[0][2] == "2026-03-01 – 2026-03-31"
        if language == "zh":
            assert not any(word in page.words for word in ("opening", "total", "capture", "refund"))


def test_csv_is_exact_where_tables_round(march: Period) -> None:
    text = as_csv(centre_statement(march, "天府"), "en")
    assert "8.000001" in text


def test_names_from_outside_are_neither_markup_nor_formulas() -> None:
    from tests.unit.ledger.notation import play

    played = play(
        "open_centre k CNY\nopen_wallet +1+cmd CNY 0\ntop_up +1+cmd 5 <script>\nplace_hold -h +1+cmd k - 1"
    )
    period = read_period(played.events, 0, 1)
    statement = enterprise_statement(period, "+1+cmd")
    assert "<script>" not in as_html(statement, "en")
    played = play("capture -h 1 0 0 1 yes", played)
    statement = enterprise_statement(read_period(played.events, 0, 1), "+1+cmd")
    assert ",'-h," in as_csv(statement, "en")


def test_who_is_unknown_has_no_statement(march: Period) -> None:
    for make in (enterprise_statement, centre_statement, programme_statement):
        with pytest.raises(InvalidInput):
            make(march, "nobody")


def test_every_event_has_its_words() -> None:
    assert set(OPERATIONS) == {event.__name__ for event in AnyEvent.__args__}
