"""How the checks of this folder tell a fault: a place, what is wrong, what was found and expected."""

from typing import Protocol

from suanwang.units.text import Text, same

NO_TEXT = same("")


class Note(Protocol):
    """Adds a fault at a place of what is checked."""

    def __call__(self, place: str, what: Text, found: str = "", expected: Text = NO_TEXT) -> None:
        """Add it."""
        ...
