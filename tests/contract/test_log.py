"""What every home of the log promises. A home joins by an entry in `HOMES`."""

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.postgres import new_database

from suanwang.model.log import EPOCHS_APART, Entry, InputConflict, LogBusy, LogWriter, StaleEpoch
from suanwang.store.home import FileHome, Home, PostgresHome
from suanwang.units.errors import InvalidInput

HOMES: dict[str, Callable[[Path], Home]] = {
    "file": FileHome,
    "postgresql": lambda _: PostgresHome(new_database()),
}


@pytest.fixture(params=HOMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    return HOMES[request.param](tmp_path / "log")


@pytest.fixture
def log(home: Home) -> Iterator[LogWriter]:
    writer = home.writer()
    yield writer
    writer.close()


def entry(name: str, *events: bytes, body: str = "") -> Entry:
    return Entry(name, hashlib.sha256((body or name).encode()).digest(), events)


def test_events_come_back_byte_for_byte_and_in_order(home: Home):
    log = home.writer()
    events = [b"{}", b"\x00\xff\n", bytes(65_535), "余额".encode()]
    assert log.size == 0 and list(log.read()) == []
    log.append([entry("a", events[0], events[1]), entry("b", events[2])])
    log.append([entry("c", events[3])])
    assert log.size == 4
    assert list(log.read()) == events
    log.close()
    again = home.writer()
    assert list(again.read()) == events
    assert again.repairs == ()
    again.close()


def test_reading_starts_and_stops_anywhere(log: LogWriter):
    events = [b"%d" % number for number in range(50)]
    for start in range(0, 50, 7):
        log.append([entry(f"i{start}", *events[start : start + 7]), entry(f"empty{start}")])
    for start in range(51):
        for stop in (start, start + 1, start + 9, 50, 99, None):
            assert list(log.read(start, stop)) == events[start:stop]


def test_an_input_has_one_result(log: LogWriter, home: Home):
    (first,) = log.append([entry("pay-1", b"paid", b"receipt")])
    assert not first.repeated and (first.recorded.first_index, first.recorded.count) == (0, 2)
    (again,) = log.append([entry("pay-1", b"decided anew")])
    assert again.repeated and again.recorded == first.recorded
    assert list(log.read()) == [b"paid", b"receipt"]
    assert log.recorded("pay-1") == first.recorded
    assert log.recorded("pay-2") is None
    assert home.reader().recorded("pay-1") == first.recorded


def test_the_same_input_twice_in_one_group_has_one_result(log: LogWriter):
    one, two, three = log.append([entry("a", b"1"), entry("b", b"2"), entry("a", b"1")])
    assert (one.repeated, two.repeated, three.repeated) == (False, False, True)
    assert three.recorded == one.recorded
    assert log.size == 2


@pytest.mark.parametrize("within_one_group", [False, True])
def test_an_id_with_another_body_is_refused_and_nothing_is_half_appended(
    log: LogWriter, within_one_group: bool
):
    group = [entry("new-1", b"x"), entry("pay-1", b"paid twice", body="other"), entry("new-2", b"y")]
    if within_one_group:
        group.insert(0, entry("pay-1", b"paid"))
    else:
        log.append([entry("pay-1", b"paid")])
    before = list(log.read())
    with pytest.raises(InputConflict) as refused:
        log.append(group)
    assert [fault.where for fault in refused.value.faults] == ["input pay-1"]
    assert list(log.read()) == before
    assert log.recorded("new-1") is None
    log.append([entry("new-1", b"x")])
    assert list(log.read()) == [*before, b"x"]


def test_unfit_entries_are_refused_with_every_fault(log: LogWriter):
    bad = [
        Entry("", bytes(32), ()),
        Entry("a\n", bytes(32), ()),
        Entry("汉" * 86, bytes(31), (b"", b"x" * 65_536, b"fine")),
    ]
    with pytest.raises(InvalidInput) as refused:
        log.append(bad)
    places = [fault.where for fault in refused.value.faults]
    assert places == ["entry 1", "entry 2", "entry 3", "entry 3", "event 0", "event 1"]
    assert log.size == 0


def test_a_second_writer_is_refused_while_the_first_lives(log: LogWriter, home: Home):
    with pytest.raises(LogBusy):
        home.writer()
    log.append([entry("a", b"1")])


def test_a_leader_that_was_taken_over_cannot_append(log: LogWriter, home: Home):
    log.append([entry("a", b"1")])
    leader = home.writer(takeover=True)
    assert leader.epoch > log.epoch
    with pytest.raises(StaleEpoch):
        log.append([entry("b", b"2")])
    leader.append([entry("b", b"3")])
    with pytest.raises(StaleEpoch):
        log.append([entry("c", b"4")])
    assert list(leader.read()) == [b"1", b"3"]
    leader.close()


def test_the_entries_of_one_home_make_the_same_log_in_another(home: Home, tmp_path: Path):
    log = home.writer()
    log.append([entry("none"), entry("a", b"1", b"2"), entry("empty", body="x"), entry("z", b"3")])
    log.append([entry("b"), entry("c", b"4" * 60_000), entry("d")])
    other = FileHome(tmp_path / "other").writer()
    other.append(list(log.entries()))
    assert list(other.read()) == list(log.read())
    for name in ("none", "a", "empty", "z", "b", "c", "d"):
        assert other.recorded(name) == log.recorded(name)
    log.append([entry("e", b"the log is no longer in the hands of its reader")])
    log.close()
    other.close()


def test_there_is_nothing_to_read_before_the_first_writer(home: Home):
    with pytest.raises(InvalidInput, match="there is no log here"):
        home.reader()


def test_epochs_grow_with_every_lead(home: Home):
    epochs: list[int] = []
    for _ in range(3):
        writer = home.writer()
        epochs.append(writer.epoch)
        writer.close()
    assert epochs == sorted(set(epochs))
    writer = home.writer(epoch_above=EPOCHS_APART**2)
    writer.append([entry("a", b"1")])
    writer.close()
    again = home.writer(epoch_above=7)
    assert again.epoch > writer.epoch > EPOCHS_APART**2
    again.append([entry("b", b"2")])
    again.close()


def test_a_reader_follows_and_never_writes(log: LogWriter, home: Home):
    log.append([entry("a", b"1")])
    reader = home.reader()
    assert list(reader.read()) == [b"1"]
    log.append([entry("b", b"2", b"3")])
    assert reader.size == 1
    assert reader.refresh() == 3
    assert list(reader.read(1)) == [b"2", b"3"]
    assert not hasattr(reader, "append")
    reader.close()


def test_leaders_that_fight_leave_one_sound_log(home: Home):
    """Four threads take over from each other and append: each acknowledged event is there, once, in order."""
    acknowledged: list[tuple[int, bytes]] = []
    guard = threading.Lock()

    def lead(name: int) -> None:
        for round_number in range(6):
            try:
                writer = home.writer(takeover=True)
                for number in range(4):
                    event = b"%d-%d-%d" % (name, round_number, number)
                    (done,) = writer.append([entry(event.decode(), event)])
                    with guard:
                        acknowledged.append((done.recorded.first_index, event))
            except StaleEpoch:
                pass
            else:
                writer.close()

    threads = [threading.Thread(target=lead, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = list(home.reader().read())
    assert len(stored) == len(set(stored))
    assert sorted(acknowledged) == list(enumerate(stored))


class LogAgainstList(RuleBasedStateMachine):
    """Any run of appends, repeats, conflicts and reopenings against a list and a dictionary."""

    name = "file"

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.home = HOMES[self.name](Path(self.place.name) / "log")
        self.log = self.home.writer()
        self.events: list[bytes] = []
        self.inputs: dict[str, tuple[str, int, int]] = {}

    @rule(
        group=st.lists(
            st.tuples(
                st.sampled_from("abcdefgh"),
                st.sampled_from("xxxy"),
                st.lists(st.binary(min_size=1, max_size=20), max_size=3),
            ),
            max_size=4,
        )
    )
    def append(self, group: list[tuple[str, str, list[bytes]]]) -> None:
        events, inputs, conflict = list(self.events), dict(self.inputs), False
        expected: list[tuple[int, int, bool]] = []
        for name, body, new in group:
            known = inputs.get(name)
            if known is None:
                inputs[name] = (body, len(events), len(new))
                expected.append((len(events), len(new), False))
                events += new
            elif known[0] == body:
                expected.append((known[1], known[2], True))
            else:
                conflict = True
        entries = [entry(name, *new, body=body) for name, body, new in group]
        try:
            done = self.log.append(entries)
        except InputConflict:
            assert conflict
            return
        assert not conflict
        assert [(one.recorded.first_index, one.recorded.count, one.repeated) for one in done] == expected
        self.events, self.inputs = events, inputs

    @rule()
    def reopen(self) -> None:
        self.log.close()
        self.log = self.home.writer()
        assert self.log.repairs == ()

    @invariant()
    def the_log_is_the_list(self) -> None:
        assert list(self.log.read()) == self.events
        reader = self.home.reader()
        assert list(reader.read()) == self.events
        reader.close()
        entries = list(self.log.entries())
        assert [event for one in entries for event in one.events] == self.events
        assert {one.input_id: len(one.events) for one in entries} == {
            name: count for name, (_, _, count) in self.inputs.items()
        }
        for name, (_, first, count) in self.inputs.items():
            recorded = self.log.recorded(name)
            assert recorded is not None and (recorded.first_index, recorded.count) == (first, count)

    def teardown(self) -> None:
        self.log.close()
        self.place.cleanup()


class PostgresLogAgainstList(LogAgainstList):
    name = "postgresql"


TestLogAgainstList = LogAgainstList.TestCase
TestLogAgainstList.settings = settings(max_examples=15, stateful_step_count=12)
TestPostgresLogAgainstList = PostgresLogAgainstList.TestCase
TestPostgresLogAgainstList.settings = settings(max_examples=6, stateful_step_count=12)
