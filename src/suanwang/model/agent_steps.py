"""What an agent's brain asks of its body, whoever that is: the agent's program, or a modelled centre."""

import msgspec

from suanwang.model.orders import Launch


class Step(msgspec.Struct, frozen=True, gc=False):
    """The root: which attempt it is about."""

    attempt: str


class Prepare(Step, frozen=True):
    """Fetch script and inputs; answered by `prepared` or `unprepared`."""

    launch: Launch


class Begin(Step, frozen=True):
    """Run it for `limit_s` seconds at most; answered by `running`, `over`, `declined`. May be asked twice."""

    launch: Launch
    limit_s: int


class End(Step, frozen=True):
    """Stop it: kill what has not gone after `grace_s`. Answered by `over`. May be asked twice."""

    grace_s: int


class Halt(Step, frozen=True):
    """Let it stand still; answered by `standing`."""


class GoOn(Step, frozen=True):
    """Let it run again; answered by `running`."""


class GiveTime(Step, frozen=True):
    """Let it run for `limit_s` seconds in all."""

    limit_s: int


class Collect(Step, frozen=True):
    """It is over: keep logs, outputs, and (`checkpoint`) what it saved; answered by `collected`."""

    launch: Launch
    checkpoint: bool


class Erase(Step, frozen=True):
    """Its end is known: erase scratch and input copies; answered by `erased`."""


AnyStep = Prepare | Begin | End | Halt | GoOn | GiveTime | Collect | Erase
