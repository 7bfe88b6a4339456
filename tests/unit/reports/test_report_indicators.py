"""Indicators and scarcity against plain loops over jobs and slots, on random networks."""

import math
from collections import Counter, defaultdict
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.reports.random_network import naive_outcome, random_scenario

from suanwang.model.result import REASONS, Outcome, Report
from suanwang.model.scenario import Scenario
from suanwang.reports.indicators import make_report, sums_by, wait_percentile
from suanwang.reports.places import province_of
from suanwang.reports.scarcity import priced_capacity
from suanwang.reports.usage import measure


def near(left: float, right: float) -> bool:
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-6)


class Plain:
    """The same figures, one job and one slot at a time, in rows of dictionaries."""

    def __init__(self, scenario: Scenario, outcome: Outcome) -> None:
        header = scenario.header
        self.hours = header.slot_minutes / 60
        self.centres = {row["centre"]: row for row in scenario.centres.iter_rows(named=True)}
        self.pools = list(scenario.pools.iter_rows(named=True))
        self.carbon_g = {
            (row["grid_zone"], row["slot"]): row["carbon_g_per_kwh"]
            for row in scenario.signals.iter_rows(named=True)
        }
        self.available: dict[tuple[str, int], Fraction] = {}
        for pool in self.pools:
            for slot in range(header.slots):
                left = Fraction(str(pool["devices"]))
                for out in scenario.outages.iter_rows(named=True):
                    if out["pool"] == pool["pool"] and out["from_slot"] <= slot < out["to_slot"]:
                        left -= Fraction(str(out["devices_lost"]))
                self.available[pool["pool"], slot] = max(left, Fraction(0))
        self.busy: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
        self.waits: list[int] = []
        self.by_region: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0, 0.0, 0])
        for index, job in enumerate(scenario.jobs.iter_rows(named=True)):
            line = self.by_region[job["region"]]
            line[0] += 1
            line[2] += int(outcome.total_micro[index])
            if outcome.pool[index] < 0:
                continue
            pool = self.pools[outcome.pool[index]]
            _, size, slots = job["options"].split(";")[outcome.option[index]].split(":")
            units, _, nodes = size.partition("x")
            devices = Fraction(units) * int(nodes or 1)
            start = int(outcome.start_slot[index])
            assert int(outcome.end_slot[index]) == start + int(slots)
            for slot in range(start, start + int(slots)):
                self.busy[pool["pool"], slot] += devices
            self.waits.append(start - job["release_slot"])
            line[1] += 1
            line[3] += float(devices * int(slots)) * self.hours
            home = province_of(self.centres[pool["centre"]]["region"])
            line[4] += home != province_of(job["region"])

    def energy(self) -> tuple[float, float, float]:
        """Wh busy, Wh idle, g CO2."""
        busy = idle = carbon = 0.0
        for pool in self.pools:
            centre = self.centres[pool["centre"]]
            for (name, slot), there in self.available.items():
                if name != pool["pool"]:
                    continue
                used = self.busy[name, slot]
                wh = float(used) * pool["power_w_per_device"] * centre["pue"] * self.hours
                busy += wh
                idle += float(there - used) * pool["idle_w_per_device"] * centre["pue"] * self.hours
                carbon += wh / 1000 * self.carbon_g[centre["grid_zone"], slot]
        return busy, idle, carbon


