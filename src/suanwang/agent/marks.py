"""What running attempts say of themselves in their folder, and their logs for those who follow them.

.suanwang/progress     one line, `<percent> <a word of its own>`, written over as it goes on
.suanwang/checkpoint   touched when what lies under the checkpoint path is whole: it is kept then
"""

import os
import re
from collections.abc import Callable, Collection
from typing import TypeVar

import msgspec

from suanwang.agent.errands import Errands
from suanwang.agent.staging import Plan, Staging
from suanwang.drivers.attempt_folder import CONTROL, open_below, read_part
from suanwang.drivers.port import Stream
from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment

Result = TypeVar("Result")

LOOK_EVERY_US = 5_000_000
FOLLOW_EVERY_US = 1_000_000
PROGRESS = re.compile(r"\s*(\d{1,3})(?:\.(\d{1,2}))?\s*%?\s*(.*)")
PROGRESS_BYTES_MOST = 400


class Seen(msgspec.Struct, frozen=True):
    """What an attempt's marks say: its progress as written, when it marked a checkpoint (0: never)."""

    progress: bytes = b""
    marked_ns: int = 0


class Marks:
    """Looks every few seconds at what runs, and each second at what somebody follows."""

    def __init__(self, staging: Staging, errands: Errands, agent: CentreAgent) -> None:
        self.staging, self.errands, self.agent = staging, errands, agent
        self.moment = Moment(0, 0)
        self.seen: dict[str, Seen] = {}
        self.sizes: dict[str, dict[Stream, int]] = {}
        self.follow: Collection[str] = ()
        self.busy: set[str] = set()
        self.look_us = self.follow_us = 0

    def go_on(self, moment: Moment) -> None:
        """Look where it is time."""
        self.moment = moment
        if moment.steady_us >= self.look_us:
            self.look_us = moment.steady_us + LOOK_EVERY_US
            for attempt in self.agent.live:
                self.look(attempt)
        if self.follow and moment.steady_us >= self.follow_us:
            self.follow_us = moment.steady_us + FOLLOW_EVERY_US
            for attempt in self.follow:
                if attempt in self.agent.memory.works:
                    self.send(attempt)

    def look(self, attempt: str) -> None:
        """See what changed in the attempt's folder."""
        before = self.seen.get(attempt, Seen())
        folder = str(self.staging.folder(attempt))

        def call() -> Seen:
            progress = read_part(folder, f"{CONTROL}/progress", 0, PROGRESS_BYTES_MOST)
            return Seen(progress, modified_ns(folder, f"{CONTROL}/checkpoint"))

        def then(seen: Seen) -> None:
            self.seen[attempt] = seen
            read = progress_of(seen.progress) if seen.progress != before.progress else None
            if read is not None:
                self.agent.progressed(attempt, *read)
            if seen.marked_ns > before.marked_ns:
                self.save(attempt)

        self.do(f"look {attempt}", "marks", call, then)

    def save(self, attempt: str) -> None:
        """Keep a checkpoint while the attempt goes on."""
        work = self.agent.memory.works.get(attempt)
        if work is None or not work.launch.saves_checkpoint:
            return
        launch = work.launch

        def call() -> str:
            plan: Plan = self.staging.plan(launch)
            return self.staging.keep(attempt, (plan.checkpoint_path,)) if plan.checkpoint_path else ""

        def then(name: str) -> None:
            if name:
                self.agent.saved(attempt, name, self.moment)

        self.do(f"save {attempt}", "checkpoints", call, then)

    def send(self, attempt: str) -> None:
        """Send what the log has grown by."""
        sizes = dict(self.sizes.get(attempt, {}))

        def then(now: dict[Stream, int]) -> None:
            self.sizes[attempt] = now

        self.do(f"log {attempt}", "logs", lambda: self.staging.send_logs(attempt, sizes), then)

    def do(self, name: str, lane: str, call: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """One of each at a time; what fails is tried again when it is next looked at."""
        if name in self.busy:
            return
        self.busy.add(name)

        def done(result: Result) -> None:
            self.busy.discard(name)
            then(result)

        self.errands.do(lane, call, done, lambda error: self.busy.discard(name))

    def forget(self, attempt: str) -> None:
        """It is erased."""
        self.seen.pop(attempt, None)
        self.sizes.pop(attempt, None)


def modified_ns(folder: str, path: str) -> int:
    """When a plain file was last written; 0 where there is none."""
    try:
        descriptor = open_below(folder, path)
    except OSError:
        return 0
    try:
        return os.fstat(descriptor).st_mtime_ns
    finally:
        os.close(descriptor)


def progress_of(line: bytes) -> tuple[int, str] | None:
    """Parts of 10,000 and a word, from `<percent> <word>`; None where it is not that."""
    match = PROGRESS.match(line.decode(errors="replace").split("\n", 1)[0])
    if match is None:
        return None
    done_bp = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
    return min(done_bp, 10_000), "".join(letter for letter in match[3] if letter.isprintable())
