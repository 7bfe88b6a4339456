"""The root of all errors: what was wrong, where, what was expected, what to do; all faults at once."""

from collections.abc import Sequence

import msgspec

from suanwang.units.text import Language, Text, same


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with an input.

    `where` names the place (table, row, column; file; flag), `found` the offending value as read,
    `expected` what would have been right and `remedy` what to do. `kind` is a short name of the fault for
    programs, and `file`, `column` and `row` the parts of the place where it has them. `count` is how many
    places share the fault when only the first are listed; a `warning` does not refuse the input.
    """

    where: str
    what: Text
    found: str = ""
    expected: Text = same("")
    remedy: Text = same("")
    kind: str = ""
    warning: bool = False
    file: str = ""
    column: str = ""
    row: int | None = None
    count: int = 1

    def say(self, language: Language) -> str:
        """The fault as one line."""
        found, expected, remedy = (
            ("found", "expected", "remedy") if language == "en" else ("读到", "应为", "处理")
        )
        parts = [f"{self.where}: {self.what.say(language)}"]
        parts += [f"{found} {self.found!r}"] if self.found else []
        parts += [f"{expected}: {self.expected.say(language)}"] if self.expected.en else []
        parts += [f"{remedy}: {self.remedy.say(language)}"] if self.remedy.en else []
        return "; ".join(parts)


class SuanwangError(Exception):
    """The root. Carries every fault found, never only the first."""

    exit_code = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.say("en") for fault in self.faults))

    def __reduce__(self) -> tuple[type["SuanwangError"], tuple[tuple[Fault, ...]]]:
        """From one process to another with its faults."""
        return type(self), (self.faults,)


class InvalidInput(SuanwangError):
    """A file, flag, request or reading that cannot be used as it is."""


class Unsupported(SuanwangError):
    """Something this installation or this method cannot do, with what would."""


class InvariantBroken(SuanwangError):
    """Something this program promises does not hold: a fault of the program, never of its input."""

    exit_code = 70
