"""Faults as an aligned table and as data: one line for each kind of fault in each column, with its places."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from suanwang.units.errors import Fault
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from rich.table import Table

SHORT_CHARACTERS = 40


class FaultGroup(msgspec.Struct, frozen=True):
    """The places of one kind of fault in one column; `count` is exact, the places are the first."""

    file: str
    column: str
    kind: str
    warning: bool
    count: int
    places: tuple[Fault, ...]

    @property
    def first(self) -> Fault:
        """The first place, which speaks for all."""
        return self.places[0]


def grouped(faults: Sequence[Fault]) -> list[FaultGroup]:
    """`faults` by file, column and kind, in the order found."""
    places: dict[tuple[str, str, str, str, bool], list[Fault]] = {}
    for fault in faults:
        key = (fault.file or fault.where, fault.column, fault.kind, fault.what.en, fault.warning)
        places.setdefault(key, []).append(fault)
    return [
        FaultGroup(file, column, kind, warning, max(found[0].count, len(found)), tuple(found))
        for (file, column, kind, _what, warning), found in places.items()
    ]


def group_data(group: FaultGroup, language: Language) -> dict[str, Any]:
    """A group for `--json`."""
    return {
        "file": group.file,
        "column": group.column,
        "kind": group.kind,
        "count": group.count,
        "what": group.first.what.say(language),
        "expected": group.first.expected.say(language),
        "remedy": group.first.remedy.say(language),
        "places": [{"where": one.where, "row": one.row, "found": one.found} for one in group.places],
    }


def fault_table(groups: Sequence[FaultGroup], language: Language, places: int) -> "Table":
    """The groups as a table that lists at most `places` places of each."""
    from rich import box
    from rich.table import Table
    from rich.text import Text as Words

    titles = (
        Text("where", "位置"),
        Text("count", "数量"),
        Text("what is wrong", "问题"),
        Text("row: found", "行：读到"),
        Text("expected", "应为"),
        Text("what to do", "处理"),
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, title in enumerate(titles):
        table.add_column(title.say(language), justify="right" if number == 1 else "left", overflow="fold")
    for group in groups:
        # values come from files: plain words, never markup
        table.add_row(
            Words(f"{group.file} {group.column}".strip()),
            Words(f"{group.count:,}"),
            Words(group.first.what.say(language)),
            Words(places_text(group, places)),
            Words(group.first.expected.say(language)),
            Words(group.first.remedy.say(language)),
        )
    return table


def places_text(group: FaultGroup, places: int) -> str:
    """The first places of a group, a line each."""
    lines: list[str] = []
    for fault in group.places[:places]:
        found = printable(fault.found)
        lines.append(f"{fault.row}: {found}" if fault.row is not None else found)
    more = group.count - min(len(group.places), places)
    if more > 0:
        lines.append(f"… +{more:,}")
    return "\n".join(line for line in lines if line)


def printable(found: str) -> str:
    """A value on one short line, control characters escaped."""
    words = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in found)
    return words if len(words) <= SHORT_CHARACTERS else words[: SHORT_CHARACTERS - 1] + "…"


def fault_lines(faults: Sequence[Fault], language: Language, places: int) -> list[str]:
    """`faults` as plain lines, at most `places` of each kind in each column, then how many more there are."""
    lines: list[str] = []
    for group in grouped(faults):
        # only rows of a table repeat; other faults are each worth a line
        shown = group.places[:places] if group.first.row is not None else group.places
        lines += [fault.say(language) for fault in shown]
        more = group.count - len(shown)
        if more > 0 and group.first.row is not None:
            lines.append(Text(f"… {more:,} more like it", f"…… 另有 {more:,} 处同类问题").say(language))
    return lines
