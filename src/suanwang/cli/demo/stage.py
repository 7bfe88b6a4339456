"""The platform of the demonstration: a server with its database, centres with agents, firms with money."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import NamedTuple

import httpx

from suanwang.cli.connection import Connection
from suanwang.cli.demo.crew import Crew
from suanwang.cli.demo.network import CHENGDU, GUIZHOU, HUB, LOST, METROPOLIS, SEATS, SUPER, write_network
from suanwang.ledger.commands import (
    AnyCommand,
    Appropriate,
    FundWeight,
    IssueGrant,
    OpenFund,
    OpenProgramme,
    OpenWallet,
    PayIn,
    Replenish,
    TopUp,
)
from suanwang.model.api.money import Booked
from suanwang.model.api.network import Centres
from suanwang.model.api.tokens import Role, TokenAsked, TokenMade
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.instants import CHINA
from suanwang.units.money import MICRO_PER_YUAN
from suanwang.units.text import Language, Text

READY_SECONDS, LOOK_S = 90.0, 0.25
SERVER = "server"
FIRM_A, FIRM_B, LAB_C = "firm-a", "firm-b", "lab-c"
REGIONS = {FIRM_A: "510100", FIRM_B: "330100", LAB_C: "520100"}
GRANTS = ((FIRM_A, CHENGDU, 50), (LAB_C, GUIZHOU, 20))
"""(firm, programme, yuan) of the vouchers."""
TOP_UP_YUAN = 200
FUND_YUAN, RESERVE_YUAN = 1000, 100
GRANT_DAYS_US = 365 * 86_400_000_000

Say = Callable[[Text], None]


class Engine(NamedTuple):
    """What a centre runs its jobs on here (local, slurm, ray); what was `missing` for another."""

    driver: str
    missing: str = ""


def engines() -> dict[str, Engine]:
    """By centre, what this machine can do."""
    from suanwang.drivers.private_slurm import missing_programs

    missing = missing_programs()
    found = {METROPOLIS: Engine("local"), LOST: Engine("local")}
    found[SUPER] = Engine("local", ", ".join(missing)) if missing else Engine("slurm")
    found[HUB] = Engine("ray") if find_spec("ray") else Engine("local", "ray")
    return found


class Stage:
    """All of it, in `folder`. `meanwhile`: called while one waits. `close` ends every process."""

    def __init__(self, folder: Path, port: int, language: Language, say: Say) -> None:
        self.folder, self.port, self.say = folder, port, say
        self.language: Language = language
        self.data = folder / "data"
        self.crew = Crew(folder)
        self.engines = engines()
        self.began_s = time.monotonic()
        self.url = ""
        self.meanwhile: Callable[[], None] = lambda: None
        self.firms: dict[str, Connection] = {}
        self.tokens: dict[str, str] = {}

    def open(self) -> None:
        """Starts everything; the lost centre first, so that its end comes early. Raises Unsupported."""
        for path in (self.folder, self.data, self.folder / "tokens"):
            path.mkdir(parents=True, exist_ok=True)
        for name, engine in self.engines.items():
            if engine.missing:
                self.say(
                    Text(
                        f"{name}: {engine.missing} is not here; local processes instead",
                        f"{name}：缺少 {engine.missing}，改用本地进程",
                    )
                )
        write_network(self.folder / "network", datetime.now(CHINA))
        network = str(self.folder / "network")
        self.crew.start(
            SERVER,
            [*PROGRAM, "server", "--port", str(self.port), "--data", str(self.data), "--network", network],
            {"SUANWANG_DATABASE_URL": ""},
        )
        self.operator = self.first_contact()
        self.book_money()
        for seat in SEATS[::-1]:
            self.make_token("agent", seat.centre)
        for firm in REGIONS:
            text = self.make_token("owner", firm)
            self.firms[firm] = Connection(self.url, text, self.language)

    def start_engines(self) -> None:
        """The Slurm and the Ray, where they can be."""
        for seat in SEATS:
            driver = self.engines[seat.centre].driver
            if driver != "local":
                ((device, (whole, node)),) = seat.devices.items()
                home = self.folder / "engines" / driver
                home.mkdir(parents=True, exist_ok=True)
                words = [driver, str(home), str(whole // node), str(node), device]
                self.crew.start(driver, [sys.executable, "-m", "suanwang.cli.demo.engine_host", *words])

    def first_contact(self) -> Connection:
        """Waits for the server to lead; the operator's connection."""
        address, token = self.data / "server.address", self.data / "operator.token"

        def answers() -> bool:
            if not (address.exists() and token.exists()):
                return False
            self.url = address.read_text().strip()
            try:
                return httpx.get(f"{self.url}/readyz").is_success
            except httpx.TransportError:
                return False

        self.wait(answers, Text("the server does not lead", "服务器未就绪"), SERVER)
        self.tokens["operator"] = token.read_text().strip()
        return Connection(self.url, self.tokens["operator"], self.language)

    def book_money(self) -> None:
        """Funds, programmes with budget and reserve, centres, wallets, grants: all as ledger commands."""
        for command in opening_commands(time.time_ns() // 1000):
            self.operator.post("/v1/ledger/commands", command, Booked)

    def make_token(self, role: Role, holder: str) -> str:
        """A token for a firm or a centre, kept in a file that only its owner reads."""
        asked = TokenAsked(role, holder, "demo")
        text = self.operator.post("/v1/tokens", asked, TokenMade).text
        self.tokens[holder] = text
        descriptor = os.open(self.token_file(holder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
        return text

    def token_file(self, holder: str) -> Path:
        """Where a token is kept."""
        return self.folder / "tokens" / holder

    def start_agent(self, centre: str) -> None:
        """Starts the agent of a centre, once its engine is there."""
        seat = next(seat for seat in SEATS if seat.centre == centre)
        driver = self.engines[centre].driver
        home = self.folder / "centres" / centre
        home.mkdir(parents=True, exist_ok=True)
        configuration: dict[str, object] = {
            "platform": self.url,
            "centre": centre,
            "token_file": str(self.token_file(centre)),
            "data_folder": str(home),
            "driver": driver,
            "pools": [
                {"pool": f"{centre}-{device}", "device": device}
                | ({"devices": whole} if driver == "local" else {})
                for device, (whole, _) in seat.devices.items()
            ],
            "report_interval_s": 2,
            "wait_s": 5,
        }
        if driver != "local":
            address = self.folder / "engines" / driver / "address"
            self.wait(address.exists, Text(f"{driver} did not start", f"{driver} 未能启动"), driver)
            key = "slurm_conf" if driver == "slurm" else "ray_address"
            configuration[key] = address.read_text()
        file = home / "agent.yaml"
        # JSON is YAML
        file.write_text(json.dumps(configuration, indent=2))
        path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}"
        self.crew.start(centre, [*PROGRAM, "agent", "--config", str(file)], {"PATH": path})

    def wait_for_centres(self, *centres: str) -> None:
        """Until the platform hears all of them."""

        def speak() -> bool:
            told = self.operator.get("/v1/centres", Centres).centres
            return all(one.contact == "speaks" for one in told if one.row.centre in centres)

        self.wait(speak, Text("a centre does not speak", "有中心未上线"), SERVER, *centres)

    def wait(self, is_so: Callable[[], bool], otherwise: Text, *names: str) -> None:
        """Until it is so. Raises Unsupported where that takes too long or one of the processes has ended."""
        end = time.monotonic() + READY_SECONDS
        while not is_so():
            self.crew.check(*names)
            if time.monotonic() > end:
                raise Unsupported([Fault(str(self.folder), otherwise)])
            self.meanwhile()
            time.sleep(LOOK_S)

    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.began_s

    def close(self) -> None:
        """Ends every process: the agents, the server, its database, what jobs are left, the engines."""
        from suanwang.store.embedded import EmbeddedServer

        for name in (*(seat.centre for seat in SEATS), SERVER):
            self.crew.stop(name)
        if (self.data / "postgresql").exists():
            database = EmbeddedServer(self.data)
            database.close()
            database.wait_until_stopped(READY_SECONDS)
        self.crew.close()


def opening_commands(now: int) -> Iterator[AnyCommand]:
    """The books as the demonstration begins."""
    yuan, numbers = MICRO_PER_YUAN, (f"demo-{number}" for number in count(1))
    for programme in (CHENGDU, GUIZHOU):
        fund = f"fund-{programme}"
        yield OpenFund(next(numbers), fund, "CNY")
        yield OpenProgramme(next(numbers), programme, (FundWeight(fund, 1),), RESERVE_YUAN * yuan, 0)
        yield Appropriate(next(numbers), programme, FUND_YUAN * yuan)
        yield PayIn(next(numbers), fund, FUND_YUAN * yuan, "demo")
        yield Replenish(next(numbers), programme)
    for firm in REGIONS:
        yield OpenWallet(next(numbers), firm, "CNY", 0)
        yield TopUp(next(numbers), firm, TOP_UP_YUAN * yuan, "demo")
    for firm, programme, amount in GRANTS:
        grant, until = f"{firm}-{programme}", now + GRANT_DAYS_US
        yield IssueGrant(next(numbers), grant, programme, firm, amount * yuan, now - 60_000_000, until)


PROGRAM = (sys.executable, "-m", "suanwang")
