"""The conformance set of a centre: run for real on this machine, graded by a real server."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.networks import small_network
from tests.postgres import open_folder
from tests.server_process import Server, server
from tests.servers import recent

from suanwang.drivers.local import LocalDriver
from suanwang.drivers.local_machine import this_machine
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.model.api.network import CHECKS_FULL

POOL, CENTRE = "zw-a100", "zw"


@pytest.fixture(scope="module")
def platform() -> Iterator[Server]:
    folder = open_folder()
    (folder / "data").mkdir(mode=0o755)
    write_scenario(recent(small_network()), folder / "network", "csv")
    with server(folder / "data", folder / "network", files=True) as made:
        yield made
    shutil.rmtree(folder, ignore_errors=True)


def conform(platform: Server, folder: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
    token = folder / "token"
    token.write_text(platform.client().make_token("agent", CENTRE).text)
    words = [sys.executable, "-m", "suanwang", "agent", "--platform", platform.url, "--centre", CENTRE]
    words += ["--token-file", str(token), "--data", str(folder / "agent"), "--lang", "en", "--conformance"]
    return subprocess.run([*words, *flags], capture_output=True, text=True, timeout=380, check=False)


def is_open(platform: Server) -> bool:
    (pool,) = [one for one in platform.client().pools(centre=CENTRE).pools if one.pool == POOL]
    return pool.open


def test_a_real_engine_is_graded_full_after_one_that_runs_nothing_was_closed(
    platform: Server, tmp_path: Path
) -> None:
    """The fake engine says that all went well, and nothing did: no word, no exit code, no output."""
    (tmp_path / "fake").mkdir()
    told = conform(platform, tmp_path / "fake", "--driver", "fake", "--pool", f"{POOL}=A100:8")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "✗ runs" in told.stdout and "grade: none" in told.stdout
    assert platform.client().centre(CENTRE).grade == "none"
    assert not is_open(platform)

    (tmp_path / "local").mkdir()
    try:
        told = conform(platform, tmp_path / "local", "--driver", "local", "--pool", f"{POOL}=A100:2")
        assert told.returncode == 0, told.stdout + told.stderr
        assert all(f"✓ {check}" in told.stdout for check in CHECKS_FULL), told.stdout
        assert platform.client().centre(CENTRE).grade == "full"
        assert not list((tmp_path / "local" / "agent" / "work").iterdir()), "nothing is left"
    finally:
        LocalDriver(tmp_path / "local" / "agent" / "engine", this_machine({})).end()


def test_a_pool_that_the_engine_does_not_have_fails_the_capability_check(
    platform: Server, tmp_path: Path
) -> None:
    told = conform(platform, tmp_path, "--driver", "local", "--pool", f"{POOL}=H200")
    LocalDriver(tmp_path / "agent" / "engine", this_machine({})).end()
    assert told.returncode == 1
    assert "✗ capable" in told.stdout and "missing: H200" in told.stdout
    assert "Traceback" not in told.stderr
