"""What was used, by centre and enterprise: for the statistics that an operator publishes (监测)."""

import msgspec

from suanwang.engine.platform import Attempt, Platform
from suanwang.model.job import Outcome

SECONDS_PER_HOUR = 3600


class Used(msgspec.Struct):
    """Sums over attempts that are over. Energy at the meter of the centre, PUE included.

    `metered_wh`: what centres read themselves; `energy_wh`: the reading where there is one, else busy power ·
    PUE · time. `carbon_mg`: by the grid's factor (location-based).
    """

    attempts: int = 0
    by_outcome: dict[Outcome, int] = msgspec.field(default_factory=dict)
    milli_s: int = 0
    energy_wh: float = 0.0
    metered_wh: int = 0
    carbon_mg: float = 0.0

    def add(self, other: "Used") -> None:
        """What another sum has, as well."""
        self.attempts += other.attempts
        for outcome, count in other.by_outcome.items():
            self.by_outcome[outcome] = self.by_outcome.get(outcome, 0) + count
        self.milli_s += other.milli_s
        self.energy_wh += other.energy_wh
        self.metered_wh += other.metered_wh
        self.carbon_mg += other.carbon_mg


class Tally:
    """`used`: by (centre, enterprise)."""

    def __init__(self, platform: Platform) -> None:
        self.used: dict[tuple[str, str], Used] = {}
        for name, attempt in platform.state.attempts.items():
            if attempt.state == "ended":
                self.add(platform, name)

    def add(self, platform: Platform, name: str) -> None:
        """An attempt that has just ended."""
        attempt = platform.state.attempts[name]
        enterprise = platform.state.jobs[attempt.job].enterprise
        sums = self.used.setdefault((attempt.centre, enterprise), Used())
        sums.attempts += 1
        if attempt.outcome is not None:
            sums.by_outcome[attempt.outcome] = sums.by_outcome.get(attempt.outcome, 0) + 1
        used_us = sum(attempt.used_us)
        sums.milli_s += used_us // 1_000_000
        modelled_wh = used_us / 1e9 / SECONDS_PER_HOUR * busy_w(platform, attempt)
        sums.energy_wh += modelled_wh if attempt.energy_wh is None else attempt.energy_wh
        sums.metered_wh += attempt.energy_wh or 0
        sums.carbon_mg += carbon_mg(platform, attempt)


def busy_w(platform: Platform, attempt: Attempt) -> float:
    """What a busy device of the attempt's pool draws at the centre's meter, PUE included."""
    centre = platform.state.centres[attempt.centre]
    for pool in centre.pools:
        if pool.pool == attempt.figures.pool:
            return float(pool.power_w_per_device) * float(centre.row.pue)
    return 0.0  # a pool that has left since


def carbon_mg(platform: Platform, attempt: Attempt) -> float:
    """Milligrams by the grid's factor: the slot's figure per device, in proportion to its use."""
    slot_us = platform.terms.slot_us
    figures = attempt.figures.carbon_mg
    return sum(mg * used for mg, used in zip(figures, attempt.used_us, strict=False)) / (1000 * slot_us)
