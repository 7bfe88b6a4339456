"""The ranks of one attempt on Ray told as one: one meter, one end."""

from collections.abc import Sequence

import msgspec

from suanwang.drivers.attempt_book import Held
from suanwang.drivers.port import Ended, Usage
from suanwang.drivers.ray_attempt import RankState


def gang_usage(held: Held, ranks: Sequence[RankState], first: Usage) -> Usage:
    """The meter of all ranks: the first one's time on every node's devices, and what each node used."""
    readings = [first] + [
        usage
        for rank in ranks[1:]
        if (usage := (rank.ended.usage if rank.ended is not None else rank.usage)) is not None
    ]
    return msgspec.structs.replace(
        first,
        meter=first.meter.replace("local/", "ray/"),
        milli_device_seconds=first.milli_device_seconds * held.nodes,
        cpu_ms=sum(one.cpu_ms for one in readings),
        memory_peak_kb=sum(one.memory_peak_kb for one in readings),
    )


def gang_end(held: Held, ranks: Sequence[RankState]) -> Ended:
    """The end of all ranks: the first failure is the gang's, and a cause that the platform gave is too."""
    ends = [rank.ended for rank in ranks if rank.ended is not None]
    own = next((one for one in ends if one.outcome == "failure"), None)
    given = next((one for one in ends if one.outcome == "killed" and one.cause != "engine"), None)
    first = given or own or next((one for one in ends if one.outcome != "success"), ends[0])
    base = ends[0].usage
    usage = gang_usage(held, ranks, base) if base is not None else None
    at_us = max(one.at_us for one in ends)
    if usage is not None:
        usage = msgspec.structs.replace(usage, until_us=at_us)
    return msgspec.structs.replace(first, at_us=at_us, usage=usage)
