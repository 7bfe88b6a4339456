"""The platform's clock: it follows the wall clock, and never jumps with it."""

from suanwang.runtime.clock import SLEW_PARTS, SteadyClock

HOUR_US = 3_600_000_000


class Hands:
    """Two clocks that a test moves."""

    def __init__(self) -> None:
        self.wall_us, self.steady_us = 100 * HOUR_US, 0

    def clock(self, last_at: int = 0) -> SteadyClock:
        return SteadyClock(lambda: self.wall_us, lambda: self.steady_us, last_at)

    def go(self, passed_us: int) -> None:
        self.wall_us += passed_us
        self.steady_us += passed_us


def test_a_jump_is_made_up_for_little_by_little():
    for jump_us in (HOUR_US, -HOUR_US):
        hands = Hands()
        clock, sign = hands.clock(), 1 if jump_us > 0 else -1
        hands.wall_us += jump_us
        hands.go(HOUR_US)
        assert clock.now() == 101 * HOUR_US + sign * HOUR_US // SLEW_PARTS
        hands.go(2000 * HOUR_US)
        assert clock.now() == hands.wall_us


def test_a_leader_whose_wall_clock_is_behind_goes_on_from_the_log():
    hands = Hands()
    clock = hands.clock(last_at=105 * HOUR_US)
    assert clock.now() == 105 * HOUR_US
    hands.go(HOUR_US)
    assert clock.now() == 106 * HOUR_US - HOUR_US // SLEW_PARTS, "time does not stand still"
