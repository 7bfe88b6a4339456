"""The log in a file: one writer, one frame and one fsync a group; a torn end is set aside and reported."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from suanwang.model.log import (
    Appended,
    Entry,
    LogBusy,
    LogDamaged,
    LogFailed,
    Recorded,
    StaleEpoch,
)
from suanwang.store.durable_file import replace_file, sync_folder, write_all
from suanwang.store.group_frame import encode_frame
from suanwang.store.group_rules import check_entries, sort_out
from suanwang.store.lock import FileLock
from suanwang.store.log_faults import busy, failed, stale
from suanwang.store.log_file_reader import (
    DURABLE_FILE,
    EPOCH_FILE,
    EVENTS_FILE,
    read_entries,
    read_events,
    read_recorded,
    scan_frames,
)
from suanwang.store.log_index import LogIndex
from suanwang.units.errors import Fault
from suanwang.units.text import Text


class FileLogWriter:
    """The writer of the log in `folder`, which is made if need be.

    One writer at a time holds `writer.lock`; `takeover` leads all the same, for a holder that hangs, and
    the epoch then keeps the former one from appending. Both check and write inside `append.lock`.
    """

    def __init__(self, folder: Path, takeover: bool = False, epoch_above: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / EVENTS_FILE
        self._writer_lock = FileLock(folder / "writer.lock")
        if not self._writer_lock.try_acquire(f"pid {os.getpid()}") and not takeover:
            holder = self._writer_lock.holder()
            self._writer_lock.close()
            raise LogBusy([busy(str(folder), holder)])
        self._append_lock = FileLock(folder / "append.lock")
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._durable = os.open(folder / DURABLE_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._index = LogIndex()
        self._failed = False
        self.repairs: tuple[Fault, ...] = ()
        self._append_lock.acquire()
        try:
            self.epoch = self._lead(epoch_above)
        except BaseException:
            self.close()
            raise
        self._append_lock.release()

    @property
    def size(self) -> int:
        """How many events the log has."""
        return self._index.size

    def refresh(self) -> int:
        """The size; the one writer sees all there is."""
        return self._index.size

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The stored bytes of events `start` to `stop`, in order."""
        return read_events(self._descriptor, self._index, start, stop, self._path)

    def entries(self) -> Iterator[Entry]:
        """Every entry with its events, in the order of their appending."""
        return read_entries(self._descriptor, self._index, self._path)

    def recorded(self, input_id: str) -> Recorded | None:
        """What the log has for an input, or None where it has not seen it."""
        return read_recorded(self._descriptor, self._index, input_id, self._path)

    def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """Append a group: all of it durable on return, or none of it. Errors as the port says."""
        if self._failed:
            raise LogFailed([failed(str(self._path), "an earlier append failed")])
        check_entries(entries, self._index.size)
        self._append_lock.acquire()
        try:
            self._check_epoch()
            fresh, appended = sort_out(entries, self.recorded, self._index.size)
            if fresh:
                self._write(fresh)
            return appended
        finally:
            self._append_lock.release()

    def close(self) -> None:
        """Close the files and give up the lead."""
        os.close(self._descriptor)
        os.close(self._durable)
        self._append_lock.close()
        self._writer_lock.close()

    def _lead(self, epoch_above: int) -> int:
        """Read the log, set a torn end aside, and write down a new epoch."""
        end = os.fstat(self._descriptor).st_size
        torn_bytes = scan_frames(self._descriptor, end, self._index, self._path)
        if torn_bytes:
            self.repairs = (self._set_torn_end_aside(torn_bytes),)
        self._mark_durable()
        try:
            last = int((self.folder / EPOCH_FILE).read_text())
        except FileNotFoundError:
            last = 0
        except ValueError:
            raise LogDamaged([_bad_epoch(self.folder / EPOCH_FILE)]) from None
        epoch = max(last, self._index.epoch, epoch_above) + 1
        replace_file(self.folder / EPOCH_FILE, b"%d\n" % epoch)
        return epoch

    def _set_torn_end_aside(self, torn_bytes: int) -> Fault:
        offset = self._index.end
        aside = next(
            path
            for path in (self.folder / f"torn-{offset}-{number}" for number in range(1_000_000))
            if not path.exists()
        )
        replace_file(aside, os.pread(self._descriptor, torn_bytes, offset))
        os.ftruncate(self._descriptor, offset)
        os.fsync(self._descriptor)
        return Fault(
            f"{self._path}: byte {offset}",
            Text(
                f"the last append was cut short: {torn_bytes} bytes after event {self._index.size - 1} "
                f"were set aside in {aside.name}",
                f"最后一次追加不完整：事件 {self._index.size - 1} 之后的 {torn_bytes} 字节移至 {aside.name}",
            ),
            f"{torn_bytes} bytes",
            Text("a whole group", "完整的一组"),
            Text(
                "nothing that was acknowledged is lost unless the disk lied; clients send again",
                "若磁盘可靠，已确认的内容无丢失；客户端会重发",
            ),
            "log-torn",
            warning=True,
        )

    def _check_epoch(self) -> None:
        current = (self.folder / EPOCH_FILE).read_bytes()
        if current != b"%d\n" % self.epoch:
            found = current.decode(errors="replace").strip()
            raise StaleEpoch([stale(str(self.folder / EPOCH_FILE), self.epoch, found)])
        end = os.fstat(self._descriptor).st_size
        if end != self._index.end:
            self._failed = True
            raise LogFailed([failed(str(self._path), f"{end} bytes, {self._index.end} known")])

    def _write(self, entries: Sequence[Entry]) -> None:
        header, payload = encode_frame(entries, self.epoch, self._index.size)
        try:
            write_all(self._descriptor, header.bytes + payload, self._index.end)
            os.fsync(self._descriptor)
        except OSError as error:
            # the bytes may or may not be there: only opening the log again can tell
            self._failed = True
            raise LogFailed([failed(str(self._path), str(error))]) from error
        at_start = self._index.end == 0
        self._index.add(header, payload)
        self._mark_durable()
        if at_start:
            sync_folder(self.folder)

    def _mark_durable(self) -> None:
        # no fsync: after a crash, opening the log for writing finds the end anew
        os.pwrite(self._durable, self._index.end.to_bytes(8, "big"), 0)


def _bad_epoch(path: Path) -> Fault:
    return Fault(
        str(path),
        Text("the epoch cannot be read", "无法读取主节点纪元"),
        "",
        Text("a number", "数字"),
        Text("write a number above every epoch ever used", "写入大于所有用过的纪元的数字"),
        "log-damaged",
    )
