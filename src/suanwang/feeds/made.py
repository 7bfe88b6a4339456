"""A generated scenario, and what was put into it."""

from collections.abc import Callable

import msgspec

from suanwang.model.scenario import Scenario
from suanwang.units.text import Text

Say = Callable[[Text], None]
"""Told what is being done, for people who wait."""


def silent(text: Text) -> None:
    """Says nothing."""


class Made(msgspec.Struct, frozen=True):
    """A generated scenario; jobs by kind of work; devices and load by device class; where it comes from.

    Load is Σ device-slots of the first options / Σ device-slots of that class, outages not taken off.
    """

    scenario: Scenario
    jobs_by_kind: dict[str, tuple[Text, int]]
    devices: dict[str, float]
    load: dict[str, float]
    remarks: list[Text] = []
