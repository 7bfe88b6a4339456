"""`suanwang job logs`: what an attempt wrote, from the beginning; with `-f` until it ends."""

import argparse
import sys
from collections.abc import Iterator

from suanwang.cli.connection import Connection, connect, part
from suanwang.cli.patience import patient
from suanwang.model.job import CLOSED
from suanwang.units.text import Language

BETWEEN_ATTEMPTS_S = 1.0


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Copies the stream to standard output; as JSON in one document."""
    connection = connect(arguments, language)
    stream = "stderr" if arguments.stderr else "stdout"
    if arguments.json:
        from suanwang.cli.check import print_json

        data = b"".join(parts(connection, arguments.job, stream, arguments.attempt, follow=arguments.follow))
        print_json({"job": arguments.job, "stream": stream, "text": data.decode(errors="replace")})
        return 0
    if arguments.follow and arguments.attempt is None:
        follow(connection, arguments.job, stream)
        return 0
    copy(connection, arguments.job, stream, arguments.attempt, arguments.follow)
    return 0


def parts(
    connection: Connection, job: str, stream: str, attempt: int | None, follow: bool, offset: int = 0
) -> Iterator[bytes]:
    """The stream of one attempt from `offset` on as it comes."""
    query: dict[str, str | int | None] = {
        "stream": stream,
        "attempt": attempt or 0,
        "offset": offset,
        "follow": "true" if follow else "false",
    }
    return connection.stream(f"/v1/jobs/{part(job)}/log", **query)


def copy(connection: Connection, job: str, stream: str, attempt: int | None, follow: bool) -> None:
    """One attempt's stream to standard output; who follows it waits for a server that is away."""
    written = 0

    def go_on() -> None:
        nonlocal written
        for data in parts(connection, job, stream, attempt, follow, written):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            written += len(data)

    if follow:
        patient(go_on)
    else:
        go_on()


def follow(connection: Connection, job: str, stream: str) -> None:
    """One attempt after the other, until the job is closed."""
    import time

    from suanwang.model.api.jobs import JobTold

    seen = 0
    while True:
        line = patient(lambda: connection.get(f"/v1/jobs/{part(job)}", JobTold)).line
        while seen < line.attempt:
            seen += 1
            copy(connection, job, stream, seen, follow=True)
        if line.state in CLOSED:
            return
        time.sleep(BETWEEN_ATTEMPTS_S)
