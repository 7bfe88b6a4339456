"""A real platform whose processes are killed at random while real jobs run: none lost, doubled or overpaid.

Server, agents, the keepers of their jobs, the database and a session of it, and the jobs' own processes:
SIGKILL to any of them, drawn by a seed. Each script writes what it saw into a file of its own, so that what
the platform says and charges is held against what ran.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from random import Random  # noqa: TID251  which process is killed when, the seed is told

import msgspec
import pytest
from tests.networks import small_network
from tests.postgres import open_folder
from tests.server_process import Server
from tests.servers import recent

from suanwang.client.client import Client
from suanwang.client.line import Line, Unreachable
from suanwang.drivers.local import LocalDriver
from suanwang.drivers.local_machine import this_machine
from suanwang.drivers.private_slurm import free_ports
from suanwang.drivers.process_tree import MARK
from suanwang.engine.apply import replay
from suanwang.engine.platform import Platform
from suanwang.engine.validate import validate
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.ledger.commands import OpenWallet, TopUp
from suanwang.model.api.jobs import AttemptTold, JobTold
from suanwang.model.content import JobContent
from suanwang.model.job import CLOSED, Alternative, JobSpec, Shape
from suanwang.store.cluster import Cluster
from suanwang.store.embedded import EmbeddedServer
from suanwang.store.home import PostgresHome

FIRM = "firm-1"
TOP_UP_MICRO = 10**13
CENTRES = {"zw": ("zw-a100", "A100", 64), "cd": ("cd-cpu", "cpu", 256)}
"""Pool, device, how many of it: declared ones, as many as the network has."""
LIMIT_S = 120
ALL_END_S = 300.0
RESOLUTION_S = 2.5
"""Charged are whole device-seconds, rounded up, and a busy keeper sees an end a moment late."""
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

KINDS = ("server", "agent", "keeper", "database", "session", "job")

RUN = """
echo "{mark} ${mark} start $(cut -d' ' -f22 /proc/$$/stat)" >> {evidence}
i=0; while [ $i -lt {tenths} ]; do sleep 0.1; i=$((i + 1)); done
read -r up rest < /proc/uptime
echo "{mark} ${mark} end $up" >> {evidence}
"""


class Ran:
    """What the scripts of one attempt wrote: when they were born and when they ended, seconds since boot."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.ends: list[float] = []


