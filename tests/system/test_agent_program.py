"""The agent as a real process with real processes under it: killed, started again, dismissed, drained."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.agent_platform import TOKEN, StandIn

from suanwang.drivers.local import LocalDriver
from suanwang.drivers.local_machine import this_machine
from suanwang.drivers.private_slurm import PrivateSlurm, missing_programs
from suanwang.model.content import JobContent
from suanwang.model.facts import Erased, Started, Used
from suanwang.model.job import Alternative
from suanwang.model.log_cut import cut_line
from suanwang.model.orders import Launch, Stop

SECOND = 1_000_000
PATIENCE_S = 200.0


LOCAL = "driver: local\npools:\n  - {pool: chengdu-a100, device: A100, devices: 2}\n"
SLURM = "driver: slurm\npools:\n  - {pool: chengdu-a100, device: A100, resource: 'gpu:a100'}\n"


class Scene:
    """A platform on a socket, an agent in a process, the folder that both share."""

    def __init__(self, folder: Path, address: str, stand_in: StandIn, engine: str = LOCAL) -> None:
        self.folder, self.stand_in = folder, stand_in
        (folder / "token").write_text(TOKEN)
        (folder / "agent.yaml").write_text(
            f"platform: {address}\ncentre: chengdu\ntoken_file: {folder}/token\ndata_folder: {folder}/data\n"
            f"report_interval_s: 1\nwait_s: 2\n{engine}"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *flags: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "agent.log").open("ab") as log:
            command = [sys.executable, "-m", "suanwang", "agent", "--config", str(self.folder / "agent.yaml")]
            self.process = subprocess.Popen([*command, *flags], stderr=log, stdout=log)
        return self.process

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def until(self, met: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not met():
            log = (self.folder / "agent.log").read_text()
            assert time.monotonic() < end, f"{what}: {self.stand_in.facts}\n{log}"
            time.sleep(0.05)

    def launch(
        self, name: str, run: str, limit_s: int = 60, outputs: tuple[str, ...] = (), **options: str
    ) -> None:
        content = self.stand_in.keep_job(
            JobContent(run, outputs=outputs, secrets={"TOKEN_OF_MINE": "s3cr3t"}, engine_options=options)
        )
        now = time.time_ns() // 1000
        order = Launch(
            len(self.stand_in.orders) + 1, name, "train", "firm", "chengdu-a100",
            Alternative("A100", 1000, 1, limit_s), 0, 0, now, now + 600 * SECOND, limit_s, content, "", False,
            300, 0,
        )  # fmt: skip
        self.stand_in.orders.append(order)

    def runs(self, name: str) -> bool:
        return any(isinstance(fact, Started) for fact in self.stand_in.of(name))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    stand_in = StandIn()
    with stand_in.served() as address:
        made = Scene(tmp_path, address, stand_in)
        yield made
        made.kill()
        driver = LocalDriver(tmp_path / "data" / "engine", this_machine({"A100": 2}))
        driver.end()


@pytest.mark.parametrize("engine", ["local", "slurm"])
def test_the_shortest_job_has_used_something(tmp_path_factory: pytest.TempPathFactory, engine: str) -> None:
    tmp_path = tmp_path_factory.mktemp("short")
    if engine == "slurm" and missing_programs():
        pytest.skip(f"no Slurm here: {', '.join(missing_programs())}")
    slurm = PrivateSlurm(tmp_path / "slurm", device="a100", devices=4) if engine == "slurm" else None
    words = LOCAL if slurm is None else f"{SLURM}slurm_conf: {slurm.conf}\n"
    stand_in, names = StandIn(), [f"j{number}.1" for number in range(1, 9)]
    with stand_in.served() as address:
        scene = Scene(tmp_path, address, stand_in, words)
        try:
            scene.start()
            for name in names:
                scene.launch(name, "true")
                scene.until(lambda name=name: stand_in.ended(name), f"for the end of {name}")
        finally:
            scene.kill()
            if slurm is not None:
                slurm.stop()
            else:
                LocalDriver(tmp_path / "data" / "engine", this_machine({"A100": 2})).end()
    for name in names:
        used = [fact for fact in stand_in.of(name) if isinstance(fact, Used)]
        ended = stand_in.ended(name)
        assert ended is not None and ended.outcome == "success"
        assert used and used[-1].to_at <= ended.at, name


@pytest.mark.skipif(bool(missing_programs()), reason="no Slurm here")
def test_what_of_an_array_begins_together_is_one_submission(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("array")
    slurm = PrivateSlurm(tmp_path / "slurm", device="a100", devices=2)
    names = [f"j{number}.1" for number in range(1, 7)]
    stand_in = StandIn()
    with stand_in.served() as address:
        scene = Scene(tmp_path, address, stand_in, f"{SLURM}slurm_conf: {slurm.conf}\n")
        try:
            for name in names:
                scene.launch(name, "echo $SUANWANG_ATTEMPT; sleep 2")
            scene.start()
            for name in names:
                scene.until(lambda name=name: stand_in.ended(name), f"for the end of {name}")
            asked = subprocess.run(
                ("squeue", "--noheader", "--states=all", "--array", "--format=%A %F"),
                env={**os.environ, "SLURM_CONF": str(slurm.conf)}, capture_output=True, text=True, check=True,
            )  # fmt: skip
        finally:
            scene.kill()
            slurm.stop()
    rows = [line.split() for line in asked.stdout.splitlines()]
    assert len(rows) == 6
    assert len({array for _, array in rows}) < 6, "at least those that were prepared together are one"
    for name in names:
        ended = stand_in.ended(name)
        assert ended is not None and ended.outcome == "success"
        assert stand_in.logs[name, "stdout"] == f"{name}\n".encode()


def test_who_writes_without_end_loses_no_work(tmp_path: Path) -> None:
    stand_in = StandIn()
    with stand_in.served() as address:
        scene = Scene(tmp_path, address, stand_in, f"{LOCAL}limits: {{log_bytes: 100000}}\n")
        try:
            scene.launch("j1.1", "yes | head -c 3000000; echo 42 > found", 60, ("found",))
            scene.start()
            scene.until(lambda: stand_in.ended("j1.1"), "for its end")
        finally:
            scene.kill()
            LocalDriver(tmp_path / "data" / "engine", this_machine({"A100": 2})).end()
    ended = stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.exit_code, ended.outputs in stand_in.contents) == ("success", 0, True)
    assert ended.note.startswith("stdout: ")
    assert stand_in.logs["j1.1", "stdout"] == b"y\n" * 50_000 + cut_line(100_000)


def test_killed_twice_the_job_is_adopted_and_ends_once(scene: Scene) -> None:
    scene.launch(
        "j1.1",
        "mkdir out; for i in 1 2 3 4 5 6; do echo $i | tee -a out/count; sleep 1; done\n"
        "echo $TOKEN_OF_MINE | wc -c",
        outputs=("out/",),
    )
    scene.start()
    scene.until(lambda: scene.runs("j1.1"), "for its start")
    for _ in range(2):
        assert scene.process is not None
        scene.process.send_signal(signal.SIGKILL)
        scene.process.wait()
        time.sleep(0.5)
        scene.start()
        known = len(scene.stand_in.sessions)
        scene.until(lambda: len(scene.stand_in.sessions) > known, "for the agent's return")  # noqa: B023
    scene.until(lambda: scene.stand_in.ended("j1.1"), "for its end")
    ended = scene.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason, ended.exit_code) == ("success", "exit", 0)
    facts = scene.stand_in.of("j1.1")
    assert sum(isinstance(fact, Started) for fact in facts) == 1
    started = next(fact for fact in facts if isinstance(fact, Started))
    used = [fact for fact in facts if isinstance(fact, Used)]
    assert all(one.to_at <= other.from_at for one, other in pairwise(used))
    total_us = sum(one.to_at - one.from_at for one in used)
    ran_us = ended.at - started.at
    assert ran_us - SECOND // 2 <= total_us <= ran_us, "a busy keeper sees an end a moment late"
    assert ran_us >= 6 * SECOND
    assert scene.stand_in.logs["j1.1", "stdout"] == b"1\n2\n3\n4\n5\n6\n7\n"
    assert ended.outputs in scene.stand_in.contents
    scene.until(lambda: any(isinstance(fact, Erased) for fact in scene.stand_in.of("j1.1")), "to be erased")
    assert not (scene.folder / "data" / "work" / "j1.1").exists()
    assert "s3cr3t" not in (scene.folder / "agent.log").read_text()
    assert b"s3cr3t" not in (scene.folder / "data" / "journal.jsonl").read_bytes()


def test_sigterm_leaves_the_job_alone_and_the_next_agent_has_it(scene: Scene) -> None:
    scene.launch("j1.1", "echo $$ > pid; sleep 300", limit_s=400)
    process = scene.start()
    scene.until(lambda: scene.runs("j1.1"), "for its start")
    pid_file = scene.folder / "data" / "work" / "j1.1" / "pid"
    scene.until(lambda: pid_file.exists() and pid_file.read_text(), "for its pid")
    process.terminate()
    assert process.wait(60) == 0, "it does not wait for what runs"
    pid = int(pid_file.read_text())
    os.kill(pid, 0)
    scene.start()
    scene.stand_in.orders.append(Stop(2, "j1.1", "cancelled", 1))
    scene.until(lambda: scene.stand_in.ended("j1.1"), "for its end")
    ended = scene.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("killed", "cancelled")


def test_drain_tells_the_agent_that_runs_and_waits_for_its_work(scene: Scene) -> None:
    scene.launch("j1.1", "sleep 3")
    process = scene.start()
    scene.until(lambda: scene.runs("j1.1"), "for its start")
    command = [
        sys.executable,
        "-m",
        "suanwang",
        "agent",
        "--config",
        str(scene.folder / "agent.yaml"),
        "--drain",
    ]
    drained = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert drained.returncode == 0, drained.stderr
    assert process.wait(60) == 0
    ended = scene.stand_in.ended("j1.1")
    assert ended is not None
    assert ended.outcome == "success"
    assert any(isinstance(fact, Erased) for fact in scene.stand_in.of("j1.1"))


def test_a_token_that_does_not_count_ends_an_agent_that_has_nothing_to_lose(scene: Scene) -> None:
    (scene.folder / "token").write_text("another")
    assert scene.start().wait(120) == 1
    told = (scene.folder / "agent.log").read_text()
    assert "401" in told
    assert "Traceback" not in told


def test_two_agents_in_one_folder_and_a_file_with_faults_are_told(scene: Scene, tmp_path: Path) -> None:
    scene.start()
    scene.until(lambda: scene.stand_in.sessions, "for the agent")
    command = [sys.executable, "-m", "suanwang", "agent", "--lang", "en", "--config"]
    second = subprocess.run(
        [*command, str(scene.folder / "agent.yaml")], capture_output=True, text=True, check=False
    )
    assert second.returncode == 2
    assert "another agent works in this folder" in second.stderr
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "platform: nowhere\ncentre: c\ntoken_file: /nowhere\ndata_folder: data\n"
        "driver: local\nwait_s: 26\npools: []\n"
    )
    told = subprocess.run([*command, str(bad)], capture_output=True, text=True, check=False)
    assert told.returncode == 2
    for word in ("platform", "token_file", "data_folder", "pools", "wait_s"):
        assert f"bad.yaml {word}" in told.stderr
    assert "Traceback" not in told.stderr


def test_on_a_real_slurm_a_job_outlives_the_agent_and_its_outputs_come_back(tmp_path: Path) -> None:
    lacking = missing_programs()
    if lacking:
        pytest.skip(f"no Slurm here: {', '.join(lacking)} (as root: apt-get install slurm-wlm munge)")
    tmp_path.chmod(0o755)
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # short, since it holds sockets
    gated = "PartitionName=gated Nodes=ALL AllowAccounts=lab State=UP"
    second = "PartitionName=second Nodes=ALL State=UP"
    slurm = PrivateSlurm(folder, 1, device="a100", devices=2, lines=[gated, second])
    stand_in = StandIn()
    try:
        with stand_in.served() as address:
            scene = Scene(tmp_path, address, stand_in, SLURM + f"slurm_conf: {slurm.conf}\n")
            scene.start()
            scene.until(lambda: stand_in.fits, "for what fits")
            scene.launch(
                "j1.1", "mkdir out; for i in 1 2 3 4 5; do echo $i >> out/n; sleep 1; done", outputs=("out",)
            )
            scene.until(lambda: scene.runs("j1.1"), "for its start")
            scene.kill()
            scene.start()
            scene.until(lambda: stand_in.ended("j1.1"), "for its end")
            ended = stand_in.ended("j1.1")
            assert ended is not None
            assert (ended.outcome, ended.exit_code) == ("success", 0)
            assert ended.outputs in stand_in.contents
            used = [fact for fact in stand_in.of("j1.1") if isinstance(fact, Used)]
            assert 4 * SECOND <= sum(one.to_at - one.from_at for one in used) <= 30 * SECOND
            heard_by_slurm(scene)
            scene.kill()
    finally:
        slurm.stop()
        shutil.rmtree(folder, ignore_errors=True)


def heard_by_slurm(scene: Scene) -> None:
    """What a job tells its engine reaches Slurm, and what Slurm says to that comes back as its reason."""
    said = "echo $SLURM_JOB_PARTITION $SLURM_JOB_ACCOUNT"
    scene.launch("j2.1", said, partition="second", account="lab")
    scene.launch("j3.1", said, partition="no-such-partition")
    scene.launch("j4.1", said, partition="gated", account="other")
    scene.launch("j5.1", said, reservation="no-such-reservation")
    notes: dict[str, str] = {}
    for name in ("j2.1", "j3.1", "j4.1", "j5.1"):
        scene.until(lambda name=name: scene.stand_in.ended(name), f"for the end of {name}")
        ended = scene.stand_in.ended(name)
        assert ended is not None
        notes[name] = ended.note
        if name == "j2.1":
            assert (ended.outcome, ended.exit_code) == ("success", 0)
        else:
            assert (ended.outcome, ended.reason, ended.exit_code) == ("failure", "start_failed", None)
            assert not scene.runs(name)
    assert scene.stand_in.logs["j2.1", "stdout"] == b"second lab\n"
    assert "invalid partition specified: no-such-partition" in notes["j3.1"]
    assert "account" in notes["j4.1"]
    assert "Requested reservation is invalid" in notes["j5.1"]
