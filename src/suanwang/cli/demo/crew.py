"""The processes of the demonstration: started, killed where the story wants it, and none left at the end.

Each has a temporary folder of its own as TMPDIR, which all that it starts inherits: so even what outlives its
parent (a keeper, a job) is found again.
"""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from suanwang.units.errors import Fault, Unsupported
from suanwang.units.text import Text

STOP_SECONDS = 60.0
LOG_LETTERS = 1500


class Crew:
    """`folder` holds the logs and the temporary folders. Close it whatever happens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], variables: dict[str, str] | None = None) -> None:
        """Starts a process; what it says goes to `<name>.log`. Its standard input ends with us."""
        temporary = self.temporary(name)
        temporary.mkdir(parents=True, exist_ok=True)
        # others' programs (PostgreSQL as its own user) may pass, not list
        temporary.chmod(0o711)
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                list(command),
                env={**os.environ, **(variables or {}), "TMPDIR": str(temporary)},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def temporary(self, name: str) -> Path:
        """Its temporary folder."""
        return self.folder / "tmp" / name

    def log(self, name: str) -> Path:
        """What it said."""
        return self.folder / f"{name}.log"

    def check(self, *names: str) -> None:
        """Raises Unsupported where one of them has ended by itself."""
        for name in names:
            process = self.running.get(name)
            if process is not None and process.poll() is not None:
                said = self.log(name).read_text(errors="replace")[-LOG_LETTERS:]
                what = Text(f"{name} ended with {process.returncode}", f"{name} 已退出：{process.returncode}")
                raise Unsupported([Fault(str(self.log(name)), what, said)])

    def kill(self, name: str) -> int:
        """SIGKILL to it and to all that it started, at once; how many processes that were."""
        process = self.running.pop(name, None)
        killed = 0
        if process is not None:
            process.kill()
            process.wait()
            killed = 1
        return killed + self.sweep(self.temporary(name))

    def stop(self, name: str) -> None:
        """SIGTERM, and SIGKILL where that does not do."""
        process = self.running.pop(name, None)
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def sweep(self, temporary: Path) -> int:
        """SIGKILL to whatever has `temporary`, or a folder below it, as its TMPDIR; how many."""
        killed: set[int] = set()
        end = time.monotonic() + STOP_SECONDS
        while found := marked(str(temporary)):
            for number in found:
                try:
                    os.kill(number, signal.SIGKILL)
                    killed.add(number)
                except ProcessLookupError:
                    continue
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        return len(killed)

    def close(self) -> None:
        """Ends all that is left."""
        for name in list(self.running):
            self.stop(name)
        self.sweep(self.folder / "tmp")


def marked(temporary: str) -> list[int]:
    """The processes whose TMPDIR is that folder or one below it; none that has ended."""
    exact, below = f"TMPDIR={temporary}".encode(), f"TMPDIR={temporary}/".encode()
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(one == exact or one.startswith(below) for one in variables):
            found.append(int(entry.name))
    return found
