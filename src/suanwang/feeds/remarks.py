"""Remarks on where a scenario comes from: comments at the head of `scenario.yaml`, which a report lists.

They travel with the folder, and every reader of YAML skips them, so the format stays as it is. A remark is a
line `# en: …` with `# zh: …` under it, or one of the two; other comments are only comments.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from suanwang.feeds.scenario_header import HEADER_FILE
from suanwang.units.text import Text, same


def remark_lines(remarks: Sequence[Text]) -> bytes:
    """The remarks as they stand above the header."""
    return "".join(
        f"# {code}: {' '.join(words.split())}\n"
        for remark in remarks
        for code, words in (("en", remark.en), ("zh", remark.zh))
    ).encode()


def read_remarks(folder: Path) -> list[Text]:
    """The remarks of a scenario folder whose header has been read without fault."""
    found: list[Text] = []
    awaits_chinese = False
    for code, words in head_comments(folder / HEADER_FILE):
        if code == "zh" and awaits_chinese:
            found[-1] = Text(found[-1].en, words)
        else:
            found.append(same(words))
        awaits_chinese = code == "en"
    return found


def head_comments(path: Path) -> Iterator[tuple[str, str]]:
    """Language and words of each line of a remark above the first field."""
    with path.open(encoding="utf-8-sig") as file:
        for line in file:
            if not line.startswith("#"):
                return
            code, colon, words = line[1:].strip().partition(":")
            if colon and code in ("en", "zh") and words.strip():
                yield code, words.strip()
