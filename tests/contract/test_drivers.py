"""What every driver promises; the fake is held to the same.

An engine joins by an entry in the `BENCHES` of a module: here, or in a file of its own that takes these tests
over, so that slow engines run beside each other.
"""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.contract.driver_benches import (
    DEVICE,
    SECOND_US,
    Bench,
    FakeBench,
    LocalBench,
)

from suanwang.drivers.fake_engine import Behaviour
from suanwang.drivers.port import Ended, Erased, Launch, Paused, Refused, Running, Started, Usage
from suanwang.units.errors import InvalidInput

BENCHES: dict[str, type[Bench]] = {"local": LocalBench, "fake": FakeBench}

LONG = Behaviour(60 * SECOND_US)
PYTHON = sys.executable


KINDS: dict[str, Callable[[type[Bench]], bool]] = {
    "bench": lambda kind: True,
    "real": lambda kind: kind.real,  # where there are processes, files and an environment
    "gangs": lambda kind: kind.nodes > 1,
}
"""The argument by which a test says what engine it is for."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test on each engine of its module that it is for."""
    for argument, suits in KINDS.items():
        if argument in metafunc.fixturenames:
            names = [name for name, kind in metafunc.module.BENCHES.items() if suits(kind)]
            metafunc.parametrize(argument, names, indirect=True)


