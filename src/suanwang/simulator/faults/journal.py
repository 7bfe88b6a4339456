"""An agent's journal: all that a process leaves. A death may tear what is being written."""

import msgspec

from suanwang.engine.centre_memory import remember
from suanwang.model.agent_records import AnyRecord, Memory
from suanwang.simulator.faults.plan import Dice

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class Died(Exception):
    """The process is gone, in the middle of something."""


class Journal:
    """Whole lines, in the order in which they were written."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.lines: list[bytes] = []

    def read(self) -> Memory:
        """What a new process remembers."""
        memory = Memory()
        for line in self.lines:
            memory = remember(memory, _decoder.decode(line))
        return memory

    def keep(self, records: list[AnyRecord], torn: float) -> None:
        """All of them; in that share of cases only the first few, since the process dies. Raises Died."""
        lines = [_encoder.encode(record) for record in records]
        if lines and self.dice.happens(torn):
            self.lines += lines[: self.dice.between(0, len(lines) - 1)]
            raise Died
        self.lines += lines
