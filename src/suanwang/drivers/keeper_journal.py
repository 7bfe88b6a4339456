"""The keeper's memory on disk: what it meant to run, what began, how it ended, what is forgotten.

One JSON line a record, appended. The intention is on disk before anything is spawned, and an end before it
is told; a line torn by a crash is the last one and is dropped. No script, no variable, no secret is in it.
"""

from pathlib import Path

import msgspec

from suanwang.drivers.journal_file import JournalFile
from suanwang.drivers.port import Ended

JOURNAL = "journal.jsonl"
NAMES_KEPT_US = 7 * 24 * 3600 * 1_000_000
"""For how long the name of a cleaned attempt stays used up."""
REWRITE_LINES_LEAST = 20_000


class Intended(msgspec.Struct, tag="intended"):
    """The attempt was accepted and is about to be spawned."""

    attempt: str
    folder: str
    outputs: tuple[str, ...] = ()


class Begun(msgspec.Struct, tag="begun"):
    """Its leader runs: process id, and about when it was born in ticks since boot: a process's name."""

    attempt: str
    pid: int
    born_ticks: int
    since_us: int


class Finished(msgspec.Struct, tag="finished"):
    """It is over."""

    ended: Ended


class Forgotten(msgspec.Struct, tag="forgotten"):
    """It was cleaned; only its name is still known."""

    attempt: str
    at_us: int


Record = Intended | Begun | Finished | Forgotten


class Remembered(msgspec.Struct):
    """What the journal knows of one attempt."""

    intended: Intended
    begun: Begun | None = None
    finished: Finished | None = None


class KeeperJournal:
    """The journal in `folder`; `known` and `forgotten` are what it says."""

    def __init__(self, folder: Path, now_us: int) -> None:
        self.path = folder / JOURNAL
        self.file = JournalFile(self.path)
        self.encoder = msgspec.json.Encoder()
        self.known: dict[str, Remembered] = {}
        self.forgotten: dict[str, int] = {}
        self.pending: list[bytes] = []
        decoder = msgspec.json.Decoder(Record)
        for line in self.file.read():
            self.take(decoder.decode(line))
        self.rewrite(now_us)

    def take(self, record: Record) -> None:
        """Let `record` be known."""
        match record:
            case Intended():
                self.known[record.attempt] = Remembered(record)
            case Begun():
                self.known[record.attempt].begun = record
            case Finished():
                self.known[record.ended.attempt].finished = record
            case Forgotten():
                self.known.pop(record.attempt, None)
                self.forgotten[record.attempt] = record.at_us

    def add(self, record: Record) -> None:
        """Note a record; it is on disk after the next `write`."""
        self.take(record)
        self.pending.append(self.encoder.encode(record))

    def write(self, durable: bool) -> None:
        """Append what was noted; `durable`: return only when the disk has it.

        Raises OSError where the disk does not take it; what was noted stays noted.
        """
        if self.pending or durable:
            self.file.append(self.pending, durable)
            self.pending.clear()

    def rewrite_if_long(self, now_us: int) -> None:
        """Drop what is forgotten once it is the most of the file."""
        lines = self.file.lines
        if lines > REWRITE_LINES_LEAST and lines > 8 * len(self.known) + 2 * len(self.forgotten):
            self.rewrite(now_us)

    def rewrite(self, now_us: int) -> None:
        """Write the file anew with what is still known, whole or not at all."""
        self.forgotten = {name: at for name, at in self.forgotten.items() if at > now_us - NAMES_KEPT_US}
        records: list[Record] = [Forgotten(name, at) for name, at in self.forgotten.items()]
        for one in self.known.values():
            records += [record for record in (one.intended, one.begun, one.finished) if record is not None]
        self.file.rewrite(map(self.encoder.encode, records))
        self.pending.clear()