@pytest.fixture(scope="module", autouse=True)
def engines(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the benches of a module shared ends with it."""
    yield
    for kind in request.module.BENCHES.values():
        kind.take_down()


def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    kind: type[Bench] = request.module.BENCHES[request.param]
    reason = kind.missing()
    if reason:
        pytest.skip(reason)
    made = kind(tmp_path)
    yield made
    made.close()


bench, real, gangs = (pytest.fixture(opened, name=name) for name in KINDS)


def kinds(bench: Bench, launch: Launch) -> list[str]:
    return [type(report).__name__ for report in bench.heard.get(launch.attempt, [])]


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def pids_in(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()]


def test_success_with_output_meter_and_files(bench: Bench):
    does = Behaviour(2 * SECOND_US, logs={"stdout": b"hello\n", "stderr": b"oops\n"}, files={"out/a": b"123"})
    launch, ended = bench.run(
        "echo hello; echo oops >&2; mkdir -p out; printf 123 > out/a; echo no > other; sleep 2",
        does,
        units_milli=2000,
        outputs=("out/",),
    )
    assert (ended.outcome, ended.cause, ended.exit_code) == ("success", "", 0)
    assert kinds(bench, launch)[0] == "Running"
    assert kinds(bench, launch)[-1] == "Ended"
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


@pytest.mark.parametrize("code", [1, 3, 126])
def test_failure_has_the_exit_code(bench: Bench, code: int):
    _, ended = bench.run(f"exit {code}", Behaviour(0, exit_code=code))
    assert (ended.outcome, ended.cause, ended.exit_code) == ("failure", "", code)


def test_another_interpreter_is_named_by_the_first_line(bench: Bench):
    text = f"#!{PYTHON} -S\nimport sys\nprint('py', len(sys.argv))"
    launch, ended = bench.run(text, Behaviour(0, logs={"stdout": b"py 1\n"}))
    assert ended.outcome == "success"
    assert bench.driver.read_log(launch.attempt, "stdout", 0, 100) == b"py 1\n"


def test_an_interpreter_that_is_not_there_is_a_failure_not_a_crash(bench: Bench):
    _, ended = bench.run("#!/nowhere/interpreter\n", Behaviour(0, exit_code=127))
    assert (ended.outcome, ended.exit_code) == ("failure", 127)


def test_the_time_limit_ends_it(bench: Bench):
    launch, ended = bench.run("sleep 60", LONG, time_limit_s=2)
    assert (ended.outcome, ended.cause) == ("killed", "limit_time")
    assert ended.usage is not None
    assert 1000 <= ended.usage.milli_device_seconds <= 15_000
    assert launch.attempt in bench.heard


def test_more_time_is_given(bench: Bench):
    launch = bench.launch("sleep 4", Behaviour(4 * SECOND_US), time_limit_s=2)
    longer = bench.launch("sleep 60", LONG, time_limit_s=2)
    bench.start(launch, longer)
    assert bench.driver.prolong(launch.attempt, 30) == []
    assert bench.driver.prolong(longer.attempt, 5) == []
    assert bench.end_of(launch).outcome == "success"
    ended = bench.end_of(longer)
    assert (ended.outcome, ended.cause) == ("killed", "limit_time")
    assert ended.usage is not None
    assert 4000 <= ended.usage.milli_device_seconds <= 20_000
    assert bench.driver.prolong(launch.attempt, 60) == []  # over already: nothing to do, nothing wrong
    assert [answer.attempt for answer in bench.driver.prolong("job-none.1", 9)] == ["job-none.1"]


def test_the_memory_limit_ends_it(bench: Bench):
    text = f"#!{PYTHON} -S\nimport time\ndata = bytearray(600 << 20)\ntime.sleep(50)\n"
    _, ended = bench.run(text, Behaviour(60 * SECOND_US, memory_peak_kb=600 << 10), memory_mb=200)
    assert (ended.outcome, ended.cause) == ("killed", "limit_memory")
    assert ended.usage is not None
    assert ended.usage.memory_peak_kb > 200 << 10


def test_the_output_limit_ends_it_and_counts_only_growth(bench: Bench):
    small = bench.launch("cat input; sleep 2", Behaviour(2 * SECOND_US), output_limit_bytes=1 << 20)
    Path(small.folder, "input").write_bytes(b"x" * 900_000)
    large = bench.launch(
        "head -c 5000000 /dev/zero > grows; sleep 50",
        Behaviour(60 * SECOND_US, files={"grows": bytes(5_000_000)}),
        output_limit_bytes=1 << 20,
    )
    bench.start(small, large)
    ended = bench.end_of(small)
    assert ended.outcome == "success", ended
    ended = bench.end_of(large)
    assert (ended.outcome, ended.cause) == ("killed", "limit_output")


def test_stop_lets_it_say_goodbye(bench: Bench):
    text = "trap 'echo bye; exit 0' TERM\necho up\nwhile :; do sleep 0.1; done"
    launch = bench.launch(text, Behaviour(60 * SECOND_US, logs={"stdout": b"up\nbye\n"}))
    bench.start(launch)
    bench.until_running(launch)
    bench.until(lambda: bench.driver.read_log(launch.attempt, "stdout", 0, 9), "for its first line")
    assert bench.driver.stop([launch.attempt], 30) == []
    ended = bench.end_of(launch)
    assert (ended.outcome, ended.cause) == ("killed", "cancelled")
    assert bench.driver.read_log(launch.attempt, "stdout", 0, 100) == b"up\nbye\n"
    assert bench.driver.stop([launch.attempt], 1) == []  # over already: nothing to do, nothing wrong


def test_stop_kills_after_the_grace(bench: Bench):
    text = "trap '' TERM\necho up\nwhile :; do sleep 0.1; done"
    launch = bench.launch(text, Behaviour(60 * SECOND_US, logs={"stdout": b"up\n"}, heeds_term=False))
    bench.start(launch)
    bench.until(lambda: bench.driver.read_log(launch.attempt, "stdout", 0, 9), "for its first line")
    began = time.monotonic()
    bench.driver.stop([launch.attempt], 2)
    ended = bench.end_of(launch)
    assert (ended.outcome, ended.cause) == ("killed", "cancelled")
    assert time.monotonic() - began >= 1.5


def test_stop_before_it_is_seen_running(bench: Bench):
    launch = bench.launch("sleep 60", LONG)
    bench.start(launch)
    bench.driver.stop([launch.attempt], 0)
    assert (bench.end_of(launch).outcome, bench.end_of(launch).cause) == ("killed", "cancelled")


@pytest.mark.parametrize("way", ["by itself", "stopped"])
def test_no_process_is_left(real: Bench, way: str):
    launch = real.launch(
        f"""sleep 300 & echo $! >> pids
        setsid sh -c 'echo $$ >> pids; sleep 301' &
        {PYTHON} -S -c '
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("pids", "a").write(f"{{os.getpid()}}\\n")
        open("daemon", "w").close()
        time.sleep(302)
    os._exit(0)
'
        while [ ! -e daemon ]; do sleep 0.05; done
        touch ready
        {"sleep 300" if way == "stopped" else "sleep 0.3"}"""
    )
    real.start(launch)
    real.until(lambda: Path(launch.folder, "ready").exists(), "for the tree")
    if way == "stopped":
        real.driver.stop([launch.attempt], 1)
    ended = real.end_of(launch)
    assert ended.outcome == ("killed" if way == "stopped" else "success")
    pids = pids_in(Path(launch.folder, "pids"))
    assert len(pids) == 3
    assert not any(alive(pid) for pid in pids)


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
    long = bench.launch("sleep 6; exit 5", Behaviour(6 * SECOND_US, exit_code=5))
    bench.start(short, long)
    ended = bench.end_of(short)
    bench.heard.clear()
    bench.hear(bench.again().adopt())
    assert bench.end_of(short) == ended  # told again, and the same
    bench.until_running(long)
    assert "Ended" not in kinds(bench, long)
    assert bench.end_of(long).exit_code == 5
    bench.heard.clear()
    bench.hear(bench.again().adopt())
    assert {"Running", "Ended"} <= set(kinds(bench, long))


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
        [PYTHON, "-c", program, msgspec.json.encode(launch).decode()], stdout=subprocess.PIPE, text=True
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
        " $SUANWANG_CHECKPOINT $EPOCHS; echo $SUANWANG_DEVICES | tr ',' '\\n' | wc -l; "
        "env | grep -c AGENT_TOKEN",
        units_milli=2000,
        env={"EPOCHS": "3 轮"},
        array="sweep",
        array_index=7,
        checkpoint_path="ckpt/",
    )
    assert ended.exit_code == 1  # grep found nothing
    told = real.driver.read_log(launch.attempt, "stdout", 0, 1000).decode().split("\n")
    assert told == [launch.folder, f"{launch.attempt} 1 0 7 ckpt/ 3 轮", "2", "0", ""]


def test_devices_are_never_shared_and_come_back(bench: Bench):
    whole = (bench.nodes, bench.devices_per_node * 1000)
    bench.until(lambda: whole in [(one.nodes, one.units_milli) for one in bench.driver.usable()])
    first = bench.launch("echo $SUANWANG_DEVICES; sleep 3", Behaviour(3 * SECOND_US), units_milli=3000)
    bench.start(first)
    bench.until_running(first)
    fits = {(one.nodes, one.units_milli) for one in bench.driver.usable() if one.device == DEVICE}
    assert (bench.nodes, bench.devices_per_node * 1000) not in fits
    assert (bench.nodes, 1000) in fits
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
    launch = bench.launch("printf 123 > f; mkdir locked; echo 1 > locked/g; chmod 0 locked; sleep 1", does)
    bench.start(launch)
    (early,) = bench.driver.clean([launch.attempt])
    assert isinstance(early, Refused)
    assert early.retry
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


def test_pause_stops_the_meter_and_resume_goes_on(bench: Bench):
    launch = bench.launch("sleep 1; sleep 1; sleep 1", Behaviour(3 * SECOND_US))
    bench.start(launch)
    bench.until_running(launch)
    assert bench.driver.probe().features.pause == bench.pauses
    if not bench.pauses:
        assert [type(answer) for answer in bench.driver.pause([launch.attempt])] == [Refused]
        assert bench.end_of(launch).outcome == "success"
        return
    assert bench.driver.pause([launch.attempt]) == []
    bench.until(lambda: any(isinstance(one, Paused) for one in bench.heard[launch.attempt]))
    time.sleep(4)
    bench.hear(bench.driver.poll())
    assert "Ended" not in kinds(bench, launch)
    assert len(bench.driver.pause([launch.attempt])) == 1
    assert bench.driver.resume([launch.attempt]) == []
    ended = bench.end_of(launch)
    assert ended.outcome == "success"
    assert ended.usage is not None
    assert ended.usage.milli_device_seconds < (ended.at_us - ended.usage.from_us) // 1000 - 2500
    assert len(bench.driver.pause([launch.attempt, "never-seen.1"])) == 2


def test_an_agent_that_is_not_acknowledged_lets_go(bench: Bench):
    kept = bench.launch("sleep 60", LONG, lost_after_s=600)
    left = bench.launch("sleep 60", LONG, lost_after_s=4)
    bench.start(kept, left)
    bench.until_running(kept, left)
    bench.driver.acknowledge()
    ended = bench.end_of(left)
    assert (ended.outcome, ended.cause) == ("killed", "unacknowledged")
    assert "Ended" not in kinds(bench, kept)
    bench.driver.stop([kept.attempt], 0)
    bench.end_of(kept)


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
    launch, _ = bench.run("sleep 6", Behaviour(6 * SECOND_US))
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
