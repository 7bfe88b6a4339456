"""A job from order to erasure, what is told on its way, and the same story if the agent dies at any call."""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.unit.agent.centre import SECOND, Centre

from suanwang.agent.configuration import AgentLimits
from suanwang.drivers import port
from suanwang.drivers.fake_engine import Behaviour
from suanwang.model.content import JobContent
from suanwang.model.facts import Ended, Erased, Saved, Started, Used
from suanwang.model.log_cut import cut_line
from suanwang.model.orders import Stop

SECRET = "hunter2-very-secret"


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


def test_logs_are_sent_while_somebody_follows(tmp_path: Path) -> None:
    centre = Centre(tmp_path, leaves)
    centre.launch("j1.1", full_job(centre))
    centre.run(5)
    assert centre.stand_in.logs == {}
    centre.stand_in.follow = {"j1.1"}
    centre.run(5)
    assert centre.stand_in.logs[("j1.1", "stdout")] == b"epoch 1\n"


@pytest.mark.parametrize("follows", [False, True])
@pytest.mark.parametrize("most", [0, 5, 8])
def test_a_stream_that_is_cut_says_so_once(tmp_path: Path, most: int, follows: bool) -> None:
    centre = Centre(tmp_path, leaves, AgentLimits(log_bytes=most))
    centre.launch("j1.1", full_job(centre))
    if follows:
        centre.stand_in.follow = {"j1.1"}
        centre.run(20)
        centre.restart()
    centre.run(60)
    cut, ended = cut_line(most), centre.stand_in.ended("j1.1")
    logs = {stream: centre.stand_in.logs.get(("j1.1", stream), b"") for stream in ("stdout", "stderr")}
    whole = {"stdout": b"epoch 1\n", "stderr": b"warn\n"}
    assert logs == {name: text[:most] + (cut if len(text) > most else b"") for name, text in whole.items()}
    assert ended is not None and ended.outcome == "success" and ended.outputs
    assert ended.note.partition(":")[0] == {0: "stdout, stderr", 5: "stdout", 8: ""}[most]


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
