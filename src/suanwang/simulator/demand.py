"""A scenario's jobs as live jobs: each is submitted by its enterprise when its window opens.

Its limit is its slots, its latest end the end of its window, its highest price its value: nobody pays more
for a job than it is worth. Wallets hold the sum of that, so that money never decides unless it is asked to.
"""

from collections.abc import Iterator
from typing import NamedTuple

from suanwang.engine.inputs import AnyInput, Book, SubmitJobs
from suanwang.ledger.commands import OpenWallet, TopUp
from suanwang.model.job import Alternative, JobSpec, LatencyClass, Shape
from suanwang.model.network import Terms
from suanwang.model.scenario import Scenario

PUBLIC = "public"
"""Whose the jobs are that name no enterprise."""
JOBS_PER_INPUT = 1000
FEN_MICRO = 10_000


class Arrival(NamedTuple):
    """Jobs that are submitted at one instant."""

    at: int
    inputs: list[SubmitJobs]


def specs_of(scenario: Scenario, terms: Terms, latency_class: LatencyClass) -> list[JobSpec]:
    """The jobs in the order of the table."""
    slot_s, book, jobs = terms.slot_s, scenario.options, scenario.jobs
    units_milli, nodes, slots = book.units_milli.tolist(), book.nodes.tolist(), book.slots.tolist()
    each = [
        Alternative(device, units_milli[row], nodes[row], slots[row] * slot_s)
        for row, device in enumerate(book.device.to_list())
    ]
    alternatives = [tuple(each[book.first[text] : book.first[text + 1]]) for text in range(len(book.texts))]
    shapes: dict[tuple[object, ...], Shape] = {}
    columns = jobs.select(
        "job", "deadline_slot", "value_micro", "region", "data_region", "gb_in", "gb_out", "max_rtt_ms",
        "min_security_grade", "residency",
    )  # fmt: skip
    found: list[JobSpec] = []
    for text, (name, deadline, value, *rest) in zip(
        book.text_of_job.tolist(), columns.iter_rows(), strict=True
    ):
        key = (text, *rest)
        shape = shapes.get(key)
        if shape is None:
            region, data_region, gb_in, gb_out, rtt_ms, grade, residency = rest
            shape = shapes[key] = Shape(
                alternatives[text], region, data_region or "", round(gb_in * 1e9), round(gb_out * 1e9),
                round((rtt_ms or 0) * 1000), latency_class, grade or 1,
                tuple(part.strip() for part in (residency or "").split(";") if part.strip()),
            )  # fmt: skip
        found.append(
            JobSpec(name=name, shape=shape, deadline_at=terms.start_of(deadline), max_price_micro=value)
        )
    return found


def enterprises_of(scenario: Scenario) -> list[str]:
    """Whose each job is."""
    return scenario.jobs["enterprise"].fill_null(PUBLIC).to_list()


def wallets(scenario: Scenario) -> Iterator[AnyInput]:
    """A wallet for every enterprise, with as much as its jobs are worth, in whole 分."""
    worth: dict[str, int] = {}
    for name, value in zip(enterprises_of(scenario), scenario.jobs["value_micro"].to_list(), strict=True):
        worth[name] = worth.get(name, 0) + value
    for name in sorted(worth):
        yield Book(f"wallet/{name}/open", OpenWallet(f"wallet/{name}/open", name, "CNY", 0))
        amount = -(-worth[name] // FEN_MICRO) * FEN_MICRO
        if amount:
            yield Book(f"wallet/{name}/fill", TopUp(f"wallet/{name}/fill", name, amount, "simulation"))


def arrivals(scenario: Scenario, terms: Terms, latency_class: LatencyClass) -> list[Arrival]:
    """The jobs by the slot in which their windows open, each enterprise's in one input or a few."""
    specs, owners = specs_of(scenario, terms, latency_class), enterprises_of(scenario)
    of_slot: dict[int, dict[str, list[JobSpec]]] = {}
    for spec, owner, slot in zip(specs, owners, scenario.jobs["release_slot"].to_list(), strict=True):
        of_slot.setdefault(slot, {}).setdefault(owner, []).append(spec)
    return [
        Arrival(
            terms.start_of(slot),
            [
                SubmitJobs(
                    f"submit/{slot}/{owner}/{first}", owner, tuple(mine[first : first + JOBS_PER_INPUT])
                )
                for owner, mine in of_slot[slot].items()
                for first in range(0, len(mine), JOBS_PER_INPUT)
            ],
        )
        for slot in sorted(of_slot)
    ]
