"""A live platform as real processes: a server with its own database, the network of one centre, its agent.

Whatever is started here is stopped here: the server, its database, the agent, and what the agent runs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from suanwang.client.client import Client
from suanwang.client.line import Line
from suanwang.drivers.device_slots import Machine
from suanwang.drivers.local import LocalDriver
from suanwang.drivers.process_tree import Process, processes
from suanwang.ledger.commands import OpenWallet, TopUp
from suanwang.model.api.network import Enrolment, NetworkAsked, SignalsAsked
from suanwang.model.network import CentreRow, PoolRow, RegionRow, Signals, Terms
from suanwang.store.embedded import EmbeddedServer

PATIENCE_S = 120.0
CENTRE, POOL, DEVICE, REGION, ZONE = "centre-1", "pool-1", "cpu", "510100", "四川"
HORIZON_SLOTS = 48
HOUR_US = 3_600_000_000
PROGRAM = (sys.executable, "-m", "suanwang")
KEEPER = "suanwang.drivers.keeper"


class LivePlatform:
    """See above, in `folder`. `server` and `agent` are its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.data.mkdir(parents=True)
        self.server: subprocess.Popen[bytes] | None = None
        self.agent: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start_server(self) -> float:
        """Starts it; the seconds until it leads."""
        began = time.perf_counter()
        address = self.data / "server.address"
        address.unlink(missing_ok=True)
        self.server = self.start("server", "server", "--port", "0", "--data", str(self.data))
        self.wait(address.exists, "the server does not listen")
        self.url = address.read_text().strip()
        self.wait(self.leads, "the server does not lead")
        return time.perf_counter() - began

    def start(self, name: str, *words: str) -> "subprocess.Popen[bytes]":
        """A process of ours; what it says goes to `<name>.log`."""
        environment = {key: value for key, value in os.environ.items() if key != "SUANWANG_DATABASE_URL"}
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen([*PROGRAM, *words], stdout=log, stderr=log, env=environment)

    def leads(self) -> bool:
        """Whether the server answers as the leader."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def wait(
        self, is_so: Callable[[], bool], otherwise: str, patience_s: float = PATIENCE_S, look_s: float = 0.02
    ) -> None:
        """Until it is so. Raises TimeoutError, and RuntimeError where the server has ended."""
        end = time.perf_counter() + patience_s
        while not is_so():
            if self.server is None or self.server.poll() is not None:
                raise RuntimeError((self.folder / "server.log").read_text()[-2000:])
            if time.perf_counter() > end:
                raise TimeoutError(otherwise)
            time.sleep(look_s)

    def client(self, token: str | None = None) -> Client:
        """A client of the operator, or of whoever has the token."""
        return Client(Line(self.url, token or (self.data / "operator.token").read_text().strip()))

    def open_network(self, devices: int) -> None:
        """One region, one centre, one pool of `devices` devices, in slots of an hour."""
        operator, start_at = self.client(), time.time_ns() // 1000 // HOUR_US * HOUR_US - HOUR_US
        terms = Terms(
            name="benchmark",
            start_at=start_at,
            slot_minutes=60,
            horizon_slots=HORIZON_SLOTS,
            reserve_slots=24,
        )
        operator.open_network(
            NetworkAsked(terms, (RegionRow(region=REGION, name="成都", lat="30.57", lon="104.07"),))
        )
        prices, carbon = ("400000",) * 4 * HORIZON_SLOTS, ("156.4",) * 4 * HORIZON_SLOTS
        signals = Signals(zone=ZONE, from_slot=0, price_micro_per_kwh=prices, carbon_g_per_kwh=carbon)
        operator.publish_signals(SignalsAsked((signals,)))
        centre = CentreRow(
            centre=CENTRE, name="一", kind="general", region=REGION, lat="30.57", lon="104.07",
            grid_zone=ZONE, pue="1.2", security_grade=3, operator="甲",
        )  # fmt: skip
        pool = PoolRow(
            pool=POOL, centre=CENTRE, device=DEVICE, devices=str(devices), devices_per_node=str(devices),
            power_w_per_device="6", idle_w_per_device="2", price_micro_per_device_hour=80_000,
        )  # fmt: skip
        operator.enrol(Enrolment(centre, (pool,)))

    def open_firm(self, name: str, yuan: int = 10_000_000) -> str:
        """A firm with money; the token of its owner."""
        operator = self.client()
        operator.book(OpenWallet(f"open-{name}", name, "CNY", 0))
        operator.book(TopUp(f"top-up-{name}", name, yuan * 1_000_000, "benchmark"))
        return operator.make_token("owner", name).text

    def start_agent(self, devices: int) -> None:
        """The agent of the centre, with the local driver; returns once the platform hears it."""
        token = self.folder / "agent.token"
        token.write_text(self.client().make_token("agent", CENTRE).text)
        file = self.folder / "agent.yaml"
        file.write_text(
            json.dumps({
                "platform": self.url,
                "centre": CENTRE,
                "token_file": str(token),
                "data_folder": str(self.folder / "agent"),
                "driver": "local",
                "pools": [{"pool": POOL, "device": DEVICE, "devices": devices}],
            })
        )  # JSON is YAML  # fmt: skip
        self.agent = self.start("agent", "agent", "--config", str(file))
        client = self.client()
        self.wait(lambda: client.centre(CENTRE).contact == "speaks", "the agent does not speak")

    def kill_server(self) -> None:
        """SIGKILL."""
        assert self.server is not None
        self.server.kill()
        self.server.wait()

    def stop_server(self) -> float:
        """SIGTERM; the seconds until it has ended."""
        assert self.server is not None
        began = time.perf_counter()
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(PATIENCE_S)
        return time.perf_counter() - began

    def processes(self) -> dict[str, list[Process]]:
        """What works for the platform: the server, its children, the agent, the keeper of what that runs."""
        alive = processes()
        assert self.server is not None
        family = {self.server.pid}
        for process in sorted(alive.values(), key=lambda one: one.born_ticks):
            family |= {process.pid} if process.parent in family else set()
        agent = set() if self.agent is None else {self.agent.pid}
        keeper = {pid for pid in alive if command_of(pid)[2:] == [KEEPER, self.engine]}
        kinds = {"server": {self.server.pid}, "its children": family - {self.server.pid}, "agent": agent}
        return {
            kind: [alive[pid] for pid in pids if pid in alive]
            for kind, pids in {**kinds, "keeper and scripts": keeper}.items()
        }

    @property
    def engine(self) -> str:
        """The folder of the agent's local driver."""
        return str(self.folder / "agent" / "engine")

    def close(self) -> None:
        """Ends all of it."""
        if self.agent is not None:
            self.agent.terminate()
            self.agent.wait(PATIENCE_S)
            LocalDriver(Path(self.engine), Machine((), 1, 1)).end()
        if self.server is not None and self.server.poll() is None:
            self.stop_server()
        if (self.data / "postgresql").exists():
            database = EmbeddedServer(self.data)
            database.close()
            database.wait_until_stopped(PATIENCE_S)


def command_of(pid: int) -> list[str]:
    """The words that a process was started with; none where it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


@contextmanager
def live_platform() -> Generator[LivePlatform]:
    """A platform whose server leads; ended with everything it started, and its folder erased."""
    with TemporaryDirectory(prefix="suanwang-") as folder:
        Path(folder).chmod(0o711)  # as root, the database runs as another user
        made = LivePlatform(Path(folder))
        try:
            made.start_server()
            yield made
        finally:
            made.close()
