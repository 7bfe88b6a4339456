"""The options of jobs: the class asked for, and others that would do, slower or faster by their FP16 peak."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.draws import LEVELS, Dice, weighted
from suanwang.feeds.reference.book import Book, Work, board_power_milliwatt, fp16_tera, micro
from suanwang.feeds.reference.demand import HOURS_MOST, Demand, works

Int64Array = NDArray[np.int64]

ALTERNATIVES_MOST = 3
NODE_DEVICES = 8
YUAN_MICRO_PER_KWH = 800_000
"""Electricity with its carbon, roughly: only to guess a job's cheapest cost, from which its value follows."""


class Menu:
    """Distinct option texts, what each costs at least by guess, and which one each job has.

    `text_of_job`: (job,) index into `texts`; `guess_micro`: (text,).
    """

    def __init__(self, texts: pl.Series, guess_micro: Int64Array, text_of_job: NDArray[np.int32]) -> None:
        self.texts, self.guess_micro, self.text_of_job = texts, guess_micro, text_of_job


def _swaps(kinds: Sequence[Work], names: list[str]) -> Int64Array:
    """(kind, 65,536) bit masks of the classes that would also do."""
    tables: list[Int64Array] = []
    for work in kinds:
        percent, others = work.swap
        sizes = range(1, min(ALTERNATIVES_MOST, len(others)) + 1)
        sets = [chosen for size in sizes for chosen in combinations(others, size)]
        masks = [0, *(sum(1 << names.index(name) for name in chosen) for chosen in sets)]
        weights = [100.0 - percent, *(percent / len(sets) for _ in sets)]
        tables.append(np.array(masks, np.int64)[weighted(weights)])
    assert all(table.size == LEVELS for table in tables)
    return np.stack(tables)


def draw_options(book: Book, demand: Demand, slots: int, dice: Dice) -> Menu:
    """The options of every job."""
    names = book.device_names
    classes = len(names)
    mask = dice.each(_swaps(works(book), names), demand.kind).astype(np.int64)
    mask &= ~(np.int64(1) << demand.device.astype(np.int64))
    code = (demand.shape.astype(np.int64) * (HOURS_MOST + 1) + demand.hours) * classes + demand.device
    code = (code << classes) | mask
    distinct, text_of_job = np.unique(code, return_inverse=True)
    kitchen = _Kitchen(book, demand, slots)
    plates = [kitchen.plate(each) for each in distinct.tolist()]
    return Menu(
        pl.Series([text for text, _ in plates], dtype=pl.String),
        np.array([guess for _, guess in plates], np.int64),
        text_of_job.astype(np.int32),
    )


class _Kitchen:
    """Turns a packed code into its text and its guessed cost."""

    def __init__(self, book: Book, demand: Demand, slots: int) -> None:
        self.names, self.makers = book.device_names, book.devices["maker"].to_list()
        self.peak = fp16_tera(book).tolist()
        self.port_percent = book.assumed.port_efficiency_percent
        self.units_milli, self.gang = demand.units_milli.tolist(), demand.gang_nodes().tolist()
        self.most, self.slots = demand.devices_most.tolist(), slots
        power = board_power_milliwatt(book)
        self.hour_micro = [
            micro(price) + milliwatt * YUAN_MICRO_PER_KWH // 1_000_000 * 13 // 10
            for price, milliwatt in zip(book.devices["price_yuan_per_device_hour"], power, strict=True)
        ]

    def plate(self, code: int) -> tuple[str, int]:
        """The text of a code, its first option first, and the least guessed cost of its options."""
        classes = len(self.names)
        mask, rest = code & ((1 << classes) - 1), code >> classes
        device, rest = rest % classes, rest // classes
        hours, shape = rest % (HOURS_MOST + 1), rest // (HOURS_MOST + 1)
        options = [(device, self.units_milli[shape], self.gang[shape][device], hours)]
        for other in range(classes):
            if mask >> other & 1:
                options += self.port(options[0], other)
        guess = min(
            units * nodes * span * self.hour_micro[which] // 1000 for which, units, nodes, span in options
        )
        return ";".join(self.text(*option) for option in options), guess

    def port(self, option: tuple[int, int, int, int], other: int) -> list[tuple[int, int, int, int]]:
        """The same work on another class, on twice the devices where it would take far longer; or nothing."""
        device, units, nodes, hours = option
        efficiency = 100 if self.makers[device] == self.makers[other] else self.port_percent
        work = nodes * units * hours * self.peak[device] * 100
        rate = self.peak[other] * efficiency
        span = -(-work // (units * nodes * rate))
        while span * 5 > hours * 8:
            if units < NODE_DEVICES * 1000 and nodes == 1 and units >= 1000:
                units *= 2
            elif units == NODE_DEVICES * 1000:
                nodes *= 2
            else:
                break
            span = -(-work // (units * nodes * rate))
        fits = span <= min(HOURS_MOST, self.slots) and units * nodes <= min(self.most[other], 1024) * 1000
        return [(other, units, nodes, span)] if fits else []

    def text(self, device: int, units_milli: int, nodes: int, hours: int) -> str:
        """One option in the grammar of scenario files."""
        whole, part = divmod(units_milli, 1000)
        units = f"{whole}.{part:03d}".rstrip("0") if part else str(whole)
        return f"{self.names[device]}:{units}{f'x{nodes}' if nodes > 1 else ''}:{hours}"
