"""What every driver promises of an attempt's run: once, adopted, told, cleaned; the fake is held to the same.

An engine joins by an entry in the `BENCHES` of a module: here, or in a file of its own that takes
these tests over, so that slow engines run beside each other.
"""

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from tests.contract.driver_benches import DEVICE, HELD, HERE, SECOND_US, Bench

from suanwang.drivers.fake_engine import Behaviour
from suanwang.drivers.port import Ended, Erased, Launch, Refused, Running, Started, Usage
from suanwang.units.errors import InvalidInput

BENCHES: dict[str, type[Bench]] = HERE


def test_success_with_output_meter_and_files(bench: Bench):
    does = Behaviour(2 * SECOND_US, logs={"stdout": b"hello\n", "stderr": b"oops\n"}, files={"out/a": b"123"})
    launch, ended = bench.run(
        "echo hello; echo oops >&2; mkdir -p out; printf 123 > out/a; echo no > other; sleep 2",
        does,
        units_milli=2000,
        outputs=("out/",),
    )
    assert (ended.outcome, ended.cause, ended.exit_code) == ("success", "", 0)
    assert bench.kinds(launch)[0] == "Running"
    assert bench.kinds(launch)[-1] == "Ended"
    assert bench.driver.read_log(launch.attempt, "stdout", 0, 100) == b"hello\n"
    assert bench.driver.read_log(launch.attempt, "stdout", 2, 2) == b"ll"
    assert bench.driver.read_log(launch.attempt, "stdout", 6, 2) == b""
    assert bench.driver.read_log(launch.attempt, "stderr", 0, 100) == b"oops\n"
    assert [(file.path, file.bytes) for file in bench.driver.outputs(launch.attempt)] == [("out/a", 3)]
    assert bench.driver.read_output(launch.attempt, "out/a", 1, 9) == b"23"
    for path in ("other", "../../etc/passwd", "/etc/passwd", "out/../other"):
        with pytest.raises(InvalidInput):
            bench.driver.read_output(launch.attempt, path, 0, 9)
    usage = ended.usage
    assert usage is not None
    assert usage.from_us < usage.until_us == ended.at_us
    assert 2 * 1000 <= usage.milli_device_seconds <= 2000 * 20
    assert abs(usage.milli_device_seconds - 2 * (usage.until_us - usage.from_us) // 1000) <= 2 * 1000


@pytest.mark.parametrize("units_milli", [1000, 2000])
def test_what_ran_has_used_something_however_short_it_was(bench: Bench, units_milli: int):
    runs = [bench.launch("true", Behaviour(300), units_milli=units_milli) for _ in range(4)]
    for launch in runs:
        bench.start(launch)
        ended = bench.end_of(launch)
        assert ended.outcome == "success"
        assert ended.usage is not None
        assert ended.usage.from_us < ended.usage.until_us == ended.at_us
        assert 1 <= ended.usage.milli_device_seconds <= units_milli * 20


@pytest.mark.parametrize("code", [1, 3, 126])
def test_failure_has_the_exit_code(bench: Bench, code: int):
    _, ended = bench.run(f"exit {code}", Behaviour(0, exit_code=code))
    assert (ended.outcome, ended.cause, ended.exit_code) == ("failure", "", code)


def test_another_interpreter_is_named_by_the_first_line(bench: Bench):
    text = f"#!{sys.executable} -S\nimport sys\nprint('py', len(sys.argv))"
    launch, ended = bench.run(text, Behaviour(0, logs={"stdout": b"py 1\n"}))
    assert ended.outcome == "success"
    assert bench.driver.read_log(launch.attempt, "stdout", 0, 100) == b"py 1\n"


def test_an_interpreter_that_is_not_there_is_a_failure_not_a_crash(bench: Bench):
    _, ended = bench.run("#!/nowhere/interpreter\n", Behaviour(0, exit_code=127))
    assert (ended.outcome, ended.exit_code) == ("failure", 127)


def test_the_same_attempt_runs_once(bench: Bench):
    launch = bench.launch("echo x >> runs; sleep 1", Behaviour(SECOND_US))
    first, second = bench.driver.start([launch, launch])
    assert isinstance(first, Started)
    assert isinstance(second, Started)
    assert (first.already, second.already) == (False, True)
    (third,) = bench.again().start([launch])
    assert isinstance(third, Started)
    assert third.already
    bench.hear(bench.driver.adopt())
    assert bench.end_of(launch).outcome == "success"
    (fourth,) = bench.driver.start([launch])
    assert isinstance(fourth, Started)
    assert fourth.already
    if bench.real:
        assert Path(launch.folder, "runs").read_text() == "x\n"


def test_adopted_while_running_and_after_its_end(bench: Bench):
    short = bench.launch("exit 4", Behaviour(0, exit_code=4))
    long = bench.launch(HELD + "exit 5", Behaviour(6 * SECOND_US, exit_code=5))
    bench.start(short, long)
    ended = bench.end_of(short)
    bench.heard.clear()
    bench.hear(bench.again().adopt())
    assert bench.end_of(short) == ended  # told again, and the same
    bench.until_running(long)
    assert "Ended" not in bench.kinds(long)
    bench.let_go(long)
    assert bench.end_of(long).exit_code == 5
    bench.heard.clear()
    bench.hear(bench.again().adopt())
    assert {"Running", "Ended"} <= set(bench.kinds(long))


def test_runs_outlive_an_agent_that_is_killed(real: Bench):
    launch = real.launch("echo x >> runs; sleep 5; exit 6")
    real.driver.close()
    program = real.agent() + (
        "import msgspec, sys, time\n"
        "from suanwang.drivers.port import Launch\n"
        "launch = msgspec.json.decode(sys.argv[1], type=Launch)\n"
        "print(driver.start([launch]), flush=True)\n"
        "time.sleep(100)\n"
    )
    agent = subprocess.Popen(
        [sys.executable, "-c", program, msgspec.json.encode(launch).decode()],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert agent.stdout is not None
    assert "Started" in agent.stdout.readline()
    os.kill(agent.pid, signal.SIGKILL)
    agent.wait()
    agent.stdout.close()
    real.driver = real.make()
    real.hear(real.driver.adopt())
    (answer,) = real.driver.start([launch])
    assert isinstance(answer, Started)
    assert answer.already
    ended = real.end_of(launch)
    assert (ended.outcome, ended.exit_code) == ("failure", 6)
    assert Path(launch.folder, "runs").read_text() == "x\n"


def test_secrets_are_told_to_the_script_and_stay_nowhere(real: Bench):
    secret = f"secret-{os.getpid()}-{time.monotonic_ns()}"
    launch = real.launch(
        'echo "${#TOKEN}"; touch up; sleep 2', secrets={"TOKEN": secret}, env={"EPOCHS": "3"}
    )
    real.start(launch)
    real.until(lambda: Path(launch.folder, "up").exists())
    for process in Path("/proc").glob("[0-9]*"):
        try:
            assert secret.encode() not in (process / "cmdline").read_bytes(), process
        except (FileNotFoundError, ProcessLookupError):
            continue
    real.end_of(launch)
    assert real.driver.read_log(launch.attempt, "stdout", 0, 100) == f"{len(secret)}\n".encode()
    for path in real.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert secret.encode() not in path.read_bytes(), path


def test_what_the_script_is_told(real: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SUANWANG_AGENT_TOKEN", "the agent's own")
    launch, ended = real.run(
        "pwd; echo $SUANWANG_ATTEMPT $SUANWANG_NODES $SUANWANG_NODE_RANK $SUANWANG_ARRAY_INDEX"
        " $SUANWANG_CHECKPOINT $EPOCHS $SLURM_ARRAY_TASK_ID; echo $SUANWANG_DEVICES | tr ',' '\\n' | wc -l; "
        "env | grep -c AGENT_TOKEN",
        units_milli=2000,
        env={"EPOCHS": "3 轮"},
        array="sweep",
        array_index=7,
        array_variables={"SLURM_ARRAY_TASK_ID": "70"},
        checkpoint_path="ckpt/",
    )
    assert ended.exit_code == 1  # grep found nothing
    told = real.driver.read_log(launch.attempt, "stdout", 0, 1000).decode().split("\n")
    assert told == [launch.folder, f"{launch.attempt} 1 0 7 ckpt/ 3 轮 70", "2", "0", ""]


def test_devices_are_never_shared_and_come_back(bench: Bench):
    whole = (bench.nodes, bench.devices_per_node * 1000)
    bench.until(lambda: whole in [(one.nodes, one.units_milli) for one in bench.driver.usable()])
    first = bench.launch(HELD, Behaviour(3 * SECOND_US), units_milli=3000)
    bench.start(first)
    bench.until_running(first)
    fits = set[tuple[int, int]]()

    def is_taken() -> bool:  # Ray's nodes tell what they have left a moment later
        fits.clear()
        fits.update((one.nodes, one.units_milli) for one in bench.driver.usable() if one.device == DEVICE)
        return whole not in fits

    bench.until(is_taken, "for devices that are taken")
    assert (bench.nodes, 1000) in fits
    assert "Ended" not in bench.kinds(first)
    bench.let_go(first)
    bench.end_of(first)
    bench.until(lambda: whole in [(one.nodes, one.units_milli) for one in bench.driver.usable()])


def test_what_can_never_fit_is_refused(bench: Bench):
    launches = [
        bench.launch("true", units_milli=(bench.devices_per_node + 1) * 1000),
        bench.launch("true", nodes=bench.nodes + 1),
        bench.launch("true", device="no-such-device"),
        bench.launch("true", memory_mb=1 << 30),
        bench.launch("true", cpus=100_000),
    ]
    for answer in bench.driver.start(launches):
        assert isinstance(answer, Refused)
        assert not answer.retry
        assert answer.faults
        assert answer.faults[0].what.zh
    assert bench.driver.adopt() == []


def test_every_fault_of_a_launch_is_told_at_once(bench: Bench):
    launch = Launch(
        "no attempt",
        "x",
        "  ",
        "relative",
        DEVICE,
        0,
        0,
        nodes=0,
        outputs=("../up",),
        env={"A B": "", "SUANWANG_X": "1"},
        secrets={"S": "hidden\0value"},
        engine_options={"no-such-option": "1"},
    )
    (answer,) = bench.driver.start([launch])
    assert isinstance(answer, Refused)
    assert len(answer.faults) == 11
    assert "hidden" not in str(answer)


def test_clean_erases_and_the_name_stays_used(bench: Bench):
    does = Behaviour(SECOND_US, logs={"stdout": b"y"}, files={"f": b"123"})
    launch = bench.launch("printf 123 > f; mkdir locked; echo 1 > locked/g; chmod 0 locked; " + HELD, does)
    bench.start(launch)
    (early,) = bench.driver.clean([launch.attempt])
    assert isinstance(early, Refused)
    assert early.retry
    bench.let_go(launch)
    bench.end_of(launch)
    erased, unknown = bench.driver.clean([launch.attempt, "never-seen.1"])
    assert isinstance(erased, Erased)
    assert erased.files >= 2
    assert erased.bytes >= 4
    assert isinstance(unknown, Refused)
    if bench.real:
        assert not Path(launch.folder).exists()
    Path(launch.folder).mkdir(exist_ok=True)
    for driver in (bench.driver, bench.again()):
        (answer,) = driver.start([launch])
        assert isinstance(answer, Refused)
        assert [report for report in driver.adopt() if report.attempt == launch.attempt] == []
    with pytest.raises(InvalidInput):
        bench.driver.read_log(launch.attempt, "stdout", 0, 1)


def test_links_of_a_job_lead_nowhere(real: Bench):
    launch, _ = real.run("ln -s /etc out; ln -s /etc/passwd file; ln -s .. up; mkdir ok; echo 1 > ok/real")
    assert [file.path for file in real.driver.outputs(launch.attempt)] == ["ok/real"]
    for path in ("out/passwd", "file", "up/x"):
        assert real.driver.read_output(launch.attempt, path, 0, 100) == b""
    real.driver.clean([launch.attempt])
    assert Path("/etc/passwd").exists()


@pytest.mark.parametrize(
    "harm",
    [
        "for f in peak.0 times.0 ray.0.json code cause exit stdout; do echo 'x{' > .suanwang/$f; done",
        "for f in peak.0 ray.0.json cause exit; do ln -sf /etc/shadow .suanwang/$f; done",
        "rm -rf .suanwang",
    ],
)
def test_a_job_that_spoils_its_marks_harms_only_itself(real: Bench, harm: str):
    spoiled = real.launch(f"{harm}; sleep 1", memory_mb=100, output_limit_bytes=1 << 30)
    good = real.launch("echo fine; sleep 1")
    real.start(spoiled, good)
    assert real.end_of(good).outcome == "success"
    ended = real.end_of(spoiled)
    assert ended.usage is None or ended.usage.milli_device_seconds < 60_000
    assert b"root:" not in real.driver.read_log(spoiled.attempt, "stdout", 0, 1000)
    assert isinstance(real.driver.clean([spoiled.attempt])[0], Erased)


def test_an_array_of_attempts(bench: Bench):
    launches = [
        bench.launch(
            "echo $SUANWANG_ARRAY_INDEX; exit $((SUANWANG_ARRAY_INDEX % 2))",
            Behaviour(0, exit_code=index % 2, logs={"stdout": f"{index}\n".encode()}),
            array="sweep",
            array_index=index,
            time_limit_s=50,
        )
        for index in range(4)
    ]
    bench.start(*launches)
    for index, launch in enumerate(launches):
        assert bench.end_of(launch).exit_code == index % 2
        assert bench.driver.read_log(launch.attempt, "stdout", 0, 9) == f"{index}\n".encode()


def test_a_gang_runs_on_all_its_nodes(gangs: Bench):
    does = Behaviour(2 * SECOND_US)
    every = gangs.launch('echo "$SUANWANG_NODE_RANK" >> ranks; sleep 2', does, nodes=2, units_milli=2000)
    first = gangs.launch(
        'echo "$SUANWANG_NODE_RANK" >> ranks; sleep 2', does, nodes=2, units_milli=2000, on_every_node=False
    )
    gangs.start(every, first)
    for launch, ranks in ((every, ["0", "1"]), (first, ["0"])):
        ended = gangs.end_of(launch)
        assert ended.outcome == "success", ended
        assert ended.usage is not None
        assert ended.usage.milli_device_seconds >= 2 * 2 * 1000
        if gangs.real:
            assert sorted(Path(launch.folder, "ranks").read_text().split()) == ranks


def test_a_gang_fails_as_one(gangs: Bench):
    text = '[ "$SUANWANG_NODE_RANK" = 1 ] && exit 9; sleep 50'
    _, ended = gangs.run(text, Behaviour(0, exit_code=9), nodes=2)
    assert (ended.outcome, ended.exit_code) == ("failure", 9)


def test_reports_are_in_order_and_meters_only_grow(bench: Bench):
    launch = bench.launch(HELD, Behaviour(6 * SECOND_US))
    bench.start(launch)
    bench.until(lambda: "Usage" in bench.kinds(launch), "for a reading")
    bench.let_go(launch)
    bench.end_of(launch)
    heard = bench.heard[launch.attempt]
    assert isinstance(heard[0], Running)
    assert isinstance(heard[-1], Ended)
    usages = [one for one in heard if isinstance(one, Usage)]
    assert usages
    if isinstance(heard[-1], Ended) and heard[-1].usage is not None:
        usages.append(heard[-1].usage)
    for before, after in itertools.pairwise(usages):
        assert before.from_us == after.from_us
        assert before.meter == after.meter
        assert before.until_us <= after.until_us
        assert before.milli_device_seconds <= after.milli_device_seconds
        assert before.cpu_ms <= after.cpu_ms
