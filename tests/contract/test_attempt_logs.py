"""One contract for every place that keeps the streams of attempts."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.postgres import new_database

from suanwang.store import attempt_log_files, attempt_logs_postgres
from suanwang.store.attempt_log_files import FileAttemptLogs
from suanwang.store.attempt_logs import AttemptLogs
from suanwang.store.attempt_logs_postgres import PostgresAttemptLogs


@pytest.fixture(params=["files", "postgres"])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AttemptLogs]:
    kind = cast(str, request.param)
    made = FileAttemptLogs(tmp_path) if kind == "files" else PostgresAttemptLogs(new_database())
    yield made
    made.close()


def test_a_stream_grows_at_its_end(logs: AttemptLogs) -> None:
    assert logs.append("j1.1", "stdout", 0, b"hello") == 5
    assert logs.append("j1.1", "stdout", 5, b" world") == 11
    assert logs.append("j1.1", "stdout", 0, b"hello world") == 11, "the same again"
    assert logs.append("j1.1", "stdout", 8, b"rld, again") == 18, "what overlaps is taken from the end on"
    assert logs.append("j1.1", "stdout", 100, b"far") == 18, "a gap is not taken"
    assert logs.append("j1.1", "stderr", 0, b"e") == 1
    assert logs.read("j1.1", "stdout", 0, 100) == b"hello world, again"
    assert logs.read("j1.1", "stdout", 6, 5) == b"world"
    assert logs.read("j1.1", "stdout", 18, 5) == b""
    assert logs.read("j1.2", "stdout", 0, 5) == b""


def test_erased_streams_are_gone(logs: AttemptLogs) -> None:
    logs.append("j1.1", "stdout", 0, b"hello")
    logs.append("j1.10", "stdout", 0, b"other")
    logs.erase("j1.1")
    assert logs.read("j1.1", "stdout", 0, 100) == b""
    assert logs.read("j1.10", "stdout", 0, 100) == b"other"


def test_a_stream_without_end_is_cut(logs: AttemptLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt_log_files, "STREAM_BYTES_MOST", 10)
    monkeypatch.setattr(attempt_logs_postgres, "STREAM_BYTES_MOST", 10)
    assert logs.append("j1.1", "stdout", 0, b"12345678") == 8
    assert logs.append("j1.1", "stdout", 8, b"9012345") == 15, "taken, so that its agent goes on"
    assert logs.append("j1.1", "stdout", 15, b"more") == 19
    assert logs.read("j1.1", "stdout", 0, 100) == b"1234567890"


@settings(max_examples=30)
@given(st.binary(max_size=40), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 15)), max_size=12))
def test_parts_in_any_order_make_a_beginning_of_the_stream(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, cuts: list[tuple[int, int]]
) -> None:
    logs = FileAttemptLogs(tmp_path_factory.mktemp("logs"))
    size = 0
    for first, length in cuts:
        part = whole[first : first + length]
        told = logs.append("j1.1", "stdout", first, part) if part else size
        if first <= size:
            size = max(size, first + len(part))
        assert told == size
        assert logs.read("j1.1", "stdout", 0, 1000) == whole[:size]
