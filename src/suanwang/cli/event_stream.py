"""The platform's events as their stored bytes, from its event stream."""

import re

from suanwang.cli.connection import Connection

EVENT = re.compile(rb"id: (\d+)\nevent: [^\n]*\ndata: ([^\n]*)\n\n")


def records_of(connection: Connection) -> list[bytes]:
    """All that the caller may see, in the order of the log, up to now."""
    stream = b"".join(connection.stream("/v1/events", after=-1, follow="false"))
    return [record for _, record in EVENT.findall(stream)]
