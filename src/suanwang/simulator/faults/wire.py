"""The wire between agents, clients and the platform: it loses, doubles, delays and so reorders messages."""

from collections.abc import Callable

from suanwang.simulator.calendar import Calendar
from suanwang.simulator.faults.plan import SECOND_US, Dice, Weather

USUAL_MOST_US = 200_000
LATE_MOST_US = 90 * SECOND_US


class Wire:
    """`cut`: names of those whom nobody reaches now."""

    def __init__(self, calendar: Calendar, dice: Dice, weather: Weather) -> None:
        self.calendar, self.dice, self.weather = calendar, dice, weather
        self.cut: set[str] = set()

    def send(self, party: str, arrive: Callable[[], None]) -> None:
        """A message from or to `party`: it arrives once, twice, late, or never."""
        dice, weather = self.dice, self.weather
        copies = 0 if dice.happens(weather.lost) else 2 if dice.happens(weather.doubled) else 1
        for _ in range(copies):
            most_us = LATE_MOST_US if dice.happens(weather.late) else USUAL_MOST_US
            at = self.calendar.at + dice.between(1000, most_us)
            self.calendar.call_at(at, lambda: None if party in self.cut else arrive())
