"""How long work tells where it is. The clock and the screen are the caller's."""

from collections.abc import Callable


class Watch:
    """Called as clearing goes on. This one is silent; a caller that shows progress overrides it.

    `curious`: whether bounds on the way are worth the time that certifying them takes. They change no result.
    """

    curious = False

    def __init__(self, stopwatch: Callable[[], float] | None = None) -> None:
        self.stopwatch = stopwatch
        self.seconds: dict[str, float] = {}
        self.current = ""
        self.began_s = 0.0

    def phase(self, name: str) -> None:
        """A phase begins, and the one before it ends."""
        if self.stopwatch is not None:
            now_s = self.stopwatch()
            if self.current:
                self.seconds[self.current] = self.seconds.get(self.current, 0.0) + now_s - self.began_s
            self.began_s = now_s
        self.current = name

    def advance(self, share: float) -> None:
        """So much of the phase is done, 0 to 1."""

    def bound(self, bound_nano: int) -> None:
        """The best bound so far."""

    def cost(self, cost_nano: int) -> None:
        """The cost of the plan so far."""
