"""Around every request: its number, a line in the log, its time among the figures."""

import logging
import secrets
import sys
import time
from typing import Any

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from suanwang.server.figures import Figures

logger = logging.getLogger("suanwang.http")
PLAIN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None)))


class Watch:
    """The application with its watch."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self.app, self.figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number, status, began = secrets.token_hex(8), 0, time.perf_counter()
        scope.setdefault("state", {})["request"] = number

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", number.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        finally:
            seconds = time.perf_counter() - began
            route = str(scope.get("path_template") or "other")
            method = str(scope["method"]) if route != "other" else "other"
            self.figures.answered(method, route, status, seconds)
            if logger.isEnabledFor(logging.INFO):
                extra = {"request": number, "status": status, "ms": round(seconds * 1000, 2)}
                caller = scope.get("user")
                extra |= {"token": caller.token} if caller is not None else {}
                logger.info("%s %s", scope["method"], scope["path"][:200], extra=extra)


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message, and whatever was given beside them."""
        line: dict[str, Any] = {
            "at": int(record.created * 1e6),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in PLAIN and key not in line}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def log_to_stderr(level: int = logging.INFO) -> None:
    """The server's own log, a line of JSON for each record."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("suanwang", "uvicorn.error"):
        named = logging.getLogger(name)
        named.handlers[:] = [handler]
        named.setLevel(level)
        named.propagate = False
