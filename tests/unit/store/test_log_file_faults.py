"""Crashes and damage of the log file: a torn end is repaired and reported, damage is never repaired."""

import hashlib
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suanwang.model.log import Entry, LogDamaged, LogFailed
from suanwang.store.log_file import FileLogWriter
from suanwang.store.log_file_reader import EVENTS_FILE, FileLogReader
from suanwang.units.errors import InvalidInput


def entry(name: str, *events: bytes) -> Entry:
    return Entry(name, hashlib.sha256(name.encode()).digest(), events)


def three_groups(folder: Path) -> list[int]:
    """A log of three groups of two events; the file's length after each."""
    log = FileLogWriter(folder)
    lengths = [0]
    for number in range(3):
        log.append([entry(f"g{number}", b"first %d" % number, b"second %d" % number)])
        lengths.append((folder / EVENTS_FILE).stat().st_size)
    log.close()
    return lengths


def test_an_end_torn_at_any_byte_is_set_aside_and_reported(tmp_path: Path):
    lengths = three_groups(tmp_path / "log")
    whole = (tmp_path / "log" / EVENTS_FILE).read_bytes()
    for length in range(lengths[2], lengths[3]):
        (tmp_path / "log" / EVENTS_FILE).write_bytes(whole[:length])
        log = FileLogWriter(tmp_path / "log")
        assert list(log.read()) == [b"first 0", b"second 0", b"first 1", b"second 1"]
        assert len(log.repairs) == (length > lengths[2])
        for repair in log.repairs:
            assert repair.warning and repair.kind == "log-torn"
            aside = repair.what.en.rsplit(" ", 1)[1]
            assert (tmp_path / "log" / aside).read_bytes() == whole[lengths[2] : length]
        (done,) = log.append([entry("g2", b"again")])
        assert not done.repeated
        log.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_garbage_in_place_of_the_last_group_is_a_torn_end(tmp_path: Path, data: st.DataObject):
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    lengths = three_groups(folder)
    whole = (folder / EVENTS_FILE).read_bytes()
    garbage = data.draw(st.binary(min_size=1, max_size=300))
    (folder / EVENTS_FILE).write_bytes(whole[: lengths[2]] + garbage)
    log = FileLogWriter(folder)
    assert log.size == 4 and len(log.repairs) == 1
    log.close()


def test_a_changed_byte_before_the_end_is_damage_and_nothing_is_touched(tmp_path: Path):
    lengths = three_groups(tmp_path / "log")
    path = tmp_path / "log" / EVENTS_FILE
    whole = path.read_bytes()
    for at in range(lengths[2]):
        damaged = bytearray(whole)
        damaged[at] ^= 0x40
        path.write_bytes(damaged)
        for opening in (FileLogWriter, FileLogReader):
            with pytest.raises(LogDamaged) as found:
                opening(tmp_path / "log")
            group = next(number for number in range(3) if at < lengths[number + 1])
            assert f"byte {lengths[group]}" in found.value.faults[0].where
            assert f"at event {2 * group}" in found.value.faults[0].what.en
        assert path.read_bytes() == damaged


def test_a_group_taken_out_or_doubled_is_damage(tmp_path: Path):
    lengths = three_groups(tmp_path / "log")
    path = tmp_path / "log" / EVENTS_FILE
    whole = path.read_bytes()
    groups = [whole[start:end] for start, end in pairwise(lengths)]
    for order in ([0, 2], [1, 2], [0, 1, 1, 2], [1, 0, 2]):
        path.write_bytes(b"".join(groups[number] for number in order))
        with pytest.raises(LogDamaged):
            FileLogWriter(tmp_path / "log")


def test_damage_after_opening_is_found_by_reading(tmp_path: Path):
    three_groups(tmp_path / "log")
    reader = FileLogReader(tmp_path / "log")
    path = tmp_path / "log" / EVENTS_FILE
    damaged = bytearray(path.read_bytes())
    damaged[-3] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(LogDamaged):
        list(reader.read())


def test_a_reader_sees_only_what_is_durable(tmp_path: Path):
    log = FileLogWriter(tmp_path / "log")
    log.append([entry("a", b"1")])
    reader = FileLogReader(tmp_path / "log")
    with (tmp_path / "log" / EVENTS_FILE).open("ab") as file:
        file.write(b"a group on its way")
    assert reader.refresh() == 1
    with pytest.raises(LogFailed):
        log.append([entry("b", b"2")])
    with pytest.raises(LogFailed):
        log.append([entry("c", b"3")])
    log.close()
    again = FileLogWriter(tmp_path / "log")
    assert len(again.repairs) == 1
    again.append([entry("b", b"2")])
    assert reader.refresh() == 2
    again.close()


def test_a_disk_that_is_full_fails_the_append_and_keeps_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log = FileLogWriter(tmp_path / "log")
    log.append([entry("a", b"1")])

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(LogFailed):
            log.append([entry("b", b"2")])
    with pytest.raises(LogFailed):
        log.append([entry("c", b"3")])
    log.close()
    again = FileLogWriter(tmp_path / "log")
    (done,) = again.append([entry("b", b"2")])  # the client sends again: one result, whatever became of it
    assert list(again.read()) == [b"1", b"2"]
    assert done.recorded.first_index == 1
    again.close()


def test_no_log_is_bad_input(tmp_path: Path):
    with pytest.raises(InvalidInput):
        FileLogReader(tmp_path)


WRITER = """
import hashlib, sys
from pathlib import Path
from suanwang.model.log import Entry
from suanwang.store.log_file import FileLogWriter
log = FileLogWriter(Path(sys.argv[1]))
number = log.size
while True:
    names = [f"event {number + more}" for more in range(3)]
    log.append([Entry(n, hashlib.sha256(n.encode()).digest(), (n.encode(),)) for n in names])
    number += 3
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_killed_writer(tmp_path: Path):
    acknowledged = 0
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        for _ in range(20):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        writer.stdout.close()
        writer.wait()
        log = FileLogWriter(tmp_path / "log")  # the dead writer's lock is gone
        assert log.size >= acknowledged and log.size % 3 == 0
        assert list(log.read()) == [b"event %d" % number for number in range(log.size)]
        log.close()
