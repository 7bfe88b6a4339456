"""The page of the file format is the one that the schema makes."""

from pathlib import Path

from suanwang.feeds.format_page import format_page
from suanwang.model.scenario_tables import SCENARIO_TABLES

PAGE = Path(__file__).parents[3] / "docs" / "scenario-format.md"


def test_the_page_does_not_drift() -> None:
    assert PAGE.read_text(encoding="utf-8") == format_page(), (
        "write it again: python -m suanwang.feeds.format_page > docs/scenario-format.md"
    )


def test_every_column_is_described_in_both_languages() -> None:
    for table in SCENARIO_TABLES:
        for column in table.columns:
            assert column.about.en and column.about.zh, f"{table.name}.{column.name}"
