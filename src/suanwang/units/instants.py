"""Instants are UTC integers in microseconds inside; ISO-8601 with an offset at the edge."""

import re
from datetime import UTC, datetime, timedelta, timezone

MICROSECONDS_PER_SECOND = 1_000_000
CHINA = timezone(timedelta(hours=8))
"""Local time of tariffs, months and statements: +08:00, no daylight saving."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def instant(text: str) -> int:
    """ISO-8601 with an offset (`2026-03-02T20:00+08:00`; a bare date: local midnight) in UTC microseconds.

    Raises ValueError where the text is no instant, or a time of day without an offset.
    """
    read = datetime.fromisoformat(text.strip())
    if read.tzinfo is None:
        if len(text.strip()) > len("2026-03-02"):
            raise ValueError(f"{text!r} has no offset; write +08:00 after it")
        read = read.replace(tzinfo=CHINA)
    return (read - EPOCH) // timedelta(microseconds=1)


def local_time(at: int) -> datetime:
    """The instant `at` (UTC microseconds) in the local time of statements."""
    return (EPOCH + timedelta(microseconds=at)).astimezone(CHINA)


def iso(at: int) -> str:
    """The instant `at` (UTC microseconds) as ISO-8601 in local time, to the second."""
    return local_time(at).isoformat(timespec="seconds")


def local_month(month: str) -> tuple[int, int]:
    """`2026-03` as the half-open range of instants that it covers in local time. Raises ValueError."""
    match = MONTH.fullmatch(month)
    if match is None or match[1] == "0000" or match[1] == "9999":
        raise ValueError(f"{month!r} is not a month such as 2026-03")
    year, number = int(match[1]), int(match[2])
    first = datetime(year, number, 1, tzinfo=CHINA)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=CHINA)
    return (first - EPOCH) // timedelta(microseconds=1), (after - EPOCH) // timedelta(microseconds=1)
