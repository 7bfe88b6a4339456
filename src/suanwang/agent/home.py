"""The agent's folder on disk: its lock, its journal, when it was last heard, its scratch.

agent.lock      held by the one agent that works in the folder
journal.jsonl   records of `model.agent_records`, a line each
heard.json      when the last acknowledged request was sent; lost with the machine's power, not with the agent
drain           is there where the agent shall take no new work
"""

import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from suanwang.drivers.journal_file import JournalFile
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_memory import remember
from suanwang.model.agent_records import Acknowledged, AnyRecord, Memory, Remembered
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

LOCK, JOURNAL, HEARD, DRAIN = "agent.lock", "journal.jsonl", "heard.json", "drain"
BOOT = Path("/proc/sys/kernel/random/boot_id")
LINES_LEAST = 20_000
HEARD_EVERY_US = 1_000_000


class FolderTaken(InvalidInput):
    """Another agent works in the folder."""


class Heard(msgspec.Struct, frozen=True):
    """An instant by both clocks; the steady one counts from the start of the machine that `boot` names."""

    at: int
    steady_us: int
    boot: str


def now() -> Moment:
    """The time of this machine, by the calendar and since it was started (sleep counted)."""
    return Moment(time.time_ns() // 1000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000)


class Home:
    """Opened by one agent at a time. Raises FolderTaken, or InvalidInput where the disk fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = Text("another agent works in this folder", "已有代理在此文件夹中工作")
            raise FolderTaken([Fault(str(folder), what)]) from None
        except OSError as error:
            what = Text("the agent's folder cannot be used", "代理的数据文件夹不可用")
            raise InvalidInput([Fault(str(folder), what, str(error))]) from None
        self.drain = str(folder / DRAIN)
        self.work = folder / "work"
        self.scratch = folder / "scratch"
        for below in (self.work, self.scratch):
            below.mkdir(exist_ok=True, mode=0o711)
        for left in self.scratch.iterdir():
            left.unlink(missing_ok=True)
        self.file = JournalFile(folder / JOURNAL)
        self.encoder = msgspec.json.Encoder()
        self.memory = self.read()
        self.heard_written_us = 0

    def read(self) -> Memory:
        """What the journal says; it is written anew in one line. Raises InvalidInput where it is damaged."""
        memory = Memory()
        decoder = msgspec.json.Decoder(AnyRecord)
        for number, line in enumerate(self.file.read(), start=1):
            try:
                memory = remember(memory, decoder.decode(line))
            except (msgspec.MsgspecError, KeyError) as error:
                what = Text("the agent's journal is damaged", "代理的日志已损坏")
                remedy = Text(
                    "restore the file; without it the platform counts the centre's work as lost",
                    "请恢复该文件；若缺失，平台会将该中心的作业视为丢失",
                )
                where = f"{self.folder / JOURNAL}:{number}"
                raise InvalidInput([Fault(where, what, str(error), remedy=remedy)]) from None
        self.file.rewrite([self.encoder.encode(Remembered(memory))])
        return memory

    def write(self, records: Sequence[AnyRecord], memory: Memory) -> None:
        """Records on disk when this returns; OSError where the disk does not take them.

        An acknowledgement alone is not waited for: where it is lost, the platform hears its facts again.
        """
        durable = any(not isinstance(record, Acknowledged) for record in records)
        self.file.append([self.encoder.encode(record) for record in records], durable)
        if self.file.lines > LINES_LEAST and self.file.lines > 8 * (len(memory.works) + len(memory.facts)):
            self.file.rewrite([self.encoder.encode(Remembered(memory))])

    def heard_us(self, moment: Moment) -> int | None:
        """When the last acknowledged request was sent, on the steady clock of now; None: nobody knows."""
        try:
            heard = msgspec.json.decode((self.folder / HEARD).read_bytes(), type=Heard)
        except (OSError, msgspec.MsgspecError):
            return None
        if heard.boot == boot():
            return min(heard.steady_us, moment.steady_us)
        return moment.steady_us - max(0, moment.at - heard.at)

    def note_heard(self, sent: Moment) -> None:
        """A request that was sent then was acknowledged. Not waited for: it outlives the agent only."""
        if sent.steady_us - self.heard_written_us >= HEARD_EVERY_US:
            self.heard_written_us = sent.steady_us
            beside = self.folder / f".{HEARD}.new"
            beside.write_bytes(self.encoder.encode(Heard(sent.at, sent.steady_us, boot())))
            beside.replace(self.folder / HEARD)

    @property
    def drain_asked(self) -> bool:
        """Whether the agent shall take no new work."""
        return os.path.exists(self.drain)  # noqa: PTH110  (asked at every pass: a Path costs more)

    def close(self) -> None:
        """Let another agent work in the folder."""
        self.file.close()
        os.close(self.lock)


def boot() -> str:
    """The name of this run of the machine."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""
