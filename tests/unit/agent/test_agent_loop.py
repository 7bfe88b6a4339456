"""The agent's loop in one thread on a made clock: a platform over ASGI, a fake engine, death at any point."""

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.agent_platform import TOKEN, AsgiTransport, StandIn

from suanwang.agent.configuration import AgentPool
from suanwang.agent.errands import AtOnce
from suanwang.agent.home import Home
from suanwang.agent.loop import AgentLoop
from suanwang.agent.platform_http import HttpPlatform
from suanwang.drivers import port
from suanwang.drivers.fake import FakeDriver
from suanwang.drivers.fake_engine import Behaviour, FakeEngine
from suanwang.engine.centre_deadlines import Moment
from suanwang.model.content import JobContent
from suanwang.model.facts import Ended, Erased, Saved, Started, Used
from suanwang.model.job import Alternative
from suanwang.model.orders import AnyOrder, Launch, Pause, Prolong, Resume, Stop

SECOND = 1_000_000
NOON = 1_772_424_000 * SECOND
SECRET = "hunter2-very-secret"


class Killed(BaseException):
    """The agent was killed just there."""


class Centre:
    """One agent's world: its disk, its engine, its platform, its clock."""

    def __init__(self, folder: Path, does: Callable[[port.Launch], Behaviour]) -> None:
        self.folder = folder
        self.at = NOON
        self.stand_in = StandIn()
        (folder / "token").write_text(TOKEN + "\n")
        self.launches: list[port.Launch] = []
        self.engine = FakeEngine([port.Pool("A100", 2, 4, 64, 10**6)], does)
        self.transport = AsgiTransport(self.stand_in)
        self.client = httpx.Client(transport=self.transport, base_url="http://platform")
        self.calls = 0
        self.die_at = -1
        self.deaths = 0
        self.loop: AgentLoop
        self.start()

    def start(self) -> None:
        """A new agent on the same disk."""
        home = Home(self.folder / "data")
        home.heard_written_us = -(10**12)
        driver = FakeDriver(self.engine, lambda: self.at)
        platform = HttpPlatform(self.client, "chengdu", self.folder / "token")
        self.dying(home, "write")
        for name in ("start", "stop", "clean"):
            self.dying(driver, name)
        for name in ("join", "exchange", "keep", "fetch", "append_log"):
            self.dying(platform, name)
        self.loop = AgentLoop(
            "chengdu",
            home,
            driver,
            platform,
            AtOnce(),
            [AgentPool("chengdu-a100", "A100")],
            self.moment,
            report_interval_s=30,
        )

    def dying(self, whose: object, name: str) -> None:
        """Let the agent die before or after a call, when its number has come."""
        call = getattr(whose, name)

        def counted(*given: object) -> object:
            self.calls += 1
            if self.calls == self.die_at:
                raise Killed
            answer = call(*given)
            self.calls += 1
            if self.calls == self.die_at:
                raise Killed
            return answer

        setattr(whose, name, counted)

    @property
    def moment(self) -> Moment:
        return Moment(self.at, self.at - NOON + 1000 * SECOND)

    def restart(self) -> None:
        self.loop.home.close()
        self.start()

    def run(self, seconds: int, step_s: float = 1.0) -> None:
        """Let time pass; an agent that dies is started again a second later."""
        end = self.at + seconds * SECOND
        while self.at < end:
            try:
                self.loop.step(self.moment)
            except Killed:
                self.deaths += 1
                self.at += SECOND
                self.restart()
            self.at += int(step_s * SECOND)

    def launch(self, name: str, content: str = "", limit_s: int = 100, **over: object) -> Launch:
        order = Launch(
            len(self.stand_in.orders) + 1,
            name,
            "train",
            "firm",
            "chengdu-a100",
            Alternative("A100", 2000, 1, limit_s),
            2,
            1024,
            self.at,
            self.at + 600 * SECOND,
            limit_s,
            content,
            "",
            True,
            300,
            0,
        )
        self.give(order)
        return order

    def give(self, order: AnyOrder) -> None:
        self.stand_in.orders.append(order)

    def unfenced(self, attempt: str) -> None:
        """As on an engine that has no fence of its own."""
        run = self.engine.runs[attempt]
        run.launch = msgspec.structs.replace(run.launch, lost_after_s=0)

    def used_us(self, attempt: str) -> int:
        used = [fact for fact in self.stand_in.of(attempt) if isinstance(fact, Used)]
        for one, other in pairwise(used):
            assert one.to_at <= other.from_at
        return sum(one.to_at - one.from_at for one in used)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path, lambda launch: Behaviour(40 * SECOND))
    yield made
    made.loop.home.close()
    made.client.close()


