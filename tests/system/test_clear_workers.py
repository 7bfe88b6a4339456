"""`clear --workers`: the plan of threads, workers killed on the way, and what is said when it cannot be."""

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Timer

import msgspec
import numpy as np
import pytest

from suanwang.clearing.by_prices import Settings
from suanwang.clearing.clear import clear
from suanwang.clearing.compile import compile_problem
from suanwang.clearing.prices import Asked, gather_crowd
from suanwang.clearing.problem import Problem
from suanwang.clearing.ray_cluster import Cluster, running_ray
from suanwang.clearing.response import choose_and_load, respond
from suanwang.clearing.shards import NOISE_SPAN, survey
from suanwang.clearing.watch import Watch
from suanwang.clearing.workers import RayCrowd, Worker, without_room
from suanwang.cli.main import main
from suanwang.feeds.hard import make_hard
from suanwang.feeds.national import make_national
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.model.result import Outcome
from suanwang.model.scenario import Scenario

STEPS = Settings(steps=30, rounds=1)
JOBS = 1_500
Made = dict[str, tuple[Scenario, Outcome]]


@pytest.fixture(scope="module")
def made() -> Made:
    """Two scenarios and their plans by threads."""
    scenarios = {"national": make_national(JOBS, centres=12).scenario, "hard": make_hard(JOBS).scenario}
    return {name: (scenario, clear(scenario, settings=STEPS)) for name, scenario in scenarios.items()}


@pytest.fixture(scope="module")
def ray_here() -> Generator[Cluster]:
    """One Ray for all tests here: `clear` uses a Ray that the program has joined."""
    pytest.importorskip("ray", reason="the extra `workers` is not installed")
    with running_ray(3, 2**28, None) as cluster:
        yield cluster


def same(one: Outcome, other: Outcome) -> None:
    """Asserts that two outcomes are equal in every number but the seconds."""
    for name in Outcome.__struct_fields__:
        if name != "seconds":
            left, right = getattr(one, name), getattr(other, name)
            assert np.array_equal(left, right) if isinstance(left, np.ndarray) else left == right, name


@pytest.mark.usefixtures("ray_here")
# a process takes seconds to start, so not every pair; two workers on the hard network are killed below
@pytest.mark.parametrize(("name", "workers"), [("national", 1), ("national", 2), ("hard", 1), ("hard", 3)])
def test_any_number_of_workers_makes_the_plan_of_threads(made: Made, name: str, workers: int) -> None:
    scenario, by_threads = made[name]
    same(clear(scenario, settings=msgspec.structs.replace(STEPS, workers=workers)), by_threads)


def our_workers() -> list[int]:
    """Processes of workers that descend from this one; other programs may have theirs."""
    parents: dict[int, int] = {}
    workers: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text().rpartition(")")[2].split()
                title = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            parents[int(folder.name)] = int(status[1])
            workers += [int(folder.name)] if title.startswith(b"ray::Worker") else []

    def ours(process: int) -> bool:
        return process == os.getpid() or (process in parents and ours(parents[process]))

    return [process for process in workers if ours(process)]