@settings(max_examples=25)
@given(
    st.integers(0, 10**6),
    st.integers(1, 40),
    st.integers(1, 5),
    st.integers(4, 30),
    st.sampled_from([15, 60]),
)
def test_every_indicator_agrees_with_plain_loops(
    seed: int, jobs: int, centres: int, slots: int, minutes: int
) -> None:
    scenario = random_scenario(seed, jobs, centres, slots, minutes, load=1.2)
    outcome = naive_outcome(scenario, seed=seed)
    beside = naive_outcome(scenario, cheap=False, seed=seed)
    report = make_report(scenario, outcome, "9", beside)
    plain = Plain(scenario, outcome)

    busy, idle, carbon = plain.energy()
    assert near(report.energy_wh, busy)
    assert near(report.idle_energy_wh, idle)
    assert near(report.carbon_location_g, carbon) and report.carbon_market_g == report.carbon_location_g
    assert report.green_share is None
    for pool in plain.pools:
        used = sum(plain.busy[pool["pool"], slot] for slot in range(slots))
        there = sum(plain.available[pool["pool"], slot] for slot in range(slots))
        assert near(report.utilisation[pool["pool"]], float(used / there) if there else 0.0)

    waits = sorted(plain.waits)
    for percent, said in ((50, report.wait_slots_p50), (95, report.wait_slots_p95)):
        assert said == (waits[math.ceil(len(waits) * percent / 100) - 1] if waits else None)
    assert {code: list(msgspec.structs.astuple(line)) for code, line in report.by_region.items()} == {
        code: [*line[:3], pytest.approx(line[3]), line[4]] for code, line in plain.by_region.items()
    }

    assert (report.jobs, report.served, report.unserved) == (jobs, len(waits), jobs - len(waits))
    reasons = Counter(REASONS[int(reason)] for reason in outcome.reason[outcome.pool < 0])
    assert report.unserved_by_reason == dict(reasons)
    assert report.cost_micro == sum(outcome.total_micro.tolist())
    parts = (report.compute_micro, report.energy_micro, report.carbon_micro, report.data_micro)
    assert report.cost_micro == sum(parts) + report.unserved_value_micro
    assert report.fcfs_cost_micro == sum(beside.total_micro.tolist())
    excess = report.fcfs_cost_micro - report.bound_micro
    if excess > 0:
        assert report.excess_removed == (report.fcfs_cost_micro - report.cost_micro) / excess
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(10, 60), st.integers(1, 6), st.integers(4, 30))
def test_scarcity_agrees_with_plain_loops(seed: int, jobs: int, centres: int, slots: int) -> None:
    scenario = random_scenario(seed, jobs, centres, slots, load=1.6)
    outcome = naive_outcome(scenario, seed=seed)
    found = make_report(scenario, outcome, "9").scarcity
    plain = Plain(scenario, outcome)
    price = {
        (pool["pool"], slot): int(outcome.price_micro[row, slot])
        for row, pool in enumerate(plain.pools)
        for slot in range(slots)
        if plain.available[pool["pool"], slot] > 0
    }
    worth = {pool["pool"]: 0 for pool in plain.pools}
    for (pool, _), amount in price.items():
        worth[pool] += amount
    if found is None:
        assert not any(worth.values())
        return
    assert found.rent_micro == sum(price[key] * plain.available[key] for key in price) // 1
    assert found.pools_priced == sum(amount > 0 for amount in worth.values())
    assert found.slots_priced == len({slot for (_, slot), amount in price.items() if amount})
    best = sorted((amount for amount in worth.values() if amount), reverse=True)[:20]
    assert [line.worth_micro_per_device for line in found.pools] == best
    for line in found.pools:
        assert line.worth_micro_per_device == worth[line.pool]
        scarce = {slot: price[line.pool, slot] for slot in range(slots) if price.get((line.pool, slot), 0)}
        assert line.scarce_slots == len(scarce)
        assert scarce[line.peak_slot] == line.peak_price_micro == max(scarce.values())
    for hour in found.slots:
        there = {key: count for key, count in plain.available.items() if key[1] == hour.slot}
        mean = sum(price.get(key, 0) * count for key, count in there.items()) / sum(there.values())
        assert hour.mean_price_micro == int(mean)
        assert hour.pools_priced == sum(price.get(key, 0) > 0 for key in there)
    assert [hour.mean_price_micro for hour in found.slots] == sorted(
        (hour.mean_price_micro for hour in found.slots), reverse=True
    )
    devices = {pool["pool"]: pool["devices"] for pool in plain.pools}
    for group in found.by_device:
        members = [pool["pool"] for pool in plain.pools if pool["device"] == group.name]
        assert group.devices == sum(devices[pool] for pool in members)
        assert group.best_worth_micro_per_device == max(worth[pool] for pool in members)
        assert worth[group.best_pool] == group.best_worth_micro_per_device


def test_no_jobs_and_no_prices() -> None:
    scenario = random_scenario(1, 0, 2, 4)
    report = make_report(scenario, naive_outcome(scenario, cheap=False), "9")
    assert (report.jobs, report.cost_micro, report.energy_wh) == (0, 0, 0.0)
    assert report.wait_slots_p50 is None and report.gap is None and report.scarcity is None
    assert report.by_region == {} and report.excess_removed is None


def test_nobody_served() -> None:
    scenario = random_scenario(2, 5, 1, 4)
    pools = scenario.pools.with_columns(device=scenario.pools["device"] + "?")
    scenario = Scenario(
        **{name: getattr(scenario, name) for name in scenario.__struct_fields__ if name != "pools"},
        pools=pools,
    )
    report = make_report(scenario, naive_outcome(scenario), "9")
    assert (report.served, report.unserved_by_reason) == (0, {"class": 5})
    assert report.cost_micro == report.unserved_value_micro == 5 * 10**10


@pytest.mark.parametrize(
    ("counts", "percent", "expected"),
    [
        ([4], 95, 0),
        ([5, 5], 50, 0),
        ([4, 6], 50, 1),
        ([0, 0, 1], 50, 2),
        ([95, 4, 1], 95, 0),
        ([94, 0, 6], 95, 2),
    ],
)
def test_the_wait_that_so_many_do_not_exceed(counts: list[int], percent: int, expected: int) -> None:
    assert wait_percentile(np.array(counts), percent) == expected


def test_sums_that_64_bits_cannot_hold() -> None:
    values = np.array([2**62, 2**62, 2**62, -5, -(2**62)])
    assert sums_by(np.array([0, 0, 0, 1, 1]), values, 2) == [3 * 2**62, -5 - 2**62]
    price, available = np.full((2, 2), 10**15), np.full((2, 2), 10**11)
    assert priced_capacity(price, available) == [2 * 10**26] * 2


def test_usage_keeps_within_what_is_there() -> None:
    scenario = random_scenario(5, 200, 6, 24, load=1.5)
    usage = measure(scenario, naive_outcome(scenario))
    assert (usage.busy_milli <= usage.available_milli).all() and (usage.busy_milli >= 0).all()
