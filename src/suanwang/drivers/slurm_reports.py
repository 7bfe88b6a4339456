"""What Slurm's list of jobs, and the marks in an attempt's folder, say of the attempts in the book."""

import os
import re
import time
from collections.abc import Callable, Sequence
from math import inf
from pathlib import Path
from typing import get_args

from suanwang.drivers import attempt_folder
from suanwang.drivers.attempt_book import AttemptBook, Held
from suanwang.drivers.lease import boot_s
from suanwang.drivers.port import Cause, Ended, Outcome, Paused, Report, Running, Usage
from suanwang.drivers.slurm_commands import JobRow, SlurmCommands

READING_EVERY_S = 5
SECOND_US = 1_000_000
HOPELESS = re.compile(
    r"Invalid(Account|QOS)|(Account|QOS)NotAllowed|BadConstraints|PartitionTimeLimit|ReservationDeleted"
    r"|Job's (account|QOS) not "
)
"""Why a job waits that will never run as it is (squeue(1), job reason codes; the words of 22.05 too)."""
HOPELESS_S = 10
"""How long it may say so: a controller that has just come back may not know its accounts yet."""
STOP_PATIENCE_S = 15
"""How long after its grace an attempt may take to be over before Slurm is told to kill it."""
GONE = {
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED",
    "REVOKED", "TIMEOUT",
}  # fmt: skip
"""States in which a job is over (squeue(1), job state codes)."""
CAUSES: dict[str, Cause] = {
    "TIMEOUT": "limit_time",
    "DEADLINE": "limit_time",
    "OUT_OF_MEMORY": "limit_memory",
    "CANCELLED": "engine",
    "BOOT_FAIL": "engine",
    "NODE_FAIL": "engine",
    "PREEMPTED": "engine",
    "REVOKED": "engine",
}
"""Why Slurm ended a job, where the attempt's own watch did not."""


