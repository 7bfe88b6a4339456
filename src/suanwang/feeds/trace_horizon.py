"""Tasks of a trace, in seconds, laid on the slots of a scenario: what fits, is cut or falls outside."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.feeds.import_report import Count
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

Int64Array = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

DAY_SECONDS = 86_400
SLOTS_MOST = 100_000
"""The most slots of a scenario."""


class Horizon(msgspec.Struct, frozen=True):
    """The part of a trace that becomes a scenario: `slots` slots of `slot_seconds` from `first_s`."""

    first_s: int
    slots: int
    slot_seconds: int

    @classmethod
    def of_span(cls, first_s: int, last_s: int, days: float | None, slot_minutes: int) -> "Horizon":
        """From `first_s` to `last_s` (exclusive), or `days` days where that is shorter; at least one slot."""
        seconds = last_s - first_s
        if days is not None:
            seconds = min(seconds, round(days * DAY_SECONDS))
        slot_seconds = slot_minutes * 60
        slots = max(1, -(-seconds // slot_seconds))
        if slots > SLOTS_MOST:
            raise InvalidInput([too_long(slots, seconds)])
        return cls(first_s, slots, slot_seconds)


def too_long(slots: int, seconds: int) -> Fault:
    """The fault of a trace that no scenario holds in slots of this length."""
    days = f"{seconds // DAY_SECONDS:,}"
    return Fault(
        where="horizon",
        what=Text("the trace is longer than a scenario can be", "记录时间跨度超出场景上限"),
        found=f"{slots:,}",
        expected=Text(f"at most {SLOTS_MOST:,} slots", f"至多 {SLOTS_MOST:,} 个时段"),
        remedy=Text(
            f"it spans {days} days: check its times, or give --days or a longer --slot-minutes",
            f"跨度 {days} 天：检查其时间，或用 --days、更长的 --slot-minutes",
        ),
        kind="horizon",
    )


class Placed(msgspec.Struct, frozen=True):
    """(task,) columns in slots of the horizon.

    `asked`: slots that the run touches when it starts with a slot, run time rounded up. `release`,
    `duration`, `deadline` are meaningful where `kept`. `cut`: slots of a kept task beyond either end.
    """

    asked: Int64Array
    release: Int64Array
    duration: Int64Array
    deadline: Int64Array
    before: BoolArray
    after: BoolArray
    cut: Int64Array

    @property
    def kept(self) -> BoolArray:
        """Tasks that run at all inside the horizon."""
        return ~(self.before | self.after)


def lay(
    horizon: Horizon, release_s: Int64Array, start_s: Int64Array, run_s: Int64Array, slack_slots: Int64Array
) -> Placed:
    """Lay tasks on the horizon.

    A task is released in the slot that holds its submission and asks for its run time rounded up to whole
    slots; its window ends `slack_slots` after the earliest end. A task submitted before the horizon that
    still ran in it (`start_s` + `run_s` beyond `first_s`) is released at slot 0 with what was left of its
    run; one that had ended is `before`, one submitted later than the end is `after`. What reaches beyond the
    last slot is cut. All in seconds of the trace; run times are positive.
    """
    size = horizon.slot_seconds
    asked = -(-run_s // size)
    early = release_s < horizon.first_s
    left_s = np.where(early, np.minimum(run_s, start_s + run_s - horizon.first_s), run_s)
    before = early & (left_s <= 0)
    release = np.where(early, 0, (release_s - horizon.first_s) // size)
    after = release >= horizon.slots
    wanted = np.minimum(asked, -(-np.maximum(left_s, 1) // size))
    duration = np.minimum(wanted, horizon.slots - release)
    deadline = np.minimum(release + duration + slack_slots, horizon.slots)
    kept = ~(before | after)
    return Placed(asked, release, duration, deadline, before, after, np.where(kept, asked - duration, 0))


def mean_milli(
    placed: Placed, run_s: Int64Array, device_milli: Int64Array, which: BoolArray, horizon: Horizon
) -> float:
    """Milli-devices in use in the trace's own seconds, mean over the horizon, by the tasks in `which`."""
    seconds = np.minimum(run_s, placed.duration * horizon.slot_seconds)
    return int((device_milli * seconds)[which].sum()) / (horizon.slots * horizon.slot_seconds)


def count(kind: str, about: Text, which: BoolArray, device_milli: Int64Array, slots: Int64Array) -> Count:
    """The jobs in `which` and their Σ milli-devices · slots."""
    return Count(kind, about, int(which.sum()), int((device_milli * slots)[which].sum()))


def accounts(
    placed: Placed, dropped: list[tuple[str, Text, BoolArray]], device_milli: Int64Array
) -> "Accounts":
    """The balance: read, kept, dropped (by the first reason that holds, then by the horizon), cut."""
    left = np.ones(len(device_milli), np.bool_)
    counts: list[Count] = []
    outside = [
        ("before", Text("ended before the horizon", "在时间范围之前已结束"), placed.before),
        ("after", Text("submitted after the horizon", "在时间范围之后提交"), placed.after),
    ]
    for kind, about, which in [*dropped, *outside]:
        fate = left & which
        left &= ~which
        if fate.any():
            counts.append(count(kind, about, fate, device_milli, placed.asked))
    everyone = np.ones(len(device_milli), np.bool_)
    return Accounts(
        read=count("read", Text("read", "读入"), everyone, device_milli, placed.asked),
        kept=count("kept", Text("kept", "保留"), left, device_milli, placed.duration),
        dropped=tuple(counts),
        cut=count(
            "cut",
            Text("cut at the ends of the horizon", "在时间范围两端截断"),
            left & (placed.cut > 0),
            device_milli,
            placed.cut,
        ),
        which=left,
    )


class Accounts(msgspec.Struct, frozen=True):
    """Counts of an import and (task,) `which` are kept."""

    read: Count
    kept: Count
    dropped: tuple[Count, ...]
    cut: Count
    which: BoolArray
