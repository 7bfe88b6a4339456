"""Draws: tables hold their distributions, and the bits of a seed never change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suanwang.feeds.draws import LEVELS, Dice, log_linear, lognormal, weighted, with_none
from suanwang.feeds.reference.sites import seats


def test_the_bits_of_a_seed_are_pinned() -> None:
    assert Dice(7, 1).levels(6).tolist() == PINNED


PINNED = [23757, 57033, 62741, 50471, 7660, 57400]


def test_streams_differ() -> None:
    assert Dice(7, 1).wide(4).tolist() != Dice(7, 2).wide(4).tolist()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50).filter(lambda weights: sum(weights) > 1e-3))
def test_weights_are_kept_to_a_level(weights: list[float]) -> None:
    table = weighted(weights)
    counts = np.bincount(table, minlength=len(weights))
    assert table.size == LEVELS
    assert (counts[np.array(weights) > 0] > 0).all()
    assert (counts[np.array(weights) == 0] == 0).all()
    assert np.abs(counts - np.array(weights) / sum(weights) * LEVELS).max() <= len(weights) + 1


def test_a_lognormal_table_has_its_median_and_spread() -> None:
    table = lognormal(50, 1.0, 1e6, 1000) / 1000
    assert np.median(table) == pytest.approx(50, rel=1e-4)
    assert np.quantile(table, 0.8413447) == pytest.approx(50 * np.e, rel=1e-3)


def test_a_quantile_table_goes_through_its_points() -> None:
    table = log_linear([(0, 1), (0.5, 10), (1, 1000)], 1000) / 1000
    assert np.quantile(table, [0.25, 0.5, 0.75]) == pytest.approx([10**0.5, 10, 100], rel=1e-3)


def test_none_takes_its_share() -> None:
    table = with_none(np.arange(LEVELS), 25, -1)
    assert (table == -1).mean() == 0.25
    assert np.median(table[table >= 0]) == pytest.approx(LEVELS / 2, abs=3)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=30), st.integers(0, 300))
def test_seats_go_to_all_first_and_then_by_weight(weights: list[int], count: int) -> None:
    taken = np.bincount(seats(weights, count), minlength=len(weights))
    assert taken.sum() == count
    if count >= len(weights):
        assert taken.min() >= 1
    for a, b in zip(range(len(weights)), range(1, len(weights)), strict=False):
        if weights[a] > weights[b]:
            assert taken[a] >= taken[b]
