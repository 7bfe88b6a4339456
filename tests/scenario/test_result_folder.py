"""A result folder is read back as it was written, and every way of tampering with it is told."""
# ruff: noqa: E501

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from tests.networks import small_network

from suanwang.feeds.result_folder import read_result
from suanwang.feeds.result_writer import write_result
from suanwang.feeds.scenario_writer import Form
from suanwang.model.result import REASONS, Outcome, RegionLine, Report
from suanwang.model.scenario import Scenario
from suanwang.units.errors import InvalidInput
from suanwang.units.text import Text

UNSERVED = 4


def small_outcome(scenario: Scenario) -> Outcome:
    """Every job in the first pool of its first option's class but one, which is full everywhere."""
    book, jobs = scenario.options, scenario.jobs
    first = book.first[book.text_of_job]
    device = book.device.gather(first).to_list()
    pools = scenario.pools["device"].to_list()
    served = np.arange(jobs.height) != UNSERVED
    start = jobs["release_slot"].to_numpy()
    parts = np.arange(4 * jobs.height, dtype=np.int64).reshape(4, -1) * 1000 * served
    price = np.zeros((scenario.pools.height, scenario.header.slots), np.int64)
    price[1, 3], price[0, 20], price[3, 0] = 7, 9, 11
    return Outcome(
        method="prices",
        seed=3,
        option=np.where(served, 0, -1).astype(np.int32),
        pool=np.where(served, [pools.index(name) for name in device], -1).astype(np.int32),
        start_slot=np.where(served, start, -1).astype(np.int32),
        end_slot=np.where(served, start + book.slots[first], -1).astype(np.int32),
        compute_micro=parts[0],
        energy_micro=parts[1],
        carbon_micro=parts[2],
        data_micro=parts[3],
        total_micro=np.where(served, parts.sum(axis=0), jobs["value_micro"].to_numpy()),
        reason=np.where(served, 0, REASONS.index("full")).astype(np.int8),
        price_micro=price,
        bound_micro=-5,
        bound_uncapacitated_micro=-6,
        price_loss_micro=1,
        place_loss_micro=2,
        seconds={"read": 0.5},
        held_to_gap=1.0,
        notes=(Text("a note", "说明"),),
    )


def small_report(outcome: Outcome) -> Report:
    values: dict[str, object] = {
        "name": "small",
        "method": outcome.method,
        "version": "0",
        "gap": None,
        "seconds": outcome.seconds,
        "unserved_by_reason": {"full": 1},
        "utilisation": {"sh-a100": 0.25},
        "by_region": {"310000": RegionLine(1, 1, 10, 2.5, 0)},
        "notes": list(outcome.notes),
        "scarcity": None,
    }
    for field in ("seed", "bound_micro", "bound_uncapacitated_micro", "price_loss_micro", "place_loss_micro"):
        values[field] = getattr(outcome, field)
    for field in msgspec.structs.fields(Report):
        values.setdefault(field.name, 1)
    return msgspec.convert(values, Report)


@pytest.fixture
def scenario() -> Scenario:
    return small_network()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_result_comes_back_as_written(scenario: Scenario, form: Form, tmp_path: Path) -> None:
    outcome = small_outcome(scenario)
    report = small_report(outcome)
    write_result(outcome, scenario, report, tmp_path, form)
    back = read_result(tmp_path, scenario)
    assert back.report == report
    for name in Outcome.__struct_fields__:
        before, after = getattr(outcome, name), getattr(back.outcome, name)
        if isinstance(before, np.ndarray):
            assert np.array_equal(before, after) and before.dtype == after.dtype, name
        else:
            assert before == after, name


