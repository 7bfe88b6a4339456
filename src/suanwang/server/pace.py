"""How fast a token may ask: a bucket that fills at a steady rate, for each token."""

from collections import OrderedDict

BUCKETS_MOST = 10_000


class Pace:
    """`rate` requests a second on average, `burst` at once. Times are monotonic seconds."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, who: str, now_s: float) -> bool:
        """Takes one from the bucket of `who`, where there is one."""
        left, then_s = self._left.pop(who, (self.burst, now_s))
        left = min(self.burst, left + (now_s - then_s) * self.rate)
        allowed = left >= 1.0
        self._left[who] = left - 1.0 if allowed else left, now_s
        if len(self._left) > BUCKETS_MOST:
            self._left.popitem(last=False)
        return allowed