class Killer(Watch):
    """Kills a worker twice: once between steps, once while a step waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.killed: list[int] = []

    def advance(self, share: float) -> None:
        if self.current == "prices" and round(share * 30) in (8, 16):
            victim = next(process for process in our_workers() if process not in self.killed)
            self.killed.append(victim)
            if len(self.killed) == 1:
                os.kill(victim, signal.SIGKILL)
            else:
                os.kill(victim, signal.SIGSTOP)
                Timer(0.5, os.kill, (victim, signal.SIGKILL)).start()


@pytest.mark.usefixtures("ray_here")
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the workers in /proc")
def test_killed_workers_change_nothing_and_nothing_is_printed(
    made: Made, capfd: pytest.CaptureFixture[str]
) -> None:
    scenario, by_threads = made["hard"]
    killer = Killer()
    outcome = clear(scenario, settings=msgspec.structs.replace(STEPS, workers=2), watch=killer)
    assert len(killer.killed) == 2
    same(outcome, by_threads)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("own", [True, False])
def test_a_killed_worker_is_asked_again(made: Made, ray_here: Cluster, own: bool, tmp_path: Path) -> None:
    problem = compile_problem(made["hard"][0])
    asked = idle_prices(problem)
    with ThreadPoolExecutor(2) as pool:
        ground, dense_row = survey(problem)
        crowd, _ = gather_crowd(problem, ground, dense_row, 1, 2, pool, 0)
        by_threads = crowd.answer(asked).sum(axis=0)
    workers = RayCrowd(Cluster(ray_here.ray, str(tmp_path) if own else None), ground, crowd.shards)
    try:
        (_, victim), _ = workers.meet()
        os.kill(victim, signal.SIGKILL)
        assert np.array_equal(workers.answer(asked).sum(axis=0), by_threads)
        assert workers.deaths == 1
    finally:
        workers.dismiss()


def test_workers_at_a_board_die_between_steps_and_during_them(
    made: Made, ray_here: Cluster, tmp_path: Path
) -> None:
    problem = compile_problem(made["hard"][0])
    question = idle_prices(problem)
    with ThreadPoolExecutor(2) as pool:
        ground, dense_row = survey(problem)
        crowd, _ = gather_crowd(problem, ground, dense_row, 1, 2, pool, 0)
        workers = RayCrowd(Cluster(ray_here.ray, str(tmp_path)), ground, crowd.shards)
        try:
            mine = [process for _, process in workers.meet()]
            others = set(our_workers()) - set(mine)
            for step in range(4):
                asked = msgspec.structs.replace(question, prefix=question.prefix * (step + 1))
                if step % 2:
                    victim = next(iter(set(our_workers()) - others))
                    os.kill(victim, signal.SIGSTOP if step == 3 else signal.SIGKILL)
                    Timer(0.5, kill_if_there, (victim,)).start()
                assert np.array_equal(workers.answer(asked).sum(axis=0), crowd.answer(asked).sum(axis=0))
            assert workers.deaths == 2
        finally:
            workers.dismiss()


def kill_if_there(process: int) -> None:
    """Kills a process that may be gone."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def idle_prices(problem: Problem) -> Asked:
    """What a step asks while no capacity has a price and nothing is perturbed."""
    supply = problem.supply
    prefix = np.zeros((supply.slots + 1, supply.columns))
    np.cumsum(supply.unit_micro, axis=0, out=prefix[1:])
    noise = np.ones(NOISE_SPAN + supply.columns, np.float32)
    return Asked(0, prefix, np.ones(supply.columns, np.float32), noise)


def test_shared_memory_needs_no_other_compilation(made: Made) -> None:
    problem = compile_problem(made["hard"][0])
    asked = idle_prices(problem)
    with ThreadPoolExecutor(1) as pool:
        ground, dense_row = survey(problem)
        crowd, _ = gather_crowd(problem, ground, dense_row, 1, 1, pool, 0)
        by_threads = crowd.answer(asked)
    compiled = [len(kernel.signatures) for kernel in (respond, choose_and_load)]
    buffers: list[pickle.PickleBuffer] = []
    sent = pickle.dumps(
        (ground, without_room(crowd.shards[0]), asked), protocol=5, buffer_callback=buffers.append
    )
    there, shard, question = pickle.loads(sent, buffers=[bytes(buffer.raw()) for buffer in buffers])
    assert not question.prefix.flags.writeable
    answer = Worker(there, shard).answer(question)
    assert answer.dtype == np.int32
    assert np.array_equal(answer, by_threads.sum(axis=0))
    assert [len(kernel.signatures) for kernel in (respond, choose_and_load)] == compiled


def test_without_ray_the_remedy_is_told(tmp_path: Path) -> None:
    program = "import sys; sys.modules['ray'] = None\nfrom suanwang.cli.main import run; run()"
    words = ["clear", str(tmp_path), "--workers", "2", "--lang", "en"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'suanwang[workers]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nonsense", "HOST:PORT"),
        ("127.0.0.1:99999", "HOST:PORT"),
        ("127.0.0.1:1", "ray start --address=127.0.0.1:1"),
        ("no.such.host.invalid:6379", "ray start --address"),
    ],
)
def test_a_bad_address_is_told_before_anything_is_read(
    address: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ray", reason="the extra `workers` is not installed")
    assert main(["clear", str(tmp_path), "--workers", "2", "--ray", address, "--lang", "en"]) == 2
    error = capsys.readouterr().err
    assert "--ray" in error
    assert told in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    "flags", [["--ray", "auto"], ["--workers", "0"], ["--workers", "2", "--method", "fcfs"]]
)
def test_flags_that_say_nothing_are_refused(flags: list[str], tmp_path: Path) -> None:
    assert main(["clear", str(tmp_path), *flags]) == 2


def test_the_command_starts_a_ray_of_its_own_and_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `workers` is not installed")
    folder = tmp_path / "network"
    write_scenario(make_national(300, centres=12).scenario, folder, "parquet")
    flags = ["--steps", "10", "--rounds", "1", "--no-page", "--json"]
    plans: list[bytes] = []
    for number, more in enumerate(([], ["--workers", "2"])):
        out = tmp_path / str(number)
        words = ["clear", str(folder), "--out", str(out), *flags, *more]
        done = subprocess.run(
            [sys.executable, "-m", "suanwang", *words], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["jobs"] == 300
        plans.append((out / "plan.parquet").read_bytes() + (out / "prices.parquet").read_bytes())
    assert plans[0] == plans[1]