class Watch:
    """Compares Slurm's list with the book, and tells what is new.

    `steady_s`: a clock that nobody sets. By it goes what waits its time: for how long an attempt has been
    hopeless, when its meter is read, when it is pressed.
    """

    def __init__(
        self, slurm: SlurmCommands, book: AttemptBook, steady_s: Callable[[], float] = boot_s
    ) -> None:
        self.slurm = slurm
        self.book = book
        self.steady_s = steady_s
        self.meter = "slurm/" + slurm.configuration().get("ClusterName", "")
        self.news: list[Report] = []
        self.hopeless_since_s: dict[str, float] = {}
        self.read_s: dict[str, float] = {}
        self.press_at_s: dict[str, float] = {}

    def look(self) -> list[Report]:
        """Ask once, for all; the reports that are new."""
        live = [one for one in self.book.live() if one.engine_id]
        if live:
            now_us = time.time_ns() // 1000
            rows = self.rows()
            changed = [
                one for one in live if self.compare(one, rows.get((one.submission, one.index)), now_us)
            ]
            self.book.note(changed)
            for held in changed:
                if held.ended is not None:
                    self.forget(held.attempt)
            self.press(live)
        told, self.news = self.news, []
        return told

    def forget(self, attempt: str) -> None:
        """Its time is over."""
        for times in (self.hopeless_since_s, self.read_s, self.press_at_s):
            times.pop(attempt, None)

    def rows(self) -> dict[tuple[str, int], JobRow]:
        """Slurm's jobs by submission and index; of two by one name, the one that claimed the attempt."""
        found: dict[tuple[str, int], JobRow] = {}
        for row in self.slurm.jobs():
            known = found.get((row.submission, row.index))
            if known is None or int(row.number) < int(known.number):
                found[row.submission, row.index] = row
        return found

    def compare(self, held: Held, row: JobRow | None, now_us: int) -> bool:
        """Tell what is new of one attempt; whether its record has changed."""
        if row is None:
            held.ended = self.end_without_row(held, now_us)
            self.news.append(held.ended)
            return True
        if row.state in GONE:
            held.ended = self.end_of(held, row)
            if held.ended.usage is not None and not held.since_us:
                held.since_us = row.start_us
                self.news.append(Running(held.attempt, row.start_us))
            self.news.append(held.ended)
            return True
        if row.state == "PENDING":
            return self.give_up(held, row, now_us)
        before = (held.since_us, held.paused_us)
        if row.state in ("RUNNING", "SUSPENDED", "COMPLETING", "STOPPED") and row.start_us:
            held.since_us = row.start_us
            paused = row.state in ("SUSPENDED", "STOPPED")
            if not before[0]:
                self.news.append(Running(held.attempt, held.since_us))
            if paused != bool(held.paused_us):
                self.turned(held, paused)
            now_s = self.steady_s()
            if row.state == "RUNNING" and now_s - self.read_s.get(held.attempt, -inf) >= READING_EVERY_S:
                self.read_s[held.attempt] = now_s
                self.news.append(self.usage(held, row.used_s, held.since_us + row.used_s * 1_000_000))
        return before != (held.since_us, held.paused_us)

    def give_up(self, held: Held, row: JobRow, now_us: int) -> bool:
        """End one that waits for what Slurm will never give it; whether it did."""
        if not HOPELESS.match(row.reason):
            self.hopeless_since_s.pop(held.attempt, None)
            return False
        now_s = self.steady_s()
        if now_s - self.hopeless_since_s.setdefault(held.attempt, now_s) < HOPELESS_S:
            return False
        try:  # invariant: what is claimed here never runs, should Slurm start it at this moment
            Path(held.folder, attempt_folder.CONTROL, "claimed").mkdir()
        except FileExistsError:
            return False
        self.slurm.try_on([held.engine_id], "scancel")
        held.ended = Ended(held.attempt, now_us, "killed", "refused", detail=f"Slurm: {row.reason}")
        self.news.append(held.ended)
        return True

    def is_over(self, held: Held) -> bool:
        """Whether Slurm has ended it, told or not."""
        row = self.rows().get((held.submission, held.index))
        return row is None or row.state in GONE or row.state == "COMPLETING"

    def turned(self, held: Held, paused: bool) -> None:
        """Note and tell that it stands still, or goes on."""
        held.paused_us = time.time_ns() // 1000 if paused else 0
        held_at = Paused(held.attempt, held.paused_us) if paused else Running(held.attempt, held.since_us)
        self.news.append(held_at)
        self.book.note([held])

    def end_of(self, held: Held, row: JobRow) -> Ended:
        """How a job ended: its status by Slurm, its cause by its watch, else by Slurm.

        Slurm counts whole seconds: one that ran within one has used up to a second.
        """
        ran = row.start_us > 0 and (row.used_s > 0 or claimed(held))
        used_s = max(1, row.used_s)
        code = os.waitstatus_to_exitcode(row.status)
        code = 128 - code if code < 0 else code
        cause = cause_of(held) or CAUSES.get(row.state, "")
        if held.stop_grace_s >= 0 and cause in ("", "engine") and row.state != "COMPLETED":
            cause = "cancelled"
        outcome: Outcome = "killed" if cause else "success" if code == 0 else "failure"
        end_us = max(row.end_us, row.start_us + (used_s * SECOND_US if ran else 0))
        return Ended(
            held.attempt,
            end_us,
            outcome,
            cause,
            code if ran else None,
            self.usage(held, used_s, end_us, row.start_us) if ran else None,
            "" if row.reason in ("None", "NonZeroExitCode") else row.reason,
        )

    def end_without_row(self, held: Held, now_us: int) -> Ended:
        """The end of a job that Slurm has forgotten: by the exit status that its script left, else lost."""
        text = mark(held, "exit")
        if not text.isascii() or not text.isdigit():
            return Ended(held.attempt, now_us, "lost", detail="Slurm no longer knows the job")
        path = Path(held.folder, attempt_folder.CONTROL, "exit")
        end_us = path.lstat().st_mtime_ns // 1000
        used_s = -(-max(0, end_us - held.since_us) // SECOND_US) if held.since_us else 0
        cause = cause_of(held)
        outcome: Outcome = "killed" if cause else "failure" if number(text) else "success"
        usage = self.usage(held, used_s, end_us)
        return Ended(held.attempt, end_us, outcome, cause, number(text), usage, "by the mark of its script")

    def usage(self, held: Held, used_s: int, until_us: int, since_us: int = 0) -> Usage:
        """Its meter: Slurm's seconds, and what its nodes noted of processor time and memory."""
        ranks = range(held.nodes)
        return Usage(
            attempt=held.attempt,
            meter=self.meter,
            from_us=held.since_us or since_us,
            until_us=until_us,
            milli_device_seconds=held.units_milli * held.nodes * used_s,
            cpu_ms=sum(cpu_ms(mark(held, f"times.{rank}")) for rank in ranks),
            memory_peak_kb=sum(number(mark(held, f"peak.{rank}")) for rank in ranks),
        )

    def will_press(self, held: Held, grace_s: int) -> None:
        """It is to be over after the grace; asked again, the shorter one holds."""
        at_s = self.steady_s() + grace_s + STOP_PATIENCE_S
        held.stop_grace_s = grace_s if held.stop_grace_s < 0 else min(held.stop_grace_s, grace_s)
        self.press_at_s[held.attempt] = min(self.press_at_s.get(held.attempt, at_s), at_s)

    def press(self, live: Sequence[Held]) -> None:
        """Have Slurm kill what should have been over for a while; the grace begins anew with the driver."""
        now_s = self.steady_s()
        late: list[str] = []
        for held in live:
            if held.ended is None and held.stop_grace_s >= 0:
                anew_s = now_s + held.stop_grace_s + STOP_PATIENCE_S
                if self.press_at_s.setdefault(held.attempt, anew_s) <= now_s:
                    late.append(held.engine_id)
        self.slurm.try_on(late, "scancel", "--signal=KILL", "--full")
        self.slurm.try_on(late, "scancel")

    def find_lost(self, lost: Sequence[Held]) -> None:
        """Find submissions whose answer never came, by the name in their comment."""
        if not lost:
            return
        rows = self.rows()
        found: list[Held] = []
        for held in lost:
            row = rows.get((held.submission, held.index))
            if row is not None:
                held.engine_id = row.job
                found.append(held)
        self.book.note(found)


def mark(held: Held, name: str) -> str:
    """What a mark in the attempt's folder says; empty where it is not there."""
    part = attempt_folder.read_part(held.folder, f"{attempt_folder.CONTROL}/{name}", 0, 4096)
    return part.decode(errors="replace").strip()


def number(text: str) -> int:
    """A count that a mark tells; 0 where a job has written something else over it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def claimed(held: Held) -> bool:
    """Whether its script has begun."""
    return bool(mark(held, "claimed/job"))


def cause_of(held: Held) -> Cause:
    """The cause that the attempt's watch noted."""
    noted = mark(held, "cause")
    return next((cause for cause in get_args(Cause) if cause == noted), "")


def cpu_ms(times: str) -> int:
    """User and system time of a shell and its children: what its `times` prints, `0m1.250s` each."""
    return round(
        sum(
            (int(minutes) * 60 + float(seconds)) * 1000
            for minutes, seconds in re.findall(r"(\d+)m([\d.]+)s", times)
        )
    )
