"""What a driver of a foreign engine remembers of its attempts: one record each, the last one counts.

The engine's own records come and go; the book has what must outlive them and the agent: that the attempt
was meant to run before the engine was asked, the engine's name of it, that it was to be stopped, its end.
"""

import fcntl
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from suanwang.drivers.attempt_folder import erase
from suanwang.drivers.journal_file import JournalFile
from suanwang.drivers.keeper_journal import NAMES_KEPT_US
from suanwang.drivers.launch_check import no_such_attempt, still_running, unknown
from suanwang.drivers.port import Cause, Ended, EngineAway, Erased, Launch, Paused, Refused, Report, Running
from suanwang.units.errors import Fault
from suanwang.units.text import Text

BOOK = "attempts.jsonl"
LOCK = "driver.lock"


class Held(msgspec.Struct):
    """One attempt. `engine_id`: empty until the engine has answered; `submission` names what was asked of it.

    `index`: the place within the submission; `stop_grace_s`: that of `stop`, -1 without one; `read_us`: of
    the last reading of its meter that was told; `forgotten_us`: when it was cleaned, 0 before.
    """

    attempt: str
    folder: str
    outputs: tuple[str, ...]
    device: str
    units_milli: int
    nodes: int
    submission: str
    index: int
    engine_id: str = ""
    since_us: int = 0
    paused_us: int = 0
    read_us: int = 0
    stop_grace_s: int = -1
    cause: Cause = ""
    ended: Ended | None = None
    forgotten_us: int = 0

    def standing(self) -> list[Report]:
        """What is to be told of it to somebody who knows nothing."""
        reports: list[Report] = []
        if self.paused_us:
            reports.append(Paused(self.attempt, self.paused_us))
        elif self.since_us:
            reports.append(Running(self.attempt, self.since_us))
        return reports + ([self.ended] if self.ended is not None else [])


def held_of(launch: Launch, submission: str, index: int) -> Held:
    """The record of a launch that is about to be asked for."""
    return Held(
        launch.attempt,
        launch.folder,
        launch.outputs,
        launch.device,
        launch.units_milli,
        launch.nodes,
        submission,
        index,
    )


def token_of(folder: Path) -> str:
    """What tells one driver's work from others' in the same engine: made once, kept in its folder."""
    path = folder / "token"
    if not path.exists():
        beside = folder / ".token"
        beside.write_text(secrets.token_hex(6))
        beside.replace(path)
    return path.read_text()


class AttemptBook:
    """The records in `folder`, by attempt; one driver at a time. Raises EngineAway if another has it."""

    def __init__(self, folder: Path, now_us: int) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self.lock)
            raise EngineAway(
                [
                    Fault(
                        str(folder),
                        Text("another driver has this folder", "另一个驱动正在使用该文件夹"),
                        remedy=Text("one agent, one folder", "每个代理使用自己的文件夹"),
                    )
                ]
            ) from None
        self.token = token_of(folder)
        self.held: dict[str, Held] = {}
        self.file = JournalFile(folder / BOOK)
        self.encoder = msgspec.json.Encoder()
        decoder = msgspec.json.Decoder(Held)
        for line in self.file.read():
            one = decoder.decode(line)
            self.held[one.attempt] = one
        kept = [one for one in self.held.values() if not 0 < one.forgotten_us < now_us - NAMES_KEPT_US]
        self.held = {one.attempt: one for one in kept}
        self.file.rewrite(map(self.encoder.encode, kept))

    def note(self, records: Sequence[Held]) -> None:
        """Write these as they are now, on disk when it returns. Raises OSError."""
        if records:
            self.file.append(map(self.encoder.encode, records), durable=True)
            self.held.update({one.attempt: one for one in records})

    def withdraw(self, records: Sequence[Held]) -> None:
        """The engine refused them: their names are free again."""
        for one in records:
            del self.held[one.attempt]
        self.file.rewrite(map(self.encoder.encode, self.held.values()))

    def known(self) -> list[Held]:
        """Those that are not cleaned."""
        return [one for one in self.held.values() if not one.forgotten_us]

    def live(self) -> list[Held]:
        """Those that have not ended."""
        return [one for one in self.held.values() if one.ended is None]

    def find(self, attempt: str) -> Held:
        """One that is not cleaned. Raises InvalidInput."""
        one = self.held.get(attempt)
        if one is None or one.forgotten_us:
            raise no_such_attempt(attempt)
        return one

    def clean(self, attempts: Sequence[str]) -> list[Erased | Refused]:
        """Erase the folders of those that have ended, then keep only their names."""
        answers: list[Erased | Refused] = []
        cleaned: list[Held] = []
        for attempt in attempts:
            one = self.held.get(attempt)
            if one is None or one.forgotten_us:
                answers.append(unknown(attempt))
            elif one.ended is None:
                answers.append(still_running(attempt))
            else:
                answers.append(Erased(attempt, *erase(one.folder)))
                one.forgotten_us = one.ended.at_us
                cleaned.append(one)
        self.note(cleaned)
        return answers

    def close(self) -> None:
        """Let go of the folder."""
        self.file.close()
        os.close(self.lock)
