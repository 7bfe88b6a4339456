"""Servers that die: what was acknowledged is there, nothing is there twice, and another takes over."""

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.networks import small_network
from tests.postgres import open_folder
from tests.server_process import Server, server
from tests.servers import recent

from suanwang.client.client import Client
from suanwang.client.line import Answered, Line, Unreachable
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.ledger.commands import OpenWallet, TopUp
from suanwang.model.job import Alternative, JobSpec, Shape

FIRM = "firm-1"
SPEC = JobSpec(name="a", shape=Shape((Alternative("A100", 1000, 1, 600),), "310000"))


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


def network(folder: Path) -> Path:
    write_scenario(recent(small_network()), folder / "network", "csv")
    return folder / "network"


def open_books(client: Client) -> None:
    client.book(OpenWallet("open", FIRM, "CNY", 0))
    client.book(TopUp("top-up", FIRM, 10**12, "test"))


class Load(threading.Thread):
    """Submits batches until it is stopped; the same batch again where it has no answer."""

    def __init__(self, server: Server, token: str) -> None:
        super().__init__(daemon=True)
        self.server, self.token = server, token
        self.acknowledged: dict[str, list[str]] = {}
        self.sent = 0
        self.ends = threading.Event()
        self.failed: BaseException | None = None

    def run(self) -> None:
        while not self.ends.is_set():
            self.sent += 1
            self.submit(f"batch-{self.sent}")

    def submit(self, key: str) -> None:
        while not self.ends.is_set():
            line = Line(self.server.url, self.token, pause=lambda seconds: None)
            try:
                found = Client(line).submit([SPEC] * 20, FIRM, key)
            except Unreachable:
                time.sleep(0.02)
                continue
            except Answered as error:
                self.failed = error
                return
            finally:
                line.close()
            self.acknowledged[key] = [one.job for one in found.jobs]
            return


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def all_jobs(client: Client) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        page = client.jobs(limit=1000, after=after)
        found += [one.job for one in page.jobs]
        after = page.next
        if after is None:
            return found


KILLS = [
    pytest.param(False, 1, id="postgres"),
    pytest.param(True, 1, id="files", marks=pytest.mark.soak),
    pytest.param(False, 20, id="postgres-again-and-again", marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("files", "kills"), KILLS)
def test_a_server_killed_under_load_loses_nothing_and_doubles_nothing(
    folder: Path, files: bool, kills: int
) -> None:
    data = folder / "data"
    data.mkdir(mode=0o755)
    scenario = network(folder)
    with server(data, scenario, files) as first:
        open_books(first.client())
        load = Load(first, (data / "operator.token").read_text().strip())
        load.start()
        for number in range(kills):
            before = len(load.acknowledged)
            load.server.wait(lambda before=before: len(load.acknowledged) > before + 5)
            load.server.kill()
            again = Server(data, scenario, files, f"again-{number}")
            again.wait(again.leads)
            load.server = again
        try:
            before = len(load.acknowledged)
            load.server.wait(lambda: len(load.acknowledged) > before + 2)
            load.ends.set()
            load.join(120)
            assert load.failed is None
            jobs = all_jobs(load.server.client())
            assert len(set(jobs)) == len(jobs)
            acknowledged = [job for batch in load.acknowledged.values() for job in batch]
            assert len(set(acknowledged)) == len(acknowledged), "no job answers two submissions"
            assert set(acknowledged) <= set(jobs), "what was acknowledged is there"
            # one more batch may be there whose answer was not waited for
            assert len(jobs) - len(acknowledged) in (0, 20), "none is there twice"
            assert load.server.stop() == 0
        finally:
            load.server.close()


def test_a_second_server_waits_and_takes_over_in_seconds(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(mode=0o755)
    with server(data, network(folder)) as first:
        token = (data / "operator.token").read_text().strip()
        open_books(first.client())
        second = Server(data, None, name="second")
        try:
            assert not second.leads(), "a standby does not lead"
            line = Line(second.url, token, pause=lambda seconds: None)
            with pytest.raises(Unreachable, match="does not lead"):
                Client(line).jobs()
            done = first.client().submit([SPEC] * 5, FIRM, "before")
            children = first.children()
            assert children, "clearing is warmed in a child"
            killed = time.monotonic()
            first.kill()
            second.wait(second.leads)
            assert time.monotonic() - killed < 30
            again = second.client(token).submit([SPEC] * 5, FIRM, "before")
            assert again == done, "the same request has the same answer from another server"
            assert len(all_jobs(second.client(token))) == 5
            assert second.stop() == 0
            until = time.monotonic() + 120
            while [child for child in children if alive(child)]:
                assert time.monotonic() < until, "no child outlives its server"
                time.sleep(0.1)
        finally:
            second.close()


def test_a_server_told_to_stop_keeps_a_snapshot_and_ends_well(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(mode=0o755)
    with server(data, network(folder), files=True) as first:
        open_books(first.client())
        first.client().submit([SPEC] * 10, FIRM)
        assert first.stop() == 0
        assert "keeping a snapshot" in first.log.read_text()
    snapshots = list((data / "log").glob("**/*snap*"))
    assert snapshots
    with server(data, files=True) as again:
        assert len(all_jobs(again.client())) == 10
        assert again.stop() == 0
