"""How long to leave alone what has just failed: longer each time, and never all agents at the same moment."""

import random

BASE_S = 0.5
MOST_S = 30.0


class Backoff:
    """Waits between half and the whole of a time that doubles from `BASE_S` to `MOST_S`."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.failures = 0
        self.until_us = 0

    def failed(self, steady_us: int) -> None:
        """Once more in vain."""
        wait_s = min(MOST_S, BASE_S * 2 ** min(self.failures, 16))
        self.failures += 1
        self.until_us = steady_us + int(wait_s * 1_000_000 * (0.5 + self.chance.random() / 2))

    def worked(self) -> None:
        """All is well again."""
        self.failures = self.until_us = 0

    def may(self, steady_us: int) -> bool:
        """Whether to try now."""
        return steady_us >= self.until_us
