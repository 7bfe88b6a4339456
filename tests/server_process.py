"""Real servers for tests: `suanwang server` as a process, on a folder of its own, stopped at the end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from suanwang.client.client import Client
from suanwang.client.line import Line

START_S = 180.0


class Server:
    """One process. `data`: its folder; several may share one."""

    def __init__(
        self, data: Path, network: Path | None = None, files: bool = False, name: str = "a", port: int = 0
    ) -> None:
        self.data, self.log = data, data / f"server-{name}.log"
        self.address = data / "server.address"
        self.address.unlink(missing_ok=True)
        words = [sys.executable, "-m", "suanwang", "server", "--port", str(port), "--data", str(data)]
        words += ["--network", str(network)] if network else []
        words += ["--file-log"] if files else []
        environment = {key: value for key, value in os.environ.items() if key != "SUANWANG_DATABASE_URL"}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, env=environment)
        self.wait(self.address.exists)
        self.url = self.address.read_text().strip()

    def wait(self, done: Callable[[], bool], seconds: float = START_S) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)

    def leads(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=30).status_code == 200
        except httpx.TransportError:
            return False

    def client(self, token: str | None = None) -> Client:
        return Client(Line(self.url, token or (self.data / "operator.token").read_text().strip()))

    def children(self) -> list[int]:
        """Processes that it began, their own included."""
        found, asked = list[int](), [self.process.pid]
        while asked:
            task = Path(f"/proc/{asked.pop()}/task")
            for listed in task.glob("*/children"):
                asked += [int(one) for one in listed.read_text().split()]
                found += [int(one) for one in listed.read_text().split()]
        return found

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()


@contextmanager
def server(data: Path, network: Path | None = None, files: bool = False, name: str = "a") -> Iterator[Server]:
    """A server that leads when it is handed out."""
    made = Server(data, network, files, name)
    try:
        made.wait(made.leads)
        yield made
    finally:
        made.close()
