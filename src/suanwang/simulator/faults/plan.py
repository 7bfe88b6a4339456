"""How rough a seed's weather is: which faults, how often, drawn once when the world is made."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US


class Weather(msgspec.Struct, frozen=True):
    """Shares (0 to 1) of messages and steps that go wrong, and mean minutes between disasters (0: none).

    `storm_us`: after it everything is calm, and all must come to its end. `fatal`: a centre never comes back.
    `set_back`: once, the platform is restored from a backup. `clock_jump_most_s`: by so much a wall clock
    jumps at most. `reboot`: share of the agents' deaths with which their steady clock begins anew.
    `brief`: jobs are done in a second or two. `array_most`: so many alike come at once. `ambush`: share of
    events of standing by after which something befalls one that does, or whose place it could have. `torn`:
    share of writes to its journal that an agent does not outlive. `staging_most_us`: so long files may take.
    `quick`: whoever died is there again within seconds.
    """

    storm_us: int
    lost: float
    doubled: float
    late: float
    server_crash: float
    append_fails: float
    agent_crash: float
    engine_away_min: float
    centre_away_min: float
    node_fails_min: float
    clock_jumps_min: float
    fatal: bool
    snapshots: bool
    short_runs: bool
    network_changes_min: float
    set_back: bool
    clock_jump_most_s: int = 7200
    reboot: float = 0.0
    limits_s: tuple[int, ...] = (60, 300, 600, 1800, 3600)
    brief: bool = False
    array_most: int = 3
    ambush: float = 0.0
    torn: float = 0.0
    staging_most_us: int = 0
    quick: bool = False


class Dice:
    """One stream of chance for a world: all draws are made in the order of events, which the seed decides."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.Generator(np.random.PCG64(seed))

    def happens(self, share: float) -> bool:
        """True in that share of cases."""
        return share > 0 and float(self.random.random()) < share

    def between(self, least: int, most: int) -> int:
        """An integer of [least, most]."""
        return int(self.random.integers(least, most + 1))

    def after_us(self, mean_us: float) -> int:
        """A wait that is exponential around its mean, at least a microsecond."""
        return 1 + int(self.random.exponential(mean_us))

    def one_of(self, choices: "list[Any] | tuple[Any, ...]") -> Any:
        """One of them."""
        return choices[int(self.random.integers(len(choices)))]


def weather_of(dice: Dice) -> Weather:
    """Each kind of fault is absent in half of all seeds, so that every pair of kinds also meets alone."""

    def share(most: float) -> float:
        return float(dice.random.random()) * most if dice.happens(0.5) else 0.0

    def every(least_min: int, most_min: int) -> float:
        return float(dice.between(least_min, most_min)) if dice.happens(0.5) else 0.0

    return Weather(
        storm_us=dice.between(40, 150) * MINUTE_US,
        lost=share(0.4),
        doubled=share(0.3),
        late=share(0.3),
        server_crash=share(0.02),
        append_fails=share(0.02),
        agent_crash=share(0.05),
        engine_away_min=every(20, 120),
        centre_away_min=every(30, 180),
        node_fails_min=every(30, 240),
        clock_jumps_min=every(20, 120),
        fatal=dice.happens(0.2),
        snapshots=dice.happens(0.7),
        short_runs=dice.happens(0.5),
        network_changes_min=every(10, 90),
        set_back=dice.happens(0.2),
    )


def clock_weather_of(dice: Dice) -> Weather:
    """Long jobs while clocks jump by hours, far more often than work ends; all else is mild."""
    return Weather(
        storm_us=dice.between(6, 20) * 60 * MINUTE_US,
        lost=0.02,
        doubled=0.02,
        late=0.02,
        server_crash=dice.one_of((0.002, 0.02)),
        append_fails=0.002,
        agent_crash=dice.one_of((0.0, 0.002, 0.01)),
        engine_away_min=float(dice.one_of((0, 300))),
        centre_away_min=float(dice.one_of((0, 300))),
        node_fails_min=0.0,
        clock_jumps_min=float(dice.between(10, 60)),
        fatal=False,
        snapshots=dice.happens(0.5),
        short_runs=dice.happens(0.3),
        network_changes_min=0.0,
        set_back=False,
        clock_jump_most_s=dice.one_of((600, 3600, 6 * 3600)),
        reboot=dice.one_of((0.0, 0.3)),
        limits_s=(1800, 3600, 2 * 3600, 4 * 3600),
    )


def brief_weather_of(dice: Dice) -> Weather:
    """Crowds of jobs that are done at once, which stand by in their centres, in weather of any kind."""
    return msgspec.structs.replace(
        weather_of(dice),
        storm_us=dice.between(3, 25) * MINUTE_US,
        engine_away_min=float(dice.one_of((0, 3, 10))),
        centre_away_min=float(dice.one_of((0, 5, 15))),
        node_fails_min=float(dice.one_of((0, 5, 20))),
        network_changes_min=float(dice.one_of((0, 2, 10))),
        limits_s=(60,) if dice.happens(0.5) else (60, 600, 3600),
        brief=True,
        array_most=40,
    )


def ambush_weather_of(dice: Dice) -> Weather:
    """Crowds of brief jobs, and all that can befall one just while it stands by: see `ambush`. Nothing else
    keeps a centre away for long, so that much is handed on."""
    return msgspec.structs.replace(
        brief_weather_of(dice),
        storm_us=dice.between(60, 130) * MINUTE_US,
        engine_away_min=0.0,
        centre_away_min=0.0,
        node_fails_min=0.0,
        network_changes_min=0.0,
        limits_s=(60,) if dice.happens(0.7) else (60, 600),
        ambush=dice.one_of((0.1, 0.3, 0.6)),
        torn=dice.one_of((0.0, 0.0, 0.005)),
        staging_most_us=dice.one_of((0, 20_000, 1_000_000, 8_000_000)),
        quick=dice.happens(0.7),
    )


WEATHERS: dict[str, Callable[[Dice], Weather]] = {
    "any": weather_of,
    "clocks": clock_weather_of,
    "brief": brief_weather_of,
    "ambush": ambush_weather_of,
}


def calm(weather: Weather) -> Weather:
    """No more faults; what is gone for good stays gone."""
    return msgspec.structs.replace(
        weather, lost=0.0, doubled=0.0, late=0.0, server_crash=0.0, append_fails=0.0, agent_crash=0.0,
        engine_away_min=0.0, centre_away_min=0.0, node_fails_min=0.0, clock_jumps_min=0.0,
        network_changes_min=0.0, ambush=0.0, torn=0.0,
    )  # fmt: skip
