"""The local driver: attempts as processes of this machine, kept by a keeper that outlives the agent.

State is in one folder: `machine.json` (what attempts may use), the keeper's socket, lock, journal and log.
"""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from suanwang.drivers import attempt_folder
from suanwang.drivers.attempt_files import AttemptFiles
from suanwang.drivers.device_slots import Machine
from suanwang.drivers.job_environment import base_environment
from suanwang.drivers.keeper_messages import (
    MACHINE,
    SOCKET,
    Acknowledge,
    Act,
    Answers,
    Ask,
    End,
    Facts,
    Look,
    Place,
    Places,
    Reply,
    Request,
    Room,
    Start,
    Told,
    framed,
    receive,
    reply_decoder,
)
from suanwang.drivers.launch_check import no_such_attempt, still_running, unknown
from suanwang.drivers.port import (
    Capabilities,
    EngineAway,
    Erased,
    Features,
    Launch,
    Pool,
    Refused,
    Report,
    Shape,
    Started,
)
from suanwang.units.errors import Fault
from suanwang.units.text import Text

Answer = TypeVar("Answer", bound=Reply)

LOG = "keeper.log"
PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
START_SECONDS = 30.0
LAUNCHES_AT_ONCE = 64
"""How many are spawned before the keeper looks at its children and its other callers again."""


