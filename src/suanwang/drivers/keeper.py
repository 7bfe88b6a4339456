"""The keeper: the process that runs attempts on this machine and outlives the agent that asked for them.

One per folder, started by `local.py`, reached by a Unix socket in the folder. It waits for its children, so
that only it can tell how they ended; orphans of theirs fall to it (PR_SET_CHILD_SUBREAPER, see prctl(2)).
Should it be killed, its heir ends what it left and calls it lost. It leaves when nothing runs and nobody is
connected for a while. What it says goes to `keeper.log`.
"""

import contextlib
import ctypes
import fcntl
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

import msgspec

from suanwang.drivers.device_slots import Machine
from suanwang.drivers.keeper_heir import end_what_was_left
from suanwang.drivers.keeper_journal import KeeperJournal
from suanwang.drivers.keeper_messages import (
    LENGTH,
    MACHINE,
    MESSAGE_BYTES_MOST,
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
    request_decoder,
)
from suanwang.drivers.port import Refused, Report
from suanwang.drivers.supervision import Supervision

PR_SET_CHILD_SUBREAPER = 36
IDLE_SECONDS = 60.0
LOCK = "keeper.lock"


class Line:
    """One connection: bytes on their way in and out, and reports not yet told on it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.news: list[Report] | None = None
        self.told_by: float | None = None

    def requests(self) -> list[Request]:
        """The whole requests that have arrived. Raises ValueError where it is none."""
        found: list[Request] = []
        while len(self.incoming) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self.incoming)
            if length > MESSAGE_BYTES_MOST:
                raise ValueError(f"a message of {length} bytes")
            end = LENGTH.size + length
            if len(self.incoming) < end:
                break
            found.append(request_decoder.decode(bytes(self.incoming[LENGTH.size : end])))
            del self.incoming[:end]
        return found


class Keeper:
    """The loop between connections and runs."""

    def __init__(self, folder: Path) -> None:
        self.machine_file = folder / MACHINE
        journal = KeeperJournal(folder, time.time_ns() // 1000)
        end_what_was_left(journal, str(folder))
        self.runs = Supervision(str(folder), read_machine(self.machine_file), journal, self.tell)
        self.lines: list[Line] = []
        self.selector = selectors.DefaultSelector()
        self.ending = False
        self.idle_since = time.monotonic()
        self.waker, woken = socket.socketpair()
        for end in (self.waker, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        self.woken = woken
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self.selector.register(self.waker, selectors.EVENT_READ, self.wake)
        self.listener = listen(folder)
        self.selector.register(self.listener, selectors.EVENT_READ, self.welcome)

    def tell(self, report: Report) -> None:
        """Keep a report for every connection that listens."""
        for line in self.lines:
            if line.news is not None:
                line.news.append(report)

    def loop(self) -> None:
        """Until told to end, or nobody and nothing is there for a while."""
        while not (self.ending and not self.runs.runs):
            wait_s = self.runs.work()
            self.tell_waiting()
            now = time.monotonic()
            if self.runs.runs or self.lines:
                self.idle_since = now
            elif now - self.idle_since >= IDLE_SECONDS:
                return
            until = [line.told_by - now for line in self.lines if line.told_by is not None]
            until += [IDLE_SECONDS] if wait_s is None else [wait_s]
            for key, mask in self.selector.select(max(0.0, min(until))):
                if isinstance(key.data, Line):
                    self.serve(key.data, mask)
                else:
                    key.data()

    def wake(self) -> None:
        """A child ended: `work` comes next anyway."""
        with contextlib.suppress(BlockingIOError):
            self.waker.recv(4096)

    def welcome(self) -> None:
        """Take in a connection."""
        with contextlib.suppress(BlockingIOError):
            connection, _ = self.listener.accept()
            connection.setblocking(False)
            line = Line(connection)
            self.lines.append(line)
            self.selector.register(connection, selectors.EVENT_READ, line)
            # a driver writes what it was told to use before it connects: it may be more or less than before
            machine = read_machine(self.machine_file)
            if machine != self.runs.machine:
                self.runs.take(machine)

    def part(self, line: Line) -> None:
        """Let a connection go; what it asked to run goes on."""
        self.selector.unregister(line.connection)
        line.connection.close()
        self.lines.remove(line)

    def serve(self, line: Line, mask: int) -> None:
        """Read requests and answer them; write what waits."""
        try:
            if mask & selectors.EVENT_READ:
                part = line.connection.recv(1 << 20)
                if not part:
                    self.part(line)
                    return
                line.incoming += part
                for request in line.requests():
                    reply = self.answer(line, request)
                    if reply is not None:
                        line.outgoing += framed(reply)
            self.send(line)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            print(f"connection dropped: {error}", file=sys.stderr, flush=True)
            self.part(line)

    def send(self, line: Line) -> None:
        """Write as much as the other side takes, and the rest when it takes more."""
        with contextlib.suppress(BlockingIOError):
            while line.outgoing:
                del line.outgoing[: line.connection.send(line.outgoing)]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.outgoing else 0)
        self.selector.modify(line.connection, events, line)

    def answer(self, line: Line, request: Request) -> Reply | None:
        """What a request is answered with; None where the answer comes later."""
        runs = self.runs
        match request:
            case Start():
                return Answers(runs.start(request.launches))
            case Facts():
                if request.again or line.news is None:
                    line.news = runs.everything()
                line.told_by = time.monotonic() + request.wait_s
                return None
            case Act():
                return Answers(self.act(request))
            case Ask():
                known = [
                    (name, runs.journal.known[name])
                    for name in request.attempts
                    if name in runs.journal.known
                ]
                return Places(
                    [
                        Place(name, one.intended.folder, one.intended.outputs, one.finished is not None)
                        for name, one in known
                    ]
                )
            case Acknowledge():
                runs.acknowledge()
            case Look():
                pass
            case End():
                self.ending = True
                runs.stop(list(runs.runs), 0)
        return Room(runs.machine, runs.slots.shapes())

    def act(self, request: Act) -> list[Refused]:
        """Carry out one of the acts."""
        match request.act:
            case "stop":
                return self.runs.stop(request.attempts, request.seconds)
            case "pause" | "resume":
                return self.runs.pause(request.attempts, again=request.act == "resume")
            case "prolong":
                return self.runs.prolong(request.attempts, request.seconds)
            case "forget":
                return self.runs.forget(request.attempts)

    def tell_waiting(self) -> None:
        """Answer those who wait for reports, once there are some or their time is up."""
        now = time.monotonic()
        for line in list(self.lines):
            if line.told_by is not None and (line.news or now >= line.told_by):
                line.outgoing += framed(Told(line.news or []))
                line.news, line.told_by = [], None
                self.serve(line, 0)


def read_machine(file: Path) -> Machine:
    """What attempts may use, as the driver that was made last has written it."""
    return msgspec.json.decode(file.read_bytes(), type=Machine)


def listen(folder: Path) -> socket.socket:
    """The socket of the folder, bound through a short name: a socket's path may have 107 bytes."""
    (folder / SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    listener.bind(f"/proc/self/fd/{descriptor}/{SOCKET}")
    os.close(descriptor)
    listener.listen(64)
    listener.setblocking(False)
    return listener


def main(folder: Path) -> None:
    """Become the keeper of `folder`, unless it has one."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.chdir("/")
    os.umask(0o022)
    keeper = Keeper(folder)
    try:
        keeper.loop()
    finally:
        (folder / SOCKET).unlink(missing_ok=True)


if __name__ == "__main__":
    if os.fork() == 0:  # the parent's end tells that this is nobody's child any more
        os.setsid()
        main(Path(sys.argv[1]))
