"""What is known ahead of tariff and carbon: all of it, the past and today, or all of it with noise.

What is published is what the platform plans and charges by. The truth of a slot is known an instant before it
begins, so that whoever starts in it pays what is true.
"""

from typing import Literal

import numpy as np

from suanwang.engine.inputs import PublishSignals
from suanwang.feeds.network_inputs import decimal_text, signals_of
from suanwang.model.network import Signals, Terms
from suanwang.model.scenario import Scenario

Forecast = Literal["perfect", "persistence", "noisy"]
MINUTES_PER_DAY = 1440
BEFORE_US = 1_000_000
"""So long before its slot begins the truth is published."""


def first_signals(scenario: Scenario, forecast: Forecast, noise: float, seed: int) -> PublishSignals:
    """What is known when the platform opens, its first slot as it is."""
    truth = tuple(signals_of(scenario))
    match forecast:
        case "perfect":
            return PublishSignals("network/signals", truth)
        case "persistence":
            today = slots_per_day(scenario.header.slot_minutes)
            return PublishSignals("network/signals", tuple(part(one, 0, today) for one in truth))
        case "noisy":
            rough = (disturbed(one, noise, seed + row) for row, one in enumerate(truth))
            first = (part(one, 0, 1) for one in truth)
            return PublishSignals("network/signals", (*rough, *first))


def later_signals(scenario: Scenario, terms: Terms, forecast: Forecast) -> list[tuple[int, PublishSignals]]:
    """What becomes known after that, and when."""
    if forecast == "perfect":
        return []
    truth, slots = tuple(signals_of(scenario)), scenario.header.slots
    step = slots_per_day(scenario.header.slot_minutes) if forecast == "persistence" else 1
    return [
        (
            terms.start_of(slot) - BEFORE_US,
            PublishSignals(f"signals/{slot}", tuple(part(one, slot, slot + step) for one in truth)),
        )
        for slot in range(step, slots, step)
    ]


def slots_per_day(slot_minutes: int) -> int:
    """Slots in 24 hours."""
    return max(1, MINUTES_PER_DAY // slot_minutes)


def part(signals: Signals, first: int, end: int) -> Signals:
    """Slots [first, end) of signals that begin with slot 0."""
    return Signals(
        zone=signals.zone,
        from_slot=first,
        price_micro_per_kwh=signals.price_micro_per_kwh[first:end],
        carbon_g_per_kwh=signals.carbon_g_per_kwh[first:end],
    )


def disturbed(signals: Signals, noise: float, seed: int) -> Signals:
    """Each value times 1 + noise · z, z standard normal; never a negative carbon factor."""
    random = np.random.Generator(np.random.PCG64(seed))
    price = np.array([float(value) for value in signals.price_micro_per_kwh])
    carbon = np.array([float(value) for value in signals.carbon_g_per_kwh])
    price = np.rint(price * (1 + noise * random.standard_normal(len(price))))
    carbon = np.round(np.maximum(carbon * (1 + noise * random.standard_normal(len(carbon))), 0), 1)
    return Signals(
        zone=signals.zone,
        from_slot=0,
        price_micro_per_kwh=tuple(decimal_text(value) for value in price.tolist()),
        carbon_g_per_kwh=tuple(decimal_text(value) for value in carbon.tolist()),
    )
