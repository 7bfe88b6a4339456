"""How long attempts really run and how they end: drawn by seed and name, so that no order of events matters.

A limit is what its user asked for; most jobs end before it. `least` and `most` are shares of the limit
between which the running time is drawn evenly; 1 and 1: every job runs to its limit, as in a scenario.
"""

from hashlib import blake2b

import msgspec

WHOLE = 2**64


class Runtimes(msgspec.Struct, frozen=True):
    """`failing`: share of attempts that end in failure, at an instant drawn within their running time."""

    seed: int = 0
    least: float = 1.0
    most: float = 1.0
    failing: float = 0.0

    def draw(self, *names: str) -> float:
        """A number in [0, 1) that the seed and the names decide."""
        text = "/".join((str(self.seed), *names)).encode()
        return int.from_bytes(blake2b(text, digest_size=8).digest()) / WHOLE

    def run_us(self, job: str, limit_s: int) -> int:
        """How long a job needs, microseconds, whole seconds; at least one. The same in each attempt."""
        if self.least >= 1.0:
            return limit_s * 1_000_000
        share = self.least + (self.most - self.least) * self.draw(job, "time")
        return max(1, round(limit_s * share)) * 1_000_000

    def fails_after_us(self, attempt: str, run_us: int) -> int | None:
        """When an attempt fails, counted from its start; None where it does not."""
        if self.failing <= 0.0 or self.draw(attempt, "fails") >= self.failing:
            return None
        return int(run_us * self.draw(attempt, "when") * 0.999)
