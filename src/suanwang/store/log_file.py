"""The log in a file: one writer, one frame and one fsync a group; a torn end is set aside and reported."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from suanwang.audit.publish import event_faults
from suanwang.store.durable_file import replace_file, sync_folder, write_all
from suanwang.store.group_frame import encode_frame
from suanwang.store.lock import FileLock
from suanwang.store.log import (
    DIGEST_BYTES,
    INPUT_ID_BYTES_MAX,
    Appended,
    Entry,
    InputConflict,
    LogBusy,
    LogDamaged,
    LogFailed,
    Recorded,
    StaleEpoch,
)
from suanwang.store.log_file_reader import (
    DURABLE_FILE,
    EPOCH_FILE,
    EVENTS_FILE,
    read_events,
    read_recorded,
    scan_frames,
)
from suanwang.store.log_index import LogIndex
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


class FileLogWriter:
    """The writer of the log in `folder`, which is made if need be.

    One writer at a time holds `writer.lock`; `takeover` leads all the same, for a holder that hangs, and
    the epoch then keeps the former one from appending. Both check and write inside `append.lock`.
    """

    def __init__(self, folder: Path, takeover: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / EVENTS_FILE
        self._writer_lock = FileLock(folder / "writer.lock")
        if not self._writer_lock.try_acquire(f"pid {os.getpid()}") and not takeover:
            holder = self._writer_lock.holder()
            self._writer_lock.close()
            raise LogBusy([_busy(folder, holder)])
        self._append_lock = FileLock(folder / "append.lock")
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._durable = os.open(folder / DURABLE_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._index = LogIndex()
        self._failed = False
        self.repairs: tuple[Fault, ...] = ()
        self._append_lock.acquire()
        try:
            self.epoch = self._lead()
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

    def recorded(self, input_id: str) -> Recorded | None:
        """What the log has for an input, or None where it has not seen it."""
        return read_recorded(self._descriptor, self._index, input_id, self._path)

    def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """Append a group: all of it durable on return, or none of it. Errors as the port says."""
        if self._failed:
            raise LogFailed([_failed(self._path, "an earlier append failed")])
        _check_entries(entries, self._index.size)
        self._append_lock.acquire()
        try:
            self._check_epoch()
            fresh, appended = self._decide(entries)
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

    def _lead(self) -> int:
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
        epoch = max(last, self._index.epoch) + 1
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
            raise StaleEpoch([
                Fault(
                    str(self.folder / EPOCH_FILE),
                    Text("another leader has taken over", "已有其他主节点接管"),
                    str(self.epoch),
                    same(current.decode(errors="replace").strip()),
                    Text("stop this process, or open the log again to lead", "停止本进程，或重新打开日志"),
                    "log-stale-epoch",
                )
            ])  # fmt: skip
        end = os.fstat(self._descriptor).st_size
        if end != self._index.end:
            self._failed = True
            raise LogFailed([_failed(self._path, f"{end} bytes, {self._index.end} known")])

    def _decide(self, entries: Sequence[Entry]) -> tuple[list[Entry], list[Appended]]:
        """The entries that are new, and the result of each; a conflict refuses the whole group."""
        fresh: list[Entry] = []
        appended: list[Appended] = []
        conflicts: list[Fault] = []
        in_group: dict[str, Recorded] = {}
        first = self._index.size
        for entry in entries:
            known = in_group.get(entry.input_id) or self.recorded(entry.input_id)
            if known is None:
                known = Recorded(entry.input_id, entry.input_digest, first, len(entry.events))
                in_group[entry.input_id] = known
                fresh.append(entry)
                first += len(entry.events)
                appended.append(Appended(known, repeated=False))
            elif known.input_digest == entry.input_digest:
                appended.append(Appended(known, repeated=True))
            else:
                conflicts.append(_conflict(entry, known))
        if conflicts:
            raise InputConflict(conflicts)
        return fresh, appended

    def _write(self, entries: Sequence[Entry]) -> None:
        header, payload = encode_frame(entries, self.epoch, self._index.size)
        try:
            write_all(self._descriptor, header.bytes + payload, self._index.end)
            os.fsync(self._descriptor)
        except OSError as error:
            # the bytes may or may not be there: only opening the log again can tell
            self._failed = True
            raise LogFailed([_failed(self._path, str(error))]) from error
        at_start = self._index.end == 0
        self._index.add(header, payload)
        self._mark_durable()
        if at_start:
            sync_folder(self.folder)

    def _mark_durable(self) -> None:
        # no fsync: after a crash, opening the log for writing finds the end anew
        os.pwrite(self._durable, self._index.end.to_bytes(8, "big"), 0)


def _check_entries(entries: Sequence[Entry], first: int) -> None:
    faults: list[Fault] = []
    for number, entry in enumerate(entries, 1):
        where = f"entry {number}"
        length = len(entry.input_id.encode(errors="surrogatepass"))
        if not 1 <= length <= INPUT_ID_BYTES_MAX or not entry.input_id.isprintable():
            what = Text("an input id that cannot be kept", "输入标识无法保存")
            faults.append(_unfit(where, what, entry.input_id[:80], f"1..{INPUT_ID_BYTES_MAX} bytes, UTF-8"))
        if len(entry.input_digest) != DIGEST_BYTES:
            what = Text("an input digest of the wrong length", "输入摘要长度不对")
            faults.append(_unfit(where, what, entry.input_digest.hex(), f"{DIGEST_BYTES} bytes"))
        for event in entry.events:
            faults += event_faults(event, first)
            first += 1
    if faults:
        raise InvalidInput(faults)


def _unfit(where: str, what: Text, found: str, expected: str) -> Fault:
    remedy = Text("correct the input", "请更正输入")
    return Fault(where, what, found, same(expected), remedy, "log-entry")


def _conflict(entry: Entry, known: Recorded) -> Fault:
    return Fault(
        f"input {entry.input_id}",
        Text("the same input id came with another body", "相同的输入标识对应不同的内容"),
        entry.input_digest.hex(),
        same(known.input_digest.hex()),
        Text("send a new input under a new id", "请用新的标识发送新的输入"),
        "input-conflict",
    )


def _busy(folder: Path, holder: str) -> Fault:
    return Fault(
        str(folder),
        Text("another process writes this log", "另一进程正在写此日志"),
        holder,
        Text("no other writer", "没有其他写入者"),
        Text("stop it, or read without writing", "停止该进程，或以只读方式打开"),
        "log-busy",
    )


def _failed(path: Path, found: str) -> Fault:
    return Fault(
        str(path),
        Text("an append did not reach the disk for certain", "追加未能确认写入磁盘"),
        found,
        Text("a completed write", "完成的写入"),
        Text("drop the state in memory and open the log again", "丢弃内存状态并重新打开日志"),
        "log-failed",
    )


def _bad_epoch(path: Path) -> Fault:
    return Fault(
        str(path),
        Text("the epoch cannot be read", "无法读取主节点纪元"),
        "",
        Text("a number", "数字"),
        Text("write a number above every epoch ever used", "写入大于所有用过的纪元的数字"),
        "log-damaged",
    )