class Town:
    """A server, two agents and whoever submits; each is started again after it was killed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder, Random(seed)
        self.data, self.evidence = folder / "data", folder / "evidence"
        self.data.mkdir(mode=0o755)
        self.cluster = Cluster(self.data / "postgresql")
        self.evidence.touch()
        write_scenario(recent(small_network()), folder / "network", "csv")
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = Server(self.data, folder / "network", port=self.port)
        self.server.wait(self.server.leads)
        self.operator = (self.data / "operator.token").read_text().strip()
        client = self.server.client()
        client.book(OpenWallet("open", FIRM, "CNY", 0))
        client.book(TopUp("top-up", FIRM, TOP_UP_MICRO, "test"))
        self.agents: dict[str, subprocess.Popen[bytes]] = {}
        for centre in CENTRES:
            (folder / f"{centre}.token").write_text(client.make_token("agent", centre).text)
            self.start_agent(centre)

    def start_agent(self, centre: str) -> None:
        pool, device, devices = CENTRES[centre]
        (self.folder / f"{centre}.yaml").write_text(
            f"platform: {self.url}\ncentre: {centre}\ntoken_file: {self.folder}/{centre}.token\n"
            f"data_folder: {self.folder}/{centre}\nreport_interval_s: 1\nwait_s: 2\ndriver: local\n"
            f"pools:\n  - {{pool: {pool}, device: {device}, devices: {devices}}}\n"
        )
        words = [sys.executable, "-m", "suanwang", "agent", "--config", str(self.folder / f"{centre}.yaml")]
        with (self.folder / f"{centre}.log").open("ab") as log:
            self.agents[centre] = subprocess.Popen(words, stdout=log, stderr=log)

    def start_what_is_dead(self) -> None:
        if self.server.process.poll() is not None:
            self.server = Server(self.data, name="again", port=self.port)
        for centre, agent in list(self.agents.items()):
            if agent.poll() is not None:
                self.start_agent(centre)

    # -- who may be killed

    def victims(self) -> dict[str, list[int]]:
        """Processes by kind; those that are alive now."""
        marked = f"{MARK}=".encode()
        found: dict[str, list[int]] = {kind: [] for kind in KINDS}
        found["server"] = [self.server.process.pid]
        found["agent"] = [agent.pid for agent in self.agents.values()]
        mine = os.fsencode(self.folder)
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes()
                if b"suanwang.drivers.keeper" in words and mine in words:
                    found["keeper"].append(int(entry.name))
                elif marked in (entry / "environ").read_bytes() and mine in words:
                    found["job"].append(int(entry.name))
        note = self.cluster.note
        if note is not None and self.cluster.server_lives(note):
            found["database"].append(note.pid)
            sessions = Path(f"/proc/{note.pid}/task/{note.pid}/children")
            with suppress(OSError):
                found["session"] = [
                    child
                    for child in map(int, sessions.read_text().split())
                    if b"idle" in Path(f"/proc/{child}/cmdline").read_bytes()
                ]
        return {kind: pids for kind, pids in found.items() if pids}

    def kill_one(self) -> str:
        victims = self.victims()
        kind = self.random.choice(sorted(victims))
        with suppress(ProcessLookupError):
            os.kill(self.random.choice(victims[kind]), signal.SIGKILL)
        return kind

    def close(self) -> None:
        for agent in self.agents.values():
            agent.kill()
            agent.wait()
        for centre in CENTRES:
            LocalDriver(self.folder / centre / "engine", this_machine({})).end()
        self.server.close()


class Submitter(threading.Thread):
    """Submits a few jobs again and again, each batch until it has an answer."""

    def __init__(self, town: Town) -> None:
        super().__init__(daemon=True)
        self.town, self.random = town, Random(town.random.random())
        self.acknowledged: list[str] = []
        self.batches = 0
        self.ends = threading.Event()
        self.failed: BaseException | None = None

    def run(self) -> None:
        while not self.ends.is_set():
            self.batches += 1
            try:
                self.acknowledged += self.submit(f"batch-{self.batches}")
            except BaseException as error:  # told by the test, which waits for what this thread does
                self.failed = error
                return
            self.ends.wait(self.random.uniform(0.2, 0.8))

    def has(self, jobs: int) -> bool:
        """Whether so many are acknowledged. A server that has ended meanwhile is started again."""
        if self.failed is not None:
            raise self.failed
        self.town.start_what_is_dead()
        return len(self.acknowledged) >= jobs

    def submit(self, key: str) -> list[str]:
        """To its answer, also when the test wants to end: so every job that is there is known."""
        specs: list[JobSpec] | None = None
        while True:
            line = Line(self.town.url, self.town.operator, pause=lambda seconds: None)
            try:
                client = Client(line)
                specs = specs or [self.spec(client, number) for number in range(3)]
                return [one.job for one in client.submit(specs, FIRM, key).jobs]
            except Unreachable:
                time.sleep(0.05)
            finally:
                line.close()

    def spec(self, client: Client, number: int) -> JobSpec:
        run = RUN.format(mark=MARK, evidence=self.town.evidence, tenths=self.random.choice((5, 20, 50)))
        device = ("A100", "cpu")[number % 2]
        shape = Shape((Alternative(device, 1000, 1, LIMIT_S),), "510100")
        return JobSpec(
            name=f"job {number}",
            shape=shape,
            content=client.keep(msgspec.json.encode(JobContent(run)), FIRM),
            lost_after_s=60,
        )


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


KILLS = [
    pytest.param(1, 6, id="six"),
    *(pytest.param(seed, 60, id=f"sixty-{seed}", marks=pytest.mark.soak) for seed in (2, 3)),
]


@pytest.mark.parametrize(("seed", "kills"), KILLS)
def test_whatever_is_killed_nothing_is_lost_doubled_or_overpaid(folder: Path, seed: int, kills: int) -> None:
    town = Town(folder, seed)
    submitter = Submitter(town)
    killed: Counter[str] = Counter()
    try:
        submitter.start()
        until(lambda: submitter.has(6), "the first jobs")
        for _ in range(kills):
            time.sleep(town.random.uniform(0.0, 1.5))
            killed[town.kill_one()] += 1
            time.sleep(town.random.choice((0.0, 0.0, 0.5, 2.0)))
            town.start_what_is_dead()
            more = len(submitter.acknowledged) + 3
            until(lambda more=more: submitter.has(more), f"the next jobs after {dict(killed)}")
        submitter.ends.set()
        submitter.join(120)
        assert submitter.has(0) and not submitter.is_alive()
        told = until(lambda: all_closed(town, submitter.acknowledged), f"all to end after {dict(killed)}")
        assert set(killed) == set(KINDS) or kills < 50, "each kind of process was killed"
        hold_against(evidence(town), told)
        check_money(town, told)
    except BaseException as error:
        log = (town.data / "server-again.log").read_text() if sum(killed.values()) else ""
        error.add_note(f"seed {seed}, killed {dict(killed)}\n{log[-3000:]}")
        raise
    finally:
        submitter.ends.set()
        town.close()
    check_log(town)


def until(found: Callable[[], object], what: str, seconds: float = ALL_END_S) -> object:
    """The first thing that is found."""
    end = time.monotonic() + seconds
    while True:
        with suppress(Unreachable):
            if said := found():
                return said
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.2)


def all_closed(town: Town, names: list[str]) -> list[JobTold] | None:
    """All jobs, once each has come to its end."""
    town.start_what_is_dead()
    client = town.server.client()
    told = [client.job(name) for name in names]
    return told if all(one.line.state in CLOSED for one in told) else None


def evidence(town: Town) -> dict[str, Ran]:
    """What the scripts wrote, by attempt."""
    found: dict[str, Ran] = {}
    for line in town.evidence.read_text().splitlines():
        _, attempt, what, at = line.split()
        ran = found.setdefault(attempt, Ran())
        if what == "start":
            ran.starts.append(int(at) / TICKS_PER_SECOND)
        else:
            ran.ends.append(float(at))
    return found


def hold_against(ran: dict[str, Ran], told: object) -> None:
    """What the platform says against what ran: each attempt once, one success, never two at a time."""
    assert isinstance(told, list)
    jobs: list[JobTold] = told
    assert sum(job.line.state == "succeeded" for job in jobs) > len(jobs) / 2
    known = {one.attempt for job in jobs for one in job.attempts}
    assert set(ran) <= known, "nothing ran that the platform did not order"
    for job in jobs:
        outcomes = [one.outcome for one in job.attempts]
        assert outcomes.count("success") == (job.line.state == "succeeded"), job
        stretches: list[tuple[float, float]] = []
        for one in job.attempts:
            seen = ran.get(one.attempt, Ran())
            assert len(seen.starts) <= 1 and len(seen.ends) <= len(seen.starts), one
            if one.outcome == "success":
                assert len(seen.ends) == 1, one
            if seen.starts:
                stretches.append((seen.starts[0], seen.ends[0] if seen.ends else seen.starts[0]))
            charged_no_more_than_it_ran(one, seen)
        stretches.sort()
        for before, after in pairwise(stretches):
            assert before[1] <= after[0], f"{job.line.job} ran twice at once: {stretches}"


def charged_no_more_than_it_ran(one: AttemptTold, seen: Ran) -> None:
    """Usage is that of its processes: nothing without a start, and no more than from start to end."""
    used_s = one.used_milli_s / one.milli
    if not seen.starts:
        assert used_s <= RESOLUTION_S, one
    elif seen.ends:
        assert used_s <= seen.ends[0] - seen.starts[0] + RESOLUTION_S, one
    assert one.captured_micro <= max(one.charge_micro, 0)


def check_money(town: Town, told: object) -> None:
    """Not a fen is missing: what was captured is what the wallet lacks, and nothing is held any more."""
    assert isinstance(told, list)
    jobs: list[JobTold] = told
    captured = sum(one.captured_micro for job in jobs for one in job.attempts)
    wallet = town.server.client().wallet(FIRM)
    assert wallet.held_micro == 0
    assert wallet.available_micro == TOP_UP_MICRO - captured


def check_log(town: Town) -> None:
    """The whole log, from its first event, makes a state that holds every invariant."""
    database = EmbeddedServer(town.data)
    try:
        log = PostgresHome(database).reader()
        platform = Platform()
        replay(platform, log.read())
        validate(platform)
        log.close()
    finally:
        database.close()
        database.wait_until_stopped(30)
