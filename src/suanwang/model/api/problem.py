"""An error as it is told over HTTP (RFC 9457), with every fault found."""

import msgspec


class FaultTold(msgspec.Struct, frozen=True):
    """One fault, in the language that was asked for."""

    where: str
    what: str
    found: str = ""
    expected: str = ""
    remedy: str = ""
    kind: str = ""


class Problem(msgspec.Struct, frozen=True):
    """`type`: `/problems/<kind>`; `request`: the number under which the server's log has it."""

    type: str
    title: str
    status: int
    detail: str
    request: str
    faults: tuple[FaultTold, ...] = ()