def archive(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return data.getvalue()


def full_job(centre: Centre) -> str:
    """A job with all there is: inputs, outputs, a checkpoint, a secret."""
    inputs = centre.stand_in.keep(archive({"data/a.txt": b"12", "data/b.txt": b"3"}))
    return centre.stand_in.keep_job(
        JobContent(
            "python train.py",
            setup="true",
            env={"EPOCHS": "3"},
            secrets={"HF_TOKEN": SECRET},
            inputs_archive=inputs,
            outputs=("out/", "*.log"),
            checkpoint_path="ckpt",
        )
    )


def leaves(launch: port.Launch) -> Behaviour:
    """What the full job leaves on the fake engine."""
    files = {
        "out/model": b"weights",
        "out/deep/x": b"y",
        "train.log": b"done",
        "scratch": b"z",
        "ckpt/1": b"c",
    }
    return Behaviour(40 * SECOND, logs={"stdout": b"epoch 1\n", "stderr": b"warn\n"}, files=files)


def names_in(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as made:
        return sorted(made.getnames())


def test_a_job_from_order_to_erasure(tmp_path: Path) -> None:
    centre = Centre(tmp_path, leaves)
    content = full_job(centre)
    centre.launch("j1.1", content)
    centre.run(5)
    assert (tmp_path / "data/work/j1.1/data/a.txt").read_bytes() == b"12"
    launched = centre.engine.runs["j1.1"].launch
    assert launched.secrets == {"HF_TOKEN": SECRET}
    assert launched.script == "set -e\ntrue\nset +e\npython train.py"
    assert (launched.time_limit_s, launched.lost_after_s, launched.device) == (100, 300, "A100")
    assert centre.stand_in.fits[0].pool == "chengdu-a100"
    centre.run(60)
    facts = centre.stand_in.of("j1.1")
    assert [type(fact) for fact in facts] == [Started, Used, Used, Ended, Erased]
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason, ended.exit_code) == ("success", "exit", 0)
    assert names_in(centre.stand_in.contents[ended.outputs]) == ["out/deep/x", "out/model", "train.log"]
    assert centre.used_us("j1.1") == 40 * SECOND
    assert centre.stand_in.logs == {("j1.1", "stdout"): b"epoch 1\n", ("j1.1", "stderr"): b"warn\n"}
    assert not (tmp_path / "data/work/j1.1").exists()
    assert centre.loop.agent.idle
    for path in (tmp_path / "data").rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


CALLS = 112
"""So many moments of death are in the story: before and after each call of disk, engine and platform."""


@pytest.mark.parametrize("first", range(0, CALLS, 28))
def test_dies_at_a_call_and_the_story_is_the_same(tmp_path: Path, first: int) -> None:
    die_at_each(tmp_path, range(first, first + 28, 3))


@pytest.mark.soak
def test_dies_at_every_call_and_the_story_is_the_same(tmp_path: Path) -> None:
    die_at_each(tmp_path, range(CALLS))


def die_at_each(tmp_path: Path, moments: Iterable[int]) -> None:
    for die_at in moments:
        folder = tmp_path / str(die_at)
        folder.mkdir()
        centre = Centre(folder, leaves)
        centre.die_at = die_at + 1
        centre.launch("j1.1", full_job(centre))
        centre.launch("j2.1")
        centre.run(30, step_s=5)
        centre.give(Stop(3, "j2.1", "preempted", 5))
        centre.run(60, step_s=5)
        assert centre.loop.agent.idle, die_at
        assert centre.deaths == (die_at < centre.calls)
        ended, stopped = centre.stand_in.ended("j1.1"), centre.stand_in.ended("j2.1")
        assert ended is not None
        assert stopped is not None
        assert (ended.outcome, ended.reason) == ("success", "exit")
        assert (stopped.outcome, stopped.reason) == ("preempted", "preempted")
        assert names_in(centre.stand_in.contents[ended.outputs]) == ["out/deep/x", "out/model", "train.log"]
        assert centre.used_us("j1.1") == 40 * SECOND
        saved = [fact for fact in centre.stand_in.of("j2.1") if isinstance(fact, Saved)]
        assert saved == []  # it has no checkpoint path
        for name in ("j1.1", "j2.1"):
            facts = centre.stand_in.of(name)
            assert sum(isinstance(fact, Started) for fact in facts) == 1
            assert any(isinstance(fact, Erased) for fact in facts)
        centre.loop.home.close()
        centre.client.close()


def test_the_platform_dies_and_comes_back_before_the_fence(centre: Centre) -> None:
    centre.launch("j1.1")
    centre.run(5)
    centre.stand_in.away = True
    centre.run(200)
    assert centre.engine.runs["j1.1"].ended is not None  # it ended by itself meanwhile
    before = centre.stand_in.requests
    centre.run(60)
    assert centre.stand_in.requests - before <= 15  # it backs off
    centre.stand_in.away = False
    centre.run(60)
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert ended.outcome == "success"
    assert centre.used_us("j1.1") == 40 * SECOND


def test_silence_ends_the_work_at_the_fence(tmp_path: Path) -> None:
    centre = Centre(tmp_path, lambda launch: Behaviour(5000 * SECOND))
    centre.launch("j1.1", limit_s=500)
    centre.run(10)
    centre.unfenced("j1.1")
    heard = centre.loop.agent.heard_us
    assert heard is not None
    centre.stand_in.away = True
    while centre.moment.steady_us < heard + 299 * SECOND:
        centre.run(1)
    assert centre.engine.runs["j1.1"].ended is None
    centre.run(3)
    assert centre.engine.runs["j1.1"].ended is not None
    centre.restart()
    centre.stand_in.away = False
    centre.run(60)
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("preempted", "fenced")


def test_an_agent_that_was_dead_past_the_fence_ends_the_work_before_it_speaks(tmp_path: Path) -> None:
    centre = Centre(tmp_path, lambda launch: Behaviour(5000 * SECOND))
    centre.launch("j1.1", limit_s=500)
    centre.run(10)
    centre.unfenced("j1.1")
    centre.at += 400 * SECOND
    centre.restart()
    centre.run(5)
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("preempted", "fenced")


def test_what_was_told_to_stop_while_the_engine_was_away_never_begins(centre: Centre) -> None:
    centre.run(2)
    centre.engine.away = True
    centre.launch("j1.1")
    centre.run(10)
    assert centre.engine.runs == {}
    centre.give(Stop(2, "j1.1", "cancelled", 0))
    centre.run(10)
    centre.engine.away = False
    centre.run(30)
    assert centre.engine.runs == {}
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("killed", "cancelled")


def test_pause_prolong_and_resume_reach_the_engine(centre: Centre) -> None:
    centre.launch("j1.1", limit_s=20)
    centre.run(10)
    centre.give(Pause(2, "j1.1"))
    centre.run(30)
    assert centre.engine.runs["j1.1"].state == "paused"
    centre.give(Prolong(3, "j1.1", 60, centre.at + 600 * SECOND))
    centre.give(Resume(4, "j1.1"))
    centre.run(60)
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert ended.outcome == "success"
    assert centre.used_us("j1.1") == 40 * SECOND


def test_what_does_not_fit_and_what_cannot_be_fetched_go_back(centre: Centre) -> None:
    for number in range(1, 6):  # eight devices hold four of them
        centre.launch(f"j{number}.1")
    centre.launch("j9.1", content="ab" * 32)
    centre.run(5)
    reasons = {name: centre.stand_in.ended(name) for name in ("j5.1", "j9.1")}
    assert reasons["j5.1"] is not None
    assert reasons["j9.1"] is not None
    assert reasons["j5.1"].reason == "does_not_fit"
    assert reasons["j9.1"].reason == "start_failed"


def test_a_second_agent_takes_over_and_the_first_ends_only_when_its_work_has(centre: Centre) -> None:
    centre.launch("j1.1", limit_s=500)
    centre.run(5)
    centre.stand_in.session += 10**9
    centre.run(5)
    assert centre.loop.conversation.replaced
    assert not centre.loop.over
    centre.run(60)
    assert centre.loop.over


def test_logs_are_sent_while_somebody_follows(tmp_path: Path) -> None:
    centre = Centre(tmp_path, leaves)
    centre.launch("j1.1", full_job(centre))
    centre.run(5)
    assert centre.stand_in.logs == {}
    centre.stand_in.follow = {"j1.1"}
    centre.run(5)
    assert centre.stand_in.logs[("j1.1", "stdout")] == b"epoch 1\n"


def test_progress_and_a_marked_checkpoint_are_told_while_it_runs(tmp_path: Path) -> None:
    centre = Centre(tmp_path, leaves)
    centre.launch("j1.1", full_job(centre))
    centre.run(3)
    control = tmp_path / "data/work/j1.1/.suanwang"
    control.mkdir(exist_ok=True)
    (control / "progress").write_text("42.5 epoch 3\n")
    (control / "checkpoint").touch()
    centre.run(15)
    told = [fact for fact in centre.stand_in.of("j1.1") if not isinstance(fact, Started | Used)]
    assert [(type(fact).__name__) for fact in told] == ["Progressed", "Saved"]
    saved = told[1]
    assert isinstance(saved, Saved)
    assert names_in(centre.stand_in.contents[saved.content]) == ["ckpt/1"]


def test_drained_it_takes_nothing_and_is_over_when_its_work_is(centre: Centre) -> None:
    centre.launch("j1.1")
    centre.run(5)
    (centre.folder / "data" / "drain").touch()
    centre.run(5)
    centre.launch("j2.1")
    centre.run(5)
    assert not centre.loop.over
    refused = centre.stand_in.ended("j2.1")
    assert refused is not None
    assert (refused.outcome, refused.reason) == ("preempted", "does_not_fit")
    centre.run(60)
    assert centre.loop.over
    assert centre.stand_in.fits == ()


def test_a_disk_that_takes_nothing_stops_all_but_the_agent(centre: Centre) -> None:
    centre.run(3)
    write = centre.loop.home.write

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    centre.loop.home.write = full  # type: ignore[method-assign]
    centre.launch("j1.1")
    centre.run(5)
    assert "j1.1" not in centre.engine.runs
    centre.loop.home.write = write  # type: ignore[method-assign]
    centre.run(60)
    assert centre.stand_in.ended("j1.1") is not None
