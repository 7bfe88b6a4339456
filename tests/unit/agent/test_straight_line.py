"""The agent's own connections to the platform, against a real server on a socket."""

import socket
import threading
from collections.abc import Iterator

import pytest

from suanwang.agent.straight_line import Answered, StraightLine, straight_line

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
LAST = b"HTTP/1.1 503 Away\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]"


class Server:
    """Answers each request with what comes next; None: it hangs up without a word."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            told = b""
            while part := connection.recv(65_536):
                told += part
                if told.endswith(b"-end"):
                    self.requests.append(told)
                    told, answer = b"", self.answers.pop(0)
                    if answer is None:
                        return
                    connection.sendall(answer)
                    if answer == LAST:
                        return


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.listener.close()


def post(line: StraightLine, patience_s: float = 60.0) -> Answered:
    return line.post("/v1/x", b"body-end", {"authorization": "Bearer t"}, patience_s)


def test_one_connection_serves_call_after_call(server: Server):
    line = StraightLine(server.url, 5.0)
    server.answers = [ANSWER, ANSWER, LAST, ANSWER]
    assert [post(line).status for _ in range(4)] == [200, 200, 503, 200]
    assert server.connections == 2
    assert server.requests[0].startswith(b"POST /v1/x HTTP/1.1\r\n")
    assert b"authorization: Bearer t" in server.requests[0]
    line.close()


def test_what_was_kept_open_and_is_gone_is_asked_once_more(server: Server):
    line = StraightLine(server.url, 5.0)
    server.answers = [ANSWER, None, ANSWER, None, None]
    assert post(line).body == b"{}"
    assert post(line).body == b"{}"
    with pytest.raises(OSError):
        post(line)
    assert (len(server.requests), server.connections) == (5, 3)
    line.close()


def test_silence_ends(server: Server):
    line = StraightLine(server.url, 5.0)
    server.answers = [b""]
    with pytest.raises(TimeoutError):
        post(line, 0.05)
    assert line.idle == []


def test_who_has_a_proxy_has_no_straight_line(monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert straight_line("http://platform.example/below", 5.0) is not None
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    assert straight_line("http://platform.example", 5.0) is None
    assert straight_line("https://platform.example", 5.0) is not None
    monkeypatch.setenv("no_proxy", "platform.example")
    assert straight_line("http://platform.example", 5.0) is not None
