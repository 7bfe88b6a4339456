"""The page of programmes is the one that the structs and the files make."""

from pathlib import Path

from suanwang.feeds.programme_page import programme_page
from suanwang.model import programme as nouns
from suanwang.model.programme_fields import PROGRAMME_FIELDS

PAGE = Path(__file__).parents[3] / "docs" / "programmes.md"


def test_the_page_does_not_drift() -> None:
    assert PAGE.read_text(encoding="utf-8") == programme_page(), (
        "write it again: python -m suanwang.feeds.programme_page > docs/programmes.md"
    )


def test_every_field_is_described_in_both_languages() -> None:
    for name, fields in PROGRAMME_FIELDS.items():
        assert tuple(fields) == getattr(nouns, name).__struct_fields__, name
        assert all(about.en and about.zh for about in fields.values())
