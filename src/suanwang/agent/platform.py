"""The agent's view of the platform: four calls that go out, none that comes in; and how they can fail."""

from typing import BinaryIO, Protocol

from suanwang.model.exchange import Exchange, Joined, LogPart, LogTaken, Orders
from suanwang.units.errors import SuanwangError


class Away(SuanwangError):
    """The platform does not answer, or not now. Ask again later."""

    exit_code = 1


class Denied(Away):
    """The platform does not know this token, or it may not do that. A token can be issued anew."""


class Declined(SuanwangError):
    """The platform will never take this, however often it is asked."""

    exit_code = 1


class Replaced(SuanwangError):
    """Another agent has taken up work for the centre since."""

    exit_code = 1


class Platform(Protocol):
    """Calls that wait for their answer. They raise Away, Declined or Replaced; all may be made again."""

    def join(self, session: int) -> Joined:
        """Take up work under a session greater than any before."""
        ...

    def exchange(self, exchange: Exchange) -> Orders:
        """Facts there, orders back; returns within `exchange.wait_s` and a little."""
        ...

    def fetch(self, name: str, into: BinaryIO, bytes_most: int) -> None:
        """Write the content `name`. Raises Declined where it is gone, or longer than that."""
        ...

    def keep(self, source: BinaryIO) -> str:
        """Lay a content beside the log; its name."""
        ...

    def append_log(self, attempt: str, part: LogPart) -> LogTaken:
        """Send a part of a log; how much of that stream the platform has."""
        ...