def test_the_files_follow_the_public_format(scenario: Scenario, tmp_path: Path) -> None:
    outcome = small_outcome(scenario)
    write_result(outcome, scenario, small_report(outcome), tmp_path, "csv")
    plan = (tmp_path / "plan.csv").read_text().splitlines()
    assert plan[0] == (
        "job,option,pool,start_slot,end_slot,compute_micro,energy_micro,carbon_micro,data_micro,total_micro,reason"
    )
    assert plan[1].startswith("j0,0,sh-a100,0,6,0,12000,24000,36000,72000,")
    assert plan[1 + UNSERVED] == f"j{UNSERVED},,,,,0,0,0,0,{10**9 + UNSERVED},full"
    # sorted by pool and slot as the columns read, zeros left out
    assert (tmp_path / "prices.csv").read_text().splitlines() == [
        "pool,slot,price_micro_per_device_slot",
        "cd-cpu,0,11",
        "sh-a100,20,9",
        "zw-a100,3,7",
    ]
    assert msgspec.json.decode((tmp_path / "report.json").read_bytes())["gap"] is None


def test_a_plan_in_another_order_is_put_in_order(scenario: Scenario, tmp_path: Path) -> None:
    outcome = small_outcome(scenario)
    write_result(outcome, scenario, small_report(outcome), tmp_path, "csv")
    pl.read_csv(tmp_path / "plan.csv").reverse().write_csv(tmp_path / "plan.csv")
    assert np.array_equal(read_result(tmp_path, scenario).outcome.total_micro, outcome.total_micro)


def edit(old: str, new: str, file: str = "plan.csv") -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        words = (folder / file).read_text()
        assert old in words
        (folder / file).write_text(words.replace(old, new, 1))

    return change


TAMPERED: list[tuple[str, Callable[[Path], object], str, str]] = [
    ("a job is missing", edit("j0,0,sh-a100", "jx,0,sh-a100"), "missing_job", "plan.csv job"),
    ("a job that is unknown", edit("j0,0,sh-a100", "jx,0,sh-a100"), "unknown_reference", "plan.csv row 2 job"),
    ("a job twice", edit("j1,", "j0,"), "duplicate_key", "plan.csv row 3 job"),
    ("an unknown pool", edit("j0,0,sh-a100", "j0,0,sh-a10"), "unknown_reference", "plan.csv row 2 pool"),
    ("an unknown option", edit("j0,0,", "j0,2,"), "unknown_option", "plan.csv row 2 option"),
    ("slots that are not the option's", edit("a100,0,6", "a100,0,7"), "wrong_slots", "plan.csv row 2 end_slot"),
    ("slots past the horizon", edit("a100,0,6", "a100,20,26"), "wrong_slots", "plan.csv row 2 end_slot"),
    ("half a place", edit("j0,0,sh-a100", "j0,0,"), "half_served", "plan.csv row 2 pool"),
    ("another total", edit("36000,72000", "36000,72001"), "wrong_total", "plan.csv row 2 total_micro"),
    ("no reason", edit(",full", ","), "wrong_reason", "plan.csv row 6 reason"),
    ("an unknown reason", edit(",full", ",fool"), "wrong_reason", "plan.csv row 6 reason"),
    ("a negative price", edit(",11", ",-11", "prices.csv"), "below_least", "prices.csv row 2 price_micro_per_device_slot"),
    ("a price past the horizon", edit(",20,", ",24,", "prices.csv"), "past_horizon", "prices.csv row 3 slot"),
    ("a price of no pool", edit("cd-cpu", "cd", "prices.csv"), "unknown_reference", "prices.csv row 2 pool"),
    ("a price twice", edit("zw-a100,3,", "sh-a100,20,", "prices.csv"), "duplicate_key", "prices.csv row 4 pool+slot"),
    ("no report", lambda folder: (folder / "report.json").unlink(), "report", "report.json"),
    ("a report cut off", edit('"name"', '"nome"', "report.json"), "report", "report.json"),
    ("no plan", lambda folder: (folder / "plan.csv").unlink(), "missing_table", "plan"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "kind", "where"), [row[1:] for row in TAMPERED], ids=[row[0] for row in TAMPERED]
)
def test_a_tampered_result_is_refused(
    scenario: Scenario, tmp_path: Path, change: Callable[[Path], object], kind: str, where: str
) -> None:
    outcome = small_outcome(scenario)
    write_result(outcome, scenario, small_report(outcome), tmp_path, "csv")
    change(tmp_path)
    with pytest.raises(InvalidInput) as caught:
        read_result(tmp_path, scenario)
    assert (kind, where) in [(fault.kind, fault.where) for fault in caught.value.faults], str(caught.value)