class LocalDriver(AttemptFiles):
    """This machine as an engine; `folder` holds its state and is one keeper's.

    A keeper that runs already takes the machine with the first connection, and leaves what runs as it is.
    """

    def __init__(self, folder: Path, machine: Machine) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        beside = self.folder / f"{MACHINE}.{os.getpid()}.new"
        beside.write_bytes(msgspec.json.encode(machine))
        beside.replace(self.folder / MACHINE)
        self.idle: list[socket.socket] = []
        self.listening: socket.socket | None = None
        self.lock = threading.Lock()
        self.listen_lock = threading.Lock()

    def probe(self) -> Capabilities:
        """Devices, cores and memory of this machine, as its keeper has them."""
        machine = self.ask(Look(), Room).machine
        pools = tuple(
            Pool(pool.device, 1, pool.devices, machine.cpus, machine.memory_mb, declared=pool.declared)
            for pool in machine.pools
        )
        features = Features(
            multi_node=False,
            arrays=True,
            pause=True,
            fractions=True,
            checkpoint=True,
            memory_limit=True,
            accounting="wait4, proc",
        )
        return Capabilities("local", f"Linux {os.uname().release}", pools, features)

    def usable(self) -> tuple[Shape, ...]:
        """The largest gang of one node of each class that fits now."""
        return self.ask(Look(), Room).shapes

    def start(self, launches: Sequence[Launch]) -> list[Started | Refused]:
        """Have them spawned by the keeper."""
        answers: list[Started | Refused] = []
        for first in range(0, len(launches), LAUNCHES_AT_ONCE):
            part = list(launches[first : first + LAUNCHES_AT_ONCE])
            answers.extend(self.ask(Start(part), Answers).answers)
        return answers

    def poll(self, wait_s: float = 0.0) -> list[Report]:
        """What the keeper has seen since the last call; all there is after it was lost from sight."""
        return self.listen(Facts(wait_s, again=False))

    def adopt(self) -> list[Report]:
        """All there is to tell of attempts that are not cleaned."""
        return self.listen(Facts(0.0, again=True))

    def acknowledge(self) -> None:
        """Begin every `lost_after_s` anew."""
        self.ask(Acknowledge(), Room)

    def stop(self, attempts: Sequence[str], grace_s: int) -> list[Refused]:
        """SIGTERM to every process of each, SIGKILL after the grace."""
        return self.act(Act("stop", list(attempts), grace_s))

    def pause(self, attempts: Sequence[str]) -> list[Refused]:
        """SIGSTOP to every process of each."""
        return self.act(Act("pause", list(attempts)))

    def resume(self, attempts: Sequence[str]) -> list[Refused]:
        """SIGCONT to every process of each."""
        return self.act(Act("resume", list(attempts)))

    def prolong(self, attempt: str, time_limit_s: int) -> list[Refused]:
        """Its new limit."""
        return self.act(Act("prolong", [attempt], time_limit_s))

    def clean(self, attempts: Sequence[str]) -> list[Erased | Refused]:
        """Erase their folders, then have them forgotten: in this order, so that a crash leaves no data."""
        places = {place.attempt: place for place in self.ask(Ask(list(attempts)), Places).places}
        answers: list[Erased | Refused] = []
        for attempt in attempts:
            place = places.get(attempt)
            if place is None:
                answers.append(unknown(attempt))
            elif not place.ended:
                answers.append(still_running(attempt))
            else:
                answers.append(Erased(attempt, *attempt_folder.erase(place.folder)))
        self.act(Act("forget", [answer.attempt for answer in answers if isinstance(answer, Erased)]))
        return answers

    def close(self) -> None:
        """Hang up; the keeper and what it runs go on."""
        with self.lock:
            for connection in self.idle:
                connection.close()
            self.idle.clear()
        if self.listening is not None:
            self.listening.close()
            self.listening = None

    def end(self) -> None:
        """Kill all that runs, and the keeper with it: for a platform that is taken down for good."""
        self.ask(End(), Room)
        end = time.monotonic() + START_SECONDS
        while (self.folder / SOCKET).exists() and time.monotonic() < end:
            time.sleep(0.01)
        self.close()

    def act(self, act: Act) -> list[Refused]:
        """The refusals of an act."""
        return [answer for answer in self.ask(act, Answers).answers if isinstance(answer, Refused)]

    def place(self, attempt: str) -> Place:
        """Where an attempt lies. Raises InvalidInput where the keeper does not have it."""
        found = self.ask(Ask([attempt]), Places).places
        if not found:
            raise no_such_attempt(attempt)
        return found[0]

    def ask(self, request: Request, answer: type[Answer]) -> Answer:
        """Ask the keeper on a connection that nobody else uses now.

        Asked once more where the connection was lost: a keeper that is gone has an heir, and what may be
        asked may be asked twice. Raises EngineAway where that fails too.
        """
        for last in (False, True):
            with self.lock:
                connection = self.idle.pop() if self.idle else None
            try:
                connection = connection or self.connect()
                connection.sendall(framed(request))
                reply = reply_decoder.decode(receive(connection))
            except OSError as error:
                if connection is not None:
                    connection.close()
                if last:
                    raise away(self.folder, str(error)) from None
                continue
            with self.lock:
                self.idle.append(connection)
            assert isinstance(reply, answer), reply
            return reply
        raise AssertionError

    def listen(self, facts: Facts) -> list[Report]:
        """Ask for reports on the one connection that they are kept for."""
        with self.listen_lock:
            for last in (False, True):
                try:
                    self.listening = self.listening or self.connect()
                    self.listening.sendall(framed(facts))
                    reply = reply_decoder.decode(receive(self.listening))
                except OSError as error:
                    if self.listening is not None:
                        self.listening.close()
                    self.listening = None
                    if last:
                        raise away(self.folder, str(error)) from None
                    continue
                assert isinstance(reply, Told), reply
                return reply.reports
        raise AssertionError

    def connect(self) -> socket.socket:
        """A connection to the keeper of the folder, started first where there is none."""
        with contextlib.suppress(OSError):
            return reach(self.folder)
        end = time.monotonic() + START_SECONDS
        while True:
            start_keeper(self.folder)
            for _ in range(200):
                with contextlib.suppress(OSError):
                    return reach(self.folder)
                time.sleep(0.005)
            if time.monotonic() > end:
                log = self.folder / LOG
                said = log.read_text(errors="replace")[-500:] if log.exists() else ""
                raise away(self.folder, said)


def reach(folder: Path) -> socket.socket:
    """A connection to the socket in `folder`, by a short name. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        connection.connect(f"/proc/self/fd/{descriptor}/{SOCKET}")
    except OSError:
        connection.close()
        raise
    finally:
        os.close(descriptor)
    return connection


def start_keeper(folder: Path) -> None:
    """Start the keeper of `folder` as nobody's child, in a clean environment."""
    # one that takes too long to start is killed, and the next look starts another
    with (folder / LOG).open("ab") as log, contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, "-m", "suanwang.drivers.keeper", str(folder)],
            env=base_environment() | {name: os.environ[name] for name in PYTHON if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            timeout=START_SECONDS,
            check=False,
        )


def away(folder: Path, said: str) -> EngineAway:
    """The keeper does not answer."""
    fault = Fault(
        str(folder),
        Text("the keeper of local attempts does not answer", "本地守护进程没有应答"),
        said,
        remedy=Text(f"see {LOG} there", f"查看其中的 {LOG}"),
    )
    return EngineAway([fault])
