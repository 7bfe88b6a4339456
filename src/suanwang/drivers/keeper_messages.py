"""What a local driver and its keeper say to each other: length-prefixed JSON over a Unix socket."""

import socket
import struct
from collections.abc import Sequence
from typing import Literal

import msgspec

from suanwang.drivers.device_slots import Machine
from suanwang.drivers.port import Launch, Refused, Report, Shape, Started

LENGTH = struct.Struct("!I")
MESSAGE_BYTES_MOST = 256 * 2**20
SOCKET = "keeper.sock"
MACHINE = "machine.json"


class Start(msgspec.Struct, tag="start"):
    """Run these; answered by `Answers`."""

    launches: list[Launch]


class Facts(msgspec.Struct, tag="facts"):
    """Tell what is new on this connection; the first time, or with `again`, all there is.

    Answered by `Told` at the first report or after `wait_s`.
    """

    wait_s: float
    again: bool


class Act(msgspec.Struct, tag="act"):
    """Do something to these attempts; answered by `Answers` with the refusals.

    `seconds`: the grace of a stop, the new limit of what is prolonged.
    """

    act: Literal["stop", "pause", "resume", "prolong", "forget"]
    attempts: list[str]
    seconds: int = 0


class Ask(msgspec.Struct, tag="ask"):
    """Where these attempts lie; answered by `Places`, without those not known."""

    attempts: list[str]


class Acknowledge(msgspec.Struct, tag="acknowledge"):
    """The agent was heard: begin every `lost_after_s` anew. Answered by `Room`."""


class Look(msgspec.Struct, tag="look"):
    """What fits now; answered by `Room`."""


class End(msgspec.Struct, tag="end"):
    """Kill all that runs, tell nobody, and exit; answered by `Room` when done."""


class Place(msgspec.Struct):
    """Where an attempt lies: its folder, its outputs, whether it has ended."""

    attempt: str
    folder: str
    outputs: tuple[str, ...]
    ended: bool


class Answers(msgspec.Struct, tag="answers"):
    """One answer for each launch in order, or the refusals only."""

    answers: Sequence[Started | Refused]


class Told(msgspec.Struct, tag="told"):
    """Reports, oldest first."""

    reports: list[Report]


class Places(msgspec.Struct, tag="places"):
    """Where attempts lie."""

    places: list[Place]


class Room(msgspec.Struct, tag="room"):
    """The machine as the keeper has it, and what fits now."""

    machine: Machine
    shapes: tuple[Shape, ...]


Request = Start | Facts | Act | Ask | Acknowledge | Look | End
Reply = Answers | Told | Places | Room

encoder = msgspec.json.Encoder()
request_decoder = msgspec.json.Decoder(Request)
reply_decoder = msgspec.json.Decoder(Reply)


def framed(message: Request | Reply) -> bytes:
    """A message as it goes over the wire."""
    body = encoder.encode(message)
    return LENGTH.pack(len(body)) + body


def receive(connection: socket.socket) -> bytes:
    """The body of the next message. Raises ConnectionError when the other side is gone."""
    (length,) = LENGTH.unpack(receive_exactly(connection, LENGTH.size))
    return receive_exactly(connection, length)


def receive_exactly(connection: socket.socket, length: int) -> bytes:
    """The next `length` bytes. Raises ConnectionError when the other side is gone."""
    parts: list[bytes] = []
    while length:
        part = connection.recv(min(length, 1 << 20))
        if not part:
            raise ConnectionResetError("the keeper closed the connection")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
