"""What every driver promises of how an attempt ends: limits, stop, pause, silence; nothing is left behind."""

import sys
import time
from pathlib import Path

import pytest
from tests.contract.driver_benches import HELD, HERE, LONG, SECOND_US, Bench

from suanwang.drivers.fake_engine import Behaviour
from suanwang.drivers.port import Paused, Refused

BENCHES: dict[str, type[Bench]] = HERE
DAY_S = 86_400


def alive(pid: int) -> bool:
    """Whether it has memory: one that is on its way out has none, whatever its state is called."""
    try:
        return "\nVmSize:" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def pids_in(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()]


def test_the_time_limit_ends_it(bench: Bench):
    launch, ended = bench.run("sleep 60", LONG, time_limit_s=2)
    assert (ended.outcome, ended.cause) == ("killed", "limit_time")
    assert ended.usage is not None
    assert 1000 <= ended.usage.milli_device_seconds <= 15_000
    assert launch.attempt in bench.heard


def test_more_time_is_given(bench: Bench):
    launch = bench.launch("sleep 8", Behaviour(8 * SECOND_US), time_limit_s=6)
    longer = bench.launch("sleep 60", LONG, time_limit_s=6)
    bench.start(launch, longer)
    assert bench.driver.prolong(launch.attempt, 60) == []
    assert bench.driver.prolong(longer.attempt, 9) == []
    assert bench.end_of(launch).outcome == "success"
    ended = bench.end_of(longer)
    assert (ended.outcome, ended.cause) == ("killed", "limit_time")
    assert ended.usage is not None
    assert 8000 <= ended.usage.milli_device_seconds <= 25_000
    assert bench.driver.prolong(launch.attempt, 60) == []  # over already: nothing to do, nothing wrong
    assert [answer.attempt for answer in bench.driver.prolong("job-none.1", 9)] == ["job-none.1"]


def test_the_memory_limit_ends_it(bench: Bench):
    text = f"#!{sys.executable} -S\nimport time\ndata = bytearray(600 << 20)\ntime.sleep(50)\n"
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
    with Path(large.folder, "input").open("wb") as file:
        file.truncate(3 << 30)  # takes no room, and is more than 32 bits count
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
        {sys.executable} -S -c '
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("pids", "a").write(f"{{os.getpid()}}\\n")
        time.sleep(302)
    os._exit(0)
'
        while [ "$(wc -l < pids)" -lt 3 ]; do sleep 0.05; done
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


def test_pause_stops_the_meter_and_resume_goes_on(bench: Bench):
    launch = bench.launch(HELD + "sleep 1", Behaviour(3 * SECOND_US))
    bench.start(launch)
    bench.until_running(launch)
    assert bench.driver.probe().features.pause == bench.pauses
    if not bench.pauses:
        assert [type(answer) for answer in bench.driver.pause([launch.attempt])] == [Refused]
        bench.let_go(launch)
        assert bench.end_of(launch).outcome == "success"
        return
    assert bench.driver.pause([launch.attempt]) == []
    bench.until(lambda: any(isinstance(one, Paused) for one in bench.heard[launch.attempt]))
    time.sleep(4)
    bench.hear(bench.driver.poll())
    assert "Ended" not in bench.kinds(launch)
    assert len(bench.driver.pause([launch.attempt])) == 1
    assert bench.driver.resume([launch.attempt]) == []
    bench.let_go(launch)
    ended = bench.end_of(launch)
    assert ended.outcome == "success"
    assert ended.usage is not None
    assert ended.usage.milli_device_seconds < (ended.at_us - ended.usage.from_us) // 1000 - 2500
    assert len(bench.driver.pause([launch.attempt, "never-seen.1"])) == 2


def test_an_agent_that_is_not_acknowledged_lets_go(bench: Bench):
    """Whatever the date: nodes, and who keeps their files, may be days apart from the agent's machine."""
    kept = bench.launch("sleep 60", LONG, lost_after_s=600)
    left = bench.launch("sleep 60", LONG, lost_after_s=4)
    bench.start(kept, left)
    bench.driver.acknowledge()
    bench.until_running(kept, left)
    for turn in range(15):
        bench.driver.acknowledge()
        bench.date_lease(DAY_S if turn % 2 else -DAY_S)
        time.sleep(0.35)
    bench.hear(bench.driver.poll())
    assert "Ended" not in bench.kinds(left)
    ended = bench.end_of(left)
    assert (ended.outcome, ended.cause) == ("killed", "unacknowledged")
    assert "Ended" not in bench.kinds(kept)
    bench.driver.stop([kept.attempt], 0)
    bench.end_of(kept)
