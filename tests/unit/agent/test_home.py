"""The agent's folder: one agent, a journal that a crash may tear, a fence that outlives the agent."""

from pathlib import Path

import pytest

from suanwang.agent.backoff import BASE_S, MOST_S, Backoff
from suanwang.agent.home import FolderTaken, Home
from suanwang.engine.centre_clock import Moment
from suanwang.model.agent_records import Acknowledged, FactKept, SessionBegun
from suanwang.model.facts import Started
from suanwang.units.errors import InvalidInput

SECOND = 1_000_000


def test_one_agent_a_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(FolderTaken):
        Home(tmp_path)
    home.close()
    Home(tmp_path).close()


def test_a_torn_line_is_dropped_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write([SessionBegun(7), FactKept(Started("j1.1", 5)), FactKept(Started("j2.1", 6))], home.memory)
    home.write([Acknowledged(1)], home.memory)
    home.close()
    journal = tmp_path / "journal.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"record":"sess')
    again = Home(tmp_path)
    assert (again.memory.session, again.memory.facts) == (7, [Started("j2.1", 6)])
    again.close()
    journal.write_bytes(b'{"record":"session","session":"x"}\n')
    with pytest.raises(InvalidInput) as told:
        Home(tmp_path)
    assert "journal.jsonl:1" in told.value.faults[0].where


def test_when_it_was_heard_outlives_the_agent_and_a_start_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    now = Moment(1000 * SECOND, 500 * SECOND)
    assert home.heard_us(now) is None
    home.note_heard(now)
    assert home.heard_us(Moment(1100 * SECOND, 600 * SECOND)) == 500 * SECOND
    monkeypatch.setattr("suanwang.agent.home.boot", lambda: "another start")
    assert home.heard_us(Moment(1100 * SECOND, 20 * SECOND)) == -80 * SECOND
    home.close()


def test_backoff_grows_with_jitter_and_forgets() -> None:
    class Chance:
        def random(self) -> float:
            return 1.0

    backoff = Backoff(Chance())  # type: ignore[arg-type]
    waits: list[float] = []
    for _ in range(9):
        backoff.failed(0)
        waits.append(backoff.until_us / SECOND)
    assert waits[:3] == [BASE_S, 2 * BASE_S, 4 * BASE_S]
    assert waits[-1] == MOST_S
    backoff.worked()
    assert backoff.may(0)
