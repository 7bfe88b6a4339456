"""Posting to the platform over connections that stay open, where no proxy stands between.

The agent says something with nearly every job; the general client takes five times the processor time for it.
"""

import http.client
import threading
import urllib.request
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

CONNECTIONS_KEPT = 8


class Answered(NamedTuple):
    """An answer, read to its end."""

    status: int
    body: bytes


class StraightLine:
    """To the platform at `url`. Any number of threads may post at once; each has a connection meanwhile."""

    def __init__(self, url: str, connect_s: float) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.prefix = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self.context = httpx.create_ssl_context() if parts.scheme == "https" else None
        self.connect_s = connect_s
        self.idle: list[http.client.HTTPConnection] = []
        self.lock = threading.Lock()

    def post(self, path: str, body: bytes, headers: dict[str, str], patience_s: float) -> Answered:
        """Post and read the answer. Raises OSError, http.client.HTTPException.

        Once more where a connection that was kept open proves closed: what the agent says may be said twice.
        """
        with self.lock:
            kept = self.idle.pop() if self.idle else None
        if kept is not None:
            try:
                return self.post_on(kept, path, body, headers, patience_s)
            except (ConnectionError, http.client.BadStatusLine):
                pass
        return self.post_on(self.connect(), path, body, headers, patience_s)

    def post_on(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        body: bytes,
        headers: dict[str, str],
        patience_s: float,
    ) -> Answered:
        """On one connection, which is closed unless the answer came whole."""
        try:
            connection.sock.settimeout(patience_s)
            connection.request("POST", self.prefix + path, body, headers)
            response = connection.getresponse()
            answered = Answered(response.status, response.read())
        except BaseException:
            connection.close()
            raise
        with self.lock:
            if connection.sock is not None and len(self.idle) < CONNECTIONS_KEPT:
                self.idle.append(connection)
                return answered
        connection.close()
        return answered

    def connect(self) -> http.client.HTTPConnection:
        """A new connection. Raises OSError."""
        if self.context is None:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=self.connect_s)
        else:
            connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=self.connect_s, context=self.context
            )
        connection.connect()
        return connection

    def close(self) -> None:
        """Hang up what nobody uses."""
        with self.lock:
            for connection in self.idle:
                connection.close()
            self.idle.clear()


def straight_line(url: str, connect_s: float) -> StraightLine | None:
    """A line to the platform; None where the environment names a proxy for it."""
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    named = bool(proxies.get(parts.scheme) or proxies.get("all"))
    if named and not urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return StraightLine(url, connect_s)
