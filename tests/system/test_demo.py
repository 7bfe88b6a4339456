"""The demonstration as a newcomer runs it: real server, database, Slurm and Ray where they are, real jobs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = (sys.executable, "-m", "suanwang", "demo")
SECONDS_MOST = 380
"""About 160 s on two cores of its own, of which 120 are the wait until a killed centre counts as lost."""


def marked(folder: str) -> list[str]:
    """Processes that name the folder, in their words or their variables."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if folder.encode() in told:
            found.append(f"{entry.name} {(entry / 'cmdline').read_bytes()[:200]!r}")
    return found


def left(folder: Path) -> list[str]:
    """Those of them that do not go by themselves: who has just been told to end may be on its way."""
    end = time.monotonic() + 60
    while found := marked(str(folder)):
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return found


def variables(folder: Path) -> dict[str, str]:
    """A folder of one's own for temporary files, open to the database's user."""
    folder.chmod(0o755)
    return {**os.environ, "TMPDIR": str(folder)}


@pytest.fixture
def temporary(request: pytest.FixtureRequest) -> Path:
    from tests.postgres import open_folder

    folder = open_folder()
    request.addfinalizer(lambda: subprocess.run(["rm", "-rf", str(folder)], check=True))
    return folder


def test_all_that_the_demonstration_claims_is_true(temporary: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "--once", "--json", "--lang", "en", "--port", "0"],
        env=variables(temporary),
        capture_output=True,
        text=True,
        timeout=SECONDS_MOST,
        check=False,
    )
    assert '"claims"' in done.stdout, done.stderr[-3000:]
    told = json.loads(done.stdout)
    print("missing here:", told["missing"], told["skipped"], f"{told['seconds']} s")
    assert [claim for claim in told["claims"] if not claim["holds"]] == []
    assert done.returncode == 0
    assert len(told["claims"]) >= 30
    assert {job["state"] for job in told["jobs"]} == {"succeeded", "failed", "expired"}
    assert len(told["jobs"]) >= 28
    assert told["killed_processes"] >= 3
    assert list(temporary.iterdir()) == []
    assert left(temporary) == []


def test_interrupted_it_leaves_no_process_and_no_file(temporary: Path) -> None:
    log = temporary / "said"
    with log.open("wb") as said:
        demo = subprocess.Popen(
            [*PROGRAM, "--once", "--lang", "en", "--port", "0"],
            env=variables(temporary),
            stdout=said,
            stderr=said,
        )
        end = time.monotonic() + 240
        while "guian-1-L20 running" not in log.read_text() and time.monotonic() < end:
            assert demo.poll() is None, log.read_text()
            time.sleep(0.2)
        assert len(marked(str(temporary))) > 3
        demo.send_signal(signal.SIGINT)
        assert demo.wait(120) == 130
    assert [path for path in temporary.iterdir() if path != log] == []
    assert left(temporary) == []


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    done = subprocess.run(
        [*PROGRAM, "--once", "--keep", str(tmp_path), "--lang", "en"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "not an empty folder" in done.stderr
    assert (tmp_path / "mine").read_text() == "kept"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database runs as another user")
def test_a_folder_that_the_database_cannot_reach_is_refused_at_once(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    done = subprocess.run(
        [*PROGRAM, "--once", "--keep", "platform", "--lang", "en"],
        cwd=closed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "--keep" in done.stderr
    assert "cannot reach" in done.stderr
    assert list(closed.iterdir()) == []
