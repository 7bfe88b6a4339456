"""Electricity in every province and hour: time-of-use tariff, and carbon around the published factor.

Carbon intensity in hour h of a day is factor · (100 − sky·depth·solar[h] + rise·evening[h]) / mean, where
solar[h] is the sun's arc, depth grows with the province's solar share, sky is the day's weather, and the mean
is over the horizon: so the mean over the horizon equals the provincial factor to a tenth of a gram.
"""

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.draws import Dice
from suanwang.feeds.reference.book import Book, TariffRule
from suanwang.model.scenario_tables import SIGNALS

FACTOR_SCALE = 10_000


def tariff_factors(rule: TariffRule, month: int) -> NDArray[np.int64]:
    """(24,) multiples of the tariff in each hour of a day of that month, in ten-thousandths."""
    named = [season for season in rule.seasons if month in season.months]
    season = named[0] if named else next(season for season in rule.seasons if not season.months)
    factors = np.full(24, FACTOR_SCALE, np.int64)
    for band in season.bands:
        for begin, end in band.hours:
            factors[begin:end] = int(band.factor * FACTOR_SCALE)
    return factors


def carbon_shape(book: Book, zone: str, days: int, dice: Dice) -> NDArray[np.int64]:
    """(days, 24) relative carbon intensity, in parts of 10,000 before it is scaled to its mean."""
    carbon = book.assumed.carbon
    low, high = carbon.clear_sky_percent
    sky = low + dice.one_of(high - low + 1, days)
    depth = carbon.solar_share_percent[zone] * carbon.dip_per_solar_share_percent
    dip = sky[:, None] * depth * np.array(carbon.solar_by_hour)[None, :] // 10**4
    rise = carbon.evening_rise_percent * np.array(carbon.evening_by_hour)
    return np.maximum(10_000 - dip + rise[None, :], 500)


def signals_table(book: Book, start: datetime, slots: int, dice: Dice) -> pl.DataFrame:
    """Every province and slot; slots are hours and `start` is a full hour, local time."""
    instants = [start + timedelta(hours=slot) for slot in range(slots)]
    hour = np.array([instant.hour for instant in instants])
    month = np.array([instant.month for instant in instants])
    day = (np.arange(slots) + start.hour) // 24
    tables = {
        (name, number): tariff_factors(rule, number)
        for name, rule in book.tariff_rules.items()
        for number in sorted(set(month.tolist()))
    }
    frames: list[pl.DataFrame] = []
    for row in book.grid_zones.to_dicts():
        tariff_micro = int(Decimal(row["tariff_yuan_per_kwh"]) * 1_000_000)
        factors = np.zeros(slots, np.int64)
        for number in sorted(set(month.tolist())):
            factors = np.where(month == number, tables[row["rule"], number][hour], factors)
        published = row["carbon_kg_per_kwh"]
        mean_mg = int((Decimal(published) if published else book.assumed.carbon.xizang_kg_per_kwh) * 10**6)
        shape = carbon_shape(book, row["grid_zone"], int(day[-1]) + 1, dice)[day, hour]
        total = int(shape.sum())
        tenths = (shape * (mean_mg * slots) + total * 50) // (total * 100)
        frames.append(
            pl.DataFrame(
                {
                    "grid_zone": [row["grid_zone"]] * slots,
                    "slot": np.arange(slots),
                    "price_micro_per_kwh": (tariff_micro * factors // FACTOR_SCALE).astype(np.float64),
                    "carbon_g_per_kwh": tenths / 10,
                },
                schema=SIGNALS.polars_schema,
            )
        )
    return pl.concat(frames)
