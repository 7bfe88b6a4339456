"""What the runtime needs of the world around it: the time, a solver, a way to reach the centres.

The log's port is `model.log`. A server brings real ones, a simulation its own; the runtime cannot tell.
"""

from typing import Protocol

from suanwang.engine.clearing_request import ClearingRequest


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """UTC microseconds."""
        ...


class Solver(Protocol):
    """Clears. The answer comes back to the runtime as an input `TakePlan`, now or later."""

    def start(self, request: ClearingRequest) -> None:
        """Begin; a clearing that is under way is dropped."""
        ...


class Transport(Protocol):
    """Reaches the agents of the centres."""

    def deliver(self, centre: str) -> None:
        """There are orders for the centre: whoever waits for them may fetch them."""
        ...
