"""Who follows a log has each word as it comes, and goes on where it was when the server was away."""

import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from suanwang.cli.connection import Connection
from suanwang.cli.job_logs import copy

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
AWAY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TOLD_S = 10.0


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Breaking(threading.Thread):
    """Sends a word, breaks off once it was heard, is away, then goes on from the offset it is asked for."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.heard, self.was_heard, self.asked = threading.Event(), False, list[str]()

    def run(self) -> None:
        for turn in range(3):
            caller, _ = self.listener.accept()
            with caller:
                self.asked.append(caller.recv(65536).split(b" ")[1].decode())
                if turn == 0:
                    caller.sendall(HEAD + chunk(b"one\n"))
                    self.was_heard = self.heard.wait(TOLD_S)
                else:
                    caller.sendall(AWAY if turn == 1 else HEAD + chunk(b"two\n") + b"0\r\n\r\n")


class Paper:
    """A standard output that says when it is written to."""

    def __init__(self, server: Breaking) -> None:
        self.server, self.written, self.buffer = server, b"", self

    def write(self, data: bytes) -> None:
        self.written += data
        self.server.heard.set()

    def flush(self) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Breaking]:
    made = Breaking()
    made.start()
    yield made
    made.listener.close()


def test_a_follower_has_each_word_as_it_comes_and_goes_on_where_it_was(
    server: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = Paper(server)
    monkeypatch.setattr(sys, "stdout", paper)
    monkeypatch.setattr("suanwang.cli.patience.PAUSE_S", 0.01)
    connection = Connection(f"http://127.0.0.1:{server.listener.getsockname()[1]}", "sw_a", "en")
    copy(connection, "j1", "stdout", 1, follow=True)
    server.join(TOLD_S)
    assert server.was_heard, "held back until the stream broke off"
    assert paper.written == b"one\ntwo\n"
    assert ["offset=4" in path for path in server.asked] == [False, True, True]
