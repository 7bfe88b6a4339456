"""What the lists and counters of the API read: kept beside the platform, made from its events.

None of it is the truth: it follows from the records, and is made anew when a server takes the lead.
"""

from collections import Counter
from typing import get_args

from suanwang.engine import events
from suanwang.engine.events import AnyEvent
from suanwang.engine.platform import Platform
from suanwang.model.job import JobState
from suanwang.server.tally import Tally

STATES: tuple[JobState, ...] = get_args(JobState)
NUMBER: dict[JobState, int] = {state: number for number, state in enumerate(STATES)}
REFUSED_KEPT = 10_000


class Views:
    """`numbers`: of all jobs, in order; `of_enterprise`: of its jobs; `state_of`: the state of job n.

    `refused`: the newest refusals, by job: they are no part of the platform's state.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.numbers: list[int] = []
        self.of_enterprise: dict[str, list[int]] = {}
        self.states = bytearray(platform.state.job_count + 1)
        self.counts: Counter[str] = Counter()
        self.refused: dict[str, events.JobRefused] = {}
        self.tally = Tally(platform)
        for name, job in platform.state.jobs.items():
            self._add(number_of(name), job.enterprise, job.state)

    def take(self, event: AnyEvent) -> None:
        """One event that the platform has applied."""
        match event:
            case events.JobAdmitted():
                self._add(number_of(event.job), event.enterprise, "queued")
            case events.JobRefused():
                self.numbers.append(number_of(event.job))
                self.refused[event.job] = event
                if len(self.refused) > REFUSED_KEPT:
                    del self.refused[next(iter(self.refused))]
            case events.JobHeld():
                self._set(event.job, "held")
            case events.JobQueued():
                self._set(event.job, "queued")
            case events.AttemptReserved() | events.AttemptStoodBy():
                self._set(event.job, "active")
            case events.JobEnded():
                self._set(event.job, event.state)
            case events.AttemptEnded():
                self.tally.add(self.platform, f"{event.job}.{event.number}")
            case _:
                pass

    def state_of(self, number: int) -> JobState:
        """The state of a job that was admitted."""
        return STATES[self.states[number]]

    def _add(self, number: int, enterprise: str, state: JobState) -> None:
        self._grow(number)
        self.numbers.append(number)
        self.of_enterprise.setdefault(enterprise, []).append(number)
        self.states[number] = NUMBER[state]
        self.counts[state] += 1

    def _grow(self, number: int) -> None:
        if number >= len(self.states):
            self.states.extend(bytes(max(number + 1 - len(self.states), len(self.states) // 8)))

    def _set(self, job: str, state: JobState) -> None:
        number = number_of(job)
        self.counts[STATES[self.states[number]]] -= 1
        self.counts[state] += 1
        self.states[number] = NUMBER[state]


def number_of(job: str) -> int:
    """`j17` → 17."""
    return int(job[1:])
