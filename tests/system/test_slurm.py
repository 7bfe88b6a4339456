"""What only a real Slurm can show: arrays, options passed through, lost answers, forgotten jobs, refusals."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from suanwang.drivers.device_slots import WHOLE_MILLI
from suanwang.drivers.port import Ended, EngineAway, Launch, Refused, Started
from suanwang.drivers.private_slurm import PrivateSlurm, missing_programs
from suanwang.drivers.slurm import SlurmDriver
from suanwang.feeds.sbatch_begin import begin_at
from suanwang.units.instants import iso

pytestmark = pytest.mark.skipif(
    bool(missing_programs()),
    reason=f"no Slurm here: {', '.join(missing_programs())} (as root: apt-get install slurm-wlm munge)",
)


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSlurm]:
    here = PrivateSlurm(tmp_path_factory.mktemp("slurm"), nodes=2, cpus=4, device="a100", devices=4)
    yield here
    here.stop()


@pytest.fixture
def driver(slurm: PrivateSlurm, tmp_path: Path) -> Iterator[SlurmDriver]:
    made = SlurmDriver(tmp_path / "state", devices={"A100": "gpu:a100"}, conf=str(slurm.conf))
    yield made
    made.stop([one.attempt for one in made.book.live()], 0)
    ends(made, [one.attempt for one in made.book.live()])
    made.close()


def launch(tmp_path: Path, attempt: str, script: str, **over: object) -> Launch:
    folder = tmp_path / "work" / attempt
    folder.mkdir(parents=True)
    plain = Launch(attempt, "system", script, str(folder), "A100", WHOLE_MILLI, 60)
    return msgspec.structs.replace(plain, **over)


def ends(driver: SlurmDriver, attempts: list[str]) -> dict[str, Ended]:
    """How each of these ended, waited for."""
    found: dict[str, Ended] = {}
    until = time.monotonic() + 200
    while set(attempts) - set(found):
        assert time.monotonic() < until, set(attempts) - set(found)
        found |= {report.attempt: report for report in driver.poll(0.5) if isinstance(report, Ended)}
    return found


def ask(slurm: PrivateSlurm, *command: str) -> str:
    environment = {**os.environ, "SLURM_CONF": str(slurm.conf)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_begin_is_read_as_slurm_reads_it(slurm: PrivateSlurm, tmp_path: Path):
    """`sbatch` in the platform's zone is the reference; what it reads lies between two readings."""
    environment = {**os.environ, "SLURM_CONF": str(slurm.conf), "TZ": "Asia/Shanghai"}
    _, month, day = iso(time.time_ns() // 1000 + 24 * 3600 * 1_000_000)[:10].split("-")
    next_day = f"{month}/{day}"
    forms = "now+1hour now+60 now+2weeks tomorrow noon midnight teatime fika 0:05 23:59:30 11:45PM 12:30AM"
    forms += f" 2030-12-01 2030-12-01T10:00 2030-12-01T10:00:05 {next_day} {next_day}-01:00 120130 12.01.30"
    forms += " 1/2/31-4:00PM 120130T10:00 tomorrowT16:00 uts1900000000"
    for words in [*forms.split(), "now + 2 hours", "16:00 tomorrow", "noon tomorrow", "4:30 PM"]:
        before = time.time_ns() // 1000
        command = ("sbatch", "--parsable", "-n1", f"--begin={words}", "--wrap", "true")
        number = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
        assert number.returncode == 0, (words, number.stderr)
        after = time.time_ns() // 1000
        told = subprocess.run(
            ("scontrol", "show", "job", number.stdout.strip()),
            env=environment,
            capture_output=True,
            text=True,
        ).stdout
        (begins,) = re.findall(r"EligibleTime=(\S+)", told)
        read = {iso(begin_at(words, before))[:19], iso(begin_at(words, after))[:19]}
        assert begins in read, (words, read)
        ask(slurm, "scancel", number.stdout.strip())


def test_what_it_has_is_read_from_it(driver: SlurmDriver):
    told = driver.probe()
    assert told.engine == "slurm"
    assert told.version.startswith("2")
    (pool,) = told.pools
    assert (pool.device, pool.nodes, pool.devices_per_node, pool.cpus) == ("A100", 2, 4, 4)
    assert (pool.place, pool.declared) == ("main", False)
    assert pool.memory_mb > 100
    assert told.features.multi_node
    assert told.features.arrays
    assert "jobacct_gather/linux" in told.features.accounting


def test_an_array_is_one_submission(driver: SlurmDriver, slurm: PrivateSlurm, tmp_path: Path):
    launches = [
        launch(
            tmp_path,
            f"sweep.{index}",
            "echo $SUANWANG_ARRAY_INDEX $SLURM_ARRAY_TASK_ID $SLURM_ARRAY_TASK_MAX $SLURM_ARRAY_TASK_MIN",
            array="sweep",
            array_index=index,
            array_variables={
                "SLURM_ARRAY_TASK_ID": str(3 * index + 1),
                "SLURM_ARRAY_TASK_MAX": "13",
            },
        )
        for index in range(5)
    ]
    answers = driver.start(launches)
    jobs = {answer.engine_id.split("_")[0] for answer in answers if isinstance(answer, Started)}
    assert len(answers) == 5
    assert len(jobs) == 1
    found = ends(driver, [one.attempt for one in launches])
    assert {one.outcome for one in found.values()} == {"success"}
    assert [driver.read_log(f"sweep.{index}", "stdout", 0, 9) for index in range(5)] == [
        f"{index} {3 * index + 1} 13\n".encode() for index in range(5)
    ]


def test_an_array_that_slurm_does_not_take_goes_one_by_one(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("few")
    small = PrivateSlurm(folder / "slurm", nodes=1, device="a100", devices=4, lines=("MaxArraySize=2",))
    driver = SlurmDriver(folder / "state", devices={"A100": "gpu:a100"}, conf=str(small.conf))
    try:
        launches = [launch(folder, f"few.{n}", "true", array="few", array_index=n) for n in range(4)]
        answers = driver.start(launches)
        assert [type(answer) for answer in answers] == [Started] * 4, answers
        found = ends(driver, [one.attempt for one in launches])
        assert {one.outcome for one in found.values()} == {"success"}
    finally:
        driver.close()
        small.stop()


def test_a_batch_script_starts_its_tasks_by_srun(driver: SlurmDriver, tmp_path: Path):
    script = "#!/bin/bash\necho once; srun sh -c 'echo $SLURMD_NODENAME $SLURM_NTASKS' | sort"
    batch = launch(
        tmp_path, "batch.1", script, nodes=2, cpus=4, on_every_node=False, tasks_per_node=2, time_limit_s=60
    )
    driver.start([batch])
    assert ends(driver, ["batch.1"])["batch.1"].outcome == "success"
    assert driver.read_log("batch.1", "stdout", 0, 99) == b"once\nnode0 4\nnode0 4\nnode1 4\nnode1 4\n"


def test_a_job_with_a_path_of_its_own_is_submitted(driver: SlurmDriver, tmp_path: Path):
    (started,) = driver.start([launch(tmp_path, "path.1", "echo $PATH", env={"PATH": "/nowhere"})])
    assert isinstance(started, Started)
    ends(driver, ["path.1"])


def test_options_pass_through_and_what_slurm_refuses_is_told(
    driver: SlurmDriver, slurm: PrivateSlurm, tmp_path: Path
):
    passed = launch(
        tmp_path,
        "passed.1",
        "sleep 1",
        engine_options={"partition": "main", "account": "lab", "nodelist": "node1"},
        time_limit_s=90,
        cpus=2,
        memory_mb=64,
    )
    refused = launch(tmp_path, "refused.1", "true", engine_options={"partition": "no-such-partition"})
    sneaky = launch(tmp_path, "sneaky.1", "true", env={"SBATCH_RESERVATION": "x"})
    started, said_no, own = driver.start([passed, refused, sneaky])
    assert isinstance(started, Started)
    shown = ask(slurm, "scontrol", "show", "job", started.engine_id)
    for part in ("Partition=main", "Account=lab", "TimeLimit=00:03:00", "Requeue=0"):
        assert part in shown
    assert "ReqNodeList=node1" in shown
    assert "NumCPUs=2" in shown
    assert isinstance(said_no, Refused)
    assert "no-such-partition" in said_no.faults[0].found or "artition" in said_no.faults[0].found
    assert isinstance(own, Refused)
    (again,) = driver.start([msgspec.structs.replace(refused, engine_options={})])
    assert isinstance(again, Started)  # a refusal leaves the name free
    assert not again.already
    ends(driver, ["passed.1", "refused.1"])


def test_more_time_is_told_to_slurm_too(driver: SlurmDriver, slurm: PrivateSlurm, tmp_path: Path):
    pair = [launch(tmp_path, f"pair.{n}", "sleep 60", array="pair", array_index=n) for n in range(2)]
    driver.start(pair)
    assert driver.prolong("pair.1", 600) == []
    shown = {one: ask(slurm, "scontrol", "show", "job", driver.book.held[one].engine_id) for one in
             ("pair.0", "pair.1")}  # fmt: skip
    assert "TimeLimit=00:02:00" in shown["pair.0"]
    assert "TimeLimit=00:11:00" in shown["pair.1"]
    ask(slurm, "scancel", "--signal=KILL", "--full", driver.book.held["pair.1"].engine_id)
    assert driver.prolong("pair.1", 900) == []  # Slurm knows that it is over, the book not yet
    driver.stop(["pair.0"], 0)
    ends(driver, ["pair.0", "pair.1"])
    driver.clean(["pair.1"])
    assert [answer.attempt for answer in driver.prolong("pair.1", 900)] == ["pair.1"]
    assert not list(driver.limits.iterdir())


def test_a_word_for_an_attempt_follows_no_link_of_its_job(driver: SlurmDriver, tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    script = f"ln -s {victim} .suanwang/.stop; ln -s {victim} .suanwang/stop; touch up; sleep 60"
    one = launch(tmp_path, "linked.1", script)
    driver.start([one])
    while not Path(one.folder, "up").exists():
        time.sleep(0.1)
    driver.stop(["linked.1"], 0)
    assert ends(driver, ["linked.1"])["linked.1"].cause == "cancelled"
    assert victim.read_text() == "mine"


def test_an_answer_that_was_lost_does_not_run_it_twice(
    driver: SlurmDriver, slurm: PrivateSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one = launch(tmp_path, "lost.1", "echo x >> runs; sleep 2; exit 3")
    submit = driver.slurm.submit

    def cut(*arguments: Any) -> str:
        submit(*arguments)
        raise EngineAway([])

    with monkeypatch.context() as patched:
        patched.setattr(driver.slurm, "submit", cut)
        with pytest.raises(EngineAway):
            driver.start([one])
    driver.close()
    heir = SlurmDriver(tmp_path / "state", devices={"A100": "gpu:a100"}, conf=str(slurm.conf))
    (answer,) = heir.start([one])
    assert isinstance(answer, Started)
    assert answer.already
    assert ends(heir, ["lost.1"])["lost.1"].exit_code == 3
    assert Path(one.folder, "runs").read_text() == "x\n"
    heir.close()
    driver.__init__(tmp_path / "state", devices={"A100": "gpu:a100"}, conf=str(slurm.conf))


def test_one_that_was_submitted_twice_runs_once(driver: SlurmDriver, slurm: PrivateSlurm, tmp_path: Path):
    one = launch(tmp_path, "twice.1", "echo x >> runs; sleep 1")
    driver.start([one])
    shown = ask(slurm, "scontrol", "show", "job", driver.book.held["twice.1"].engine_id, "-o")
    assert "Comment=suanwang/" in shown
    table = driver.tables / "twice.1-1"
    again = ["--output=/dev/null", "--nodes=1", "--gres=gpu:a100:1", str(driver.folder / "batch.sh")]
    again += [
        str(table),
        str(driver.lease),
        str(driver.folder / "node.sh"),
        "1",
        "60",
        "0",
        "0",
        "0",
        "/bin/sh",
    ]
    ask(slurm, "sbatch", "--wait", *again)
    ends(driver, ["twice.1"])
    assert Path(one.folder, "runs").read_text() == "x\n"


def test_a_job_that_slurm_forgot_ends_by_its_mark_or_is_lost(driver: SlurmDriver, tmp_path: Path):
    marked = launch(tmp_path, "marked.1", "sleep 1; exit 7")
    gone = launch(tmp_path, "gone.1", "sleep 60")
    driver.start([marked, gone])
    while not Path(marked.folder, ".suanwang", "exit").exists():
        time.sleep(0.1)
    driver.slurm.try_on([driver.book.held["gone.1"].engine_id], "scancel", "--signal=KILL", "--full")
    driver.slurm.prefix = "suanwang/nobody/"  # as if Slurm had dropped its records
    found = ends(driver, ["marked.1", "gone.1"])
    assert (found["marked.1"].outcome, found["marked.1"].exit_code) == ("failure", 7)
    # killed so hard that nobody wrote its mark, or with just time enough for it
    assert found["gone.1"].outcome in ("lost", "failure")


def test_no_slurm_there_is_told_as_away(tmp_path: Path):
    conf = tmp_path / "slurm.conf"
    conf.write_text("ClusterName=none\nSlurmctldHost=localhost\nSlurmctldPort=1\nAuthType=auth/none\n")
    with pytest.raises(EngineAway):
        SlurmDriver(tmp_path / "state", conf=str(conf)).probe()
