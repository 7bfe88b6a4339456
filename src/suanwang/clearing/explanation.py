"""Why a job runs where it does, or waits: the answer as data."""

from typing import Literal

import msgspec

from suanwang.model.result import Reason

Verdict = Literal[
    "taken", "dearer", "cheaper", "full", "value", "class", "size", "grade", "residency", "latency", "window"
]
"""taken: the job runs here; dearer: free, at `dearer_micro` more; cheaper: free and cheaper than the place
taken (or below the value of an unserved job): what the plan leaves on the table; full: no start is free that
costs less than the value; value: costs the value or more even when empty; the others are the rules of
`model.result.REASONS`."""


class Place(msgspec.Struct, frozen=True):
    """One start in one pool, with its cost in parts as a plan writes them, micro-yuan.

    `scarcity_micro`: the clearing price of what it holds, which steers but is never charged.
    """

    start_slot: int
    end_slot: int
    compute_micro: int
    energy_micro: int
    carbon_micro: int
    data_micro: int
    total_micro: int
    scarcity_micro: int

    @property
    def priced_micro(self) -> int:
        """Cost and clearing price together: what the choice goes by."""
        return self.total_micro + self.scarcity_micro


class FullSlot(msgspec.Struct, frozen=True):
    """A slot in which less is free than the job needs."""

    slot: int
    free_milli: int


class Candidate(msgspec.Struct, frozen=True):
    """One option in one pool.

    `found` and `limit` are the figures of the rule that stops it. `cheapest`: its best start in the empty
    network; `priced`: its best start under the clearing prices; `free`: its best start in what the other jobs
    leave free; each None where there is none, or none below 4 billion yuan. `full`: the slots of `cheapest`
    that lack devices. `dearer_micro`: `free` against the place taken, or the value of an unserved job.
    `arrive_slots`, `leave_slots`: how long its input and its output travel.
    """

    option: int
    device: str
    milli: int
    slots: int
    pool: str
    centre: str
    region: str
    verdict: Verdict
    found: str = ""
    limit: str = ""
    rtt_ms: float | None = None
    arrive_slots: int = 0
    leave_slots: int = 0
    cheapest: Place | None = None
    priced: Place | None = None
    free: Place | None = None
    full: tuple[FullSlot, ...] = ()
    dearer_micro: int | None = None


ChangeKind = Literal["value", "deadline", "release", "latency", "grade", "residency", "devices"]


class Change(msgspec.Struct, frozen=True):
    """The smallest change of one kind that would have placed the job in what the others leave free.

    `now` and `then` are the job's figure before and after it, in the units of the jobs table (slots,
    micro-yuan, ms, grade, residency prefixes, devices); the place found with it follows.
    """

    kind: ChangeKind
    now: str
    then: str
    option: int
    pool: str
    start_slot: int
    end_slot: int
    total_micro: int


class Explanation(msgspec.Struct, frozen=True):
    """One job: what it asked for, what became of it, every candidate, best first; and for an unserved job
    the changes that would have placed it."""

    job: str
    reason: Reason
    value_micro: int
    total_micro: int
    options: str
    release_slot: int
    deadline_slot: int
    start_slot: int | None
    end_slot: int | None
    pool: str | None
    candidates: tuple[Candidate, ...]
    changes: tuple[Change, ...]
