"""What must be true when a world has come to its end: the books against what the machines did."""

from collections.abc import Iterator
from itertools import pairwise

from suanwang.audit.hashing import SHA256
from suanwang.audit.publish import GrowingTree
from suanwang.engine.apply import replay
from suanwang.engine.events import (
    AttemptDispatched,
    AttemptLetIn,
    AttemptStoodBy,
    CancelAsked,
    JobAdmitted,
    JobEnded,
    JobRefused,
    decode,
)
from suanwang.engine.lateness import LATE_S
from suanwang.engine.platform import Platform, attempt_name
from suanwang.engine.snapshot import encode_snapshot
from suanwang.engine.validate import validate
from suanwang.ledger.events import Captured
from suanwang.model.job import CLOSED
from suanwang.simulator.faults.plan import SECOND_US
from suanwang.simulator.faults.world import World
from suanwang.simulator.machine import OPEN, Run

EARLY_MOST_US = (LATE_S + 1) * SECOND_US
"""So late a reservation may be sent out that has not its limit's time any more, see `lateness.is_late`."""
OVERRUN_MOST_US = 7200 * SECOND_US
"""So long what stands still past its latest end may be there: agents die, engines and centres are away."""

UNTOLD_MOST_US = SECOND_US
"""So much of what an attempt ran may be unknown: its clock was set by messages."""


def check(world: World) -> list[str]:
    """Everything that is not as it must be, in words; empty where all is well."""
    writer = world.server.writer
    if writer is None:
        return ["the platform is down"]
    platform = writer.platform
    validate(platform)
    return [
        *ended(world, platform),
        *jobs_kept(world),
        *money(world, platform),
        *told_truly(world, platform),
        *places_handed_on(world, platform),
        *one_at_a_time(world, platform),
        *in_order(world),
        *limits_kept(world, platform),
        *log_holds(world),
    ]


def ended(world: World, platform: Platform) -> Iterator[str]:
    """Everything ends: jobs, attempts, holds, orders, agents, machines."""
    state = platform.state
    for name, job in state.jobs.items():
        if job.state not in CLOSED:
            yield f"{name} is still {job.state} ({job.why})"
    for name, attempt in state.attempts.items():
        if attempt.state != "ended":
            yield f"attempt {name} is still {attempt.state}"
    for name, hold in state.vouchers.ledger.holds.items():
        if hold.status == "open":
            yield f"hold {name} is still open"
    for agent in world.agents.values():
        if agent.gone:
            continue
        if not agent.alive or not agent.agent.idle:
            yield f"agent {agent.name} is not idle: {list(agent.agent.memory.works)[:5]}"
        if agent.machine.live:
            yield f"machine {agent.name} still runs {list(agent.machine.live)[:5]}"
        for pool, nodes in agent.machine.nodes.items():
            row = next(row for row in agent.machine.pools if row.pool == pool)
            if int(nodes.free.sum()) != int(float(row.devices)) or any(nodes.shares):
                yield f"nodes of {pool} do not have all their devices back"
        orders = state.centres[agent.name].orders
        if orders:
            yield f"orders stand for {agent.name}: {list(orders.values())[:3]}"
    if len(world.client.answered) < len(world.client.asked):
        yield f"never answered: {sorted(set(world.client.asked) - set(world.client.answered))[:5]}"
    given_up = [fact for fact in world.given_up if fact.attempt not in world.operator.lost_attempts]
    if given_up:
        yield f"facts were given up: {given_up[:3]}"


def jobs_kept(world: World) -> Iterator[str]:
    """No job lost, none taken in twice."""
    events = [decode(record) for record in world.log.records]
    admitted = [event.job for event in events if isinstance(event, JobAdmitted)]
    refused = sum(isinstance(event, JobRefused) for event in events)
    answers = [event for ticket in world.client.answered.values() for event in ticket.events]
    known = sum(isinstance(event, JobRefused) for event in answers)
    if len(set(admitted)) != len(admitted):
        yield "a job number was given twice"
    if set(admitted) != set(world.client.jobs):
        yield f"admitted {len(admitted)} jobs, clients know of {len(world.client.jobs)}"
    if refused != known:
        yield f"refused {refused} jobs, clients know of {known}"
    if len(admitted) > world.client.wanted:
        yield f"{world.client.wanted} jobs were asked for, {len(admitted)} admitted"


def money(world: World, platform: Platform) -> Iterator[str]:
    """Each hold is captured once at most, for no more time than its attempt ran; each end is a true one."""
    captured: dict[str, Captured] = {}
    for record in world.log.records:
        event = decode(record)
        if isinstance(event, Captured):
            if event.hold in captured:
                yield f"{event.hold} was charged twice"
            captured[event.hold] = event
    for agent in world.agents.values():
        for name, _ in agent.runs():
            if name not in platform.state.attempts and name not in world.operator.lost_attempts:
                yield f"{name} ran and the platform does not know it"
    runs: dict[str, list[Run]] = {}
    for agent in world.agents.values():
        for name, run in agent.runs():
            runs.setdefault(name, []).append(run)
    for name, attempt in platform.state.attempts.items():
        ran, event = runs.get(name, []), captured.get(name)
        ran_us = sum(run.ran_us(world.calendar.at) for run in ran)
        fenced = attempt.outcome == "lost" or attempt.reason == "fenced"
        if event is not None and fenced:
            yield f"{name} was ended by its fence and charged"
        if event is not None and event.usage_milli > attempt.milli * (ran_us // 1_000_000 + 1):
            yield f"{name} was charged {event.usage_milli} milli-device-s, ran {ran_us} us x {attempt.milli}"
        if attempt.outcome == "success" and all(run.outcome != "success" for run in ran):
            yield f"{name} counts as a success and was none"
    for name, job in platform.state.jobs.items():
        last = platform.state.attempts.get(f"{name}.{job.last}") if job.last else None
        if job.state == "succeeded" and (last is None or last.outcome != "success"):
            yield f"{name} succeeded without a successful last attempt"


def told_truly(world: World, platform: Platform) -> Iterator[str]:
    """What a machine did is what the platform knows: how it ended, and all that it used in its reservation.

    But for what its fence ended, and what a restored log has forgotten.
    """
    for agent in world.agents.values():
        for name, run in agent.runs():
            attempt = platform.state.attempts.get(name)
            forgotten = world.operator.is_lost(agent.name, run.launch.number)
            if attempt is None or agent.gone or forgotten:
                continue
            if world.dispatched_at[name] < world.operator.restored_at:
                continue
            if name not in agent.erased:
                yield f"{name} was never erased"
            if attempt.outcome == "lost" or attempt.reason == "fenced":
                continue
            if (run.outcome == "success") != (attempt.outcome == "success"):
                yield f"{name} ended as {run.outcome} and counts as {attempt.outcome} ({attempt.reason})"
            # an engine that is away lets it run on after its reservation
            end_at, told_us = attempt.figures.end_at, sum(attempt.used_us) // attempt.milli
            ran_us = sum(max(0, min(to_at, end_at) - from_at) for from_at, to_at, _ in spans_of(name, run))
            # by a clock that jumped it may have run outside of its reservation
            if told_us < ran_us - UNTOLD_MOST_US and not world.jumps:
                yield f"{name} ran {ran_us} us, {told_us} us of it are known"


def places_handed_on(world: World, platform: Platform) -> Iterator[str]:
    """A place goes to one other, which begins in it when whoever had it has ended."""
    runs = {(agent.name, name): run for agent in world.agents.values() for name, run in agent.runs()}
    heir_of: dict[str, str] = {}
    for record in world.log.records:
        event = decode(record)
        if not isinstance(event, AttemptLetIn) or not event.place_of:
            continue
        heir = attempt_name(event.job, event.number)
        if event.place_of in heir_of:
            yield f"{heir} and {heir_of[event.place_of]} have the place of {event.place_of}"
        heir_of[event.place_of] = heir
        centre = platform.state.attempts[heir].centre
        run, before = runs.get((centre, heir)), runs.get((centre, event.place_of))
        if run is not None and run.spans and (before is None or before.ended_at > run.spans[0][0]):
            yield f"{heir} began before {event.place_of} had ended, whose place it has"


def in_order(world: World) -> Iterator[str]:
    """Nobody is sent out before those whom it waits for have succeeded, or after it was cancelled."""
    awaited: dict[str, tuple[str, ...]] = {}
    succeeded: set[str] = set()
    cancelled: set[str] = set()
    for record in world.log.records:
        event = decode(record)
        if isinstance(event, JobAdmitted):
            awaited[event.job] = event.spec.depends_on
        elif isinstance(event, JobEnded) and event.state == "succeeded":
            succeeded.add(event.job)
        elif isinstance(event, CancelAsked):
            cancelled.add(event.job)
        elif isinstance(event, AttemptDispatched | AttemptStoodBy):
            if not succeeded.issuperset(awaited[event.job]):
                yield f"{event.job} was sent out before those whom it waits for had succeeded"
            if event.job in cancelled:
                yield f"{event.job} was cancelled, and sent out after that"


def limits_kept(world: World, platform: Platform) -> Iterator[str]:
    """A limit is a time that passes, whatever clocks say: none ends before its own, or runs on past it."""
    for agent in world.agents.values():
        for name, run in agent.runs():
            attempt = platform.state.attempts.get(name)
            if attempt is None or name in world.operator.lost_attempts or not run.spans:
                continue
            figures, sent_at = attempt.figures, world.dispatched_at[name]
            # more time than at first may come too late
            limit_us = min(figures.limit_s, run.launch.limit_s) * SECOND_US
            ran_us, had_us = run.ran_us(run.ended_at), run.ended_at - sent_at
            # it has its limit's time from its dispatch on, which is a minute late at most
            early = had_us < limit_us - EARLY_MOST_US
            if early and attempt.reason == "limit_time":
                yield f"{name} was stopped at its limit of {figures.limit_s} s after {had_us} us"
            # what a restored log has forgotten the end of is overdue one day, as it must be
            stopped = attempt.outcome != "lost" and sent_at >= world.operator.restored_at
            if early and stopped and run.cause == "cancelled" and attempt.stopping == "fenced":
                yield f"{name} was called overdue after {had_us} us of {figures.limit_s} s"
            if ran_us > max(figures.limit_s, run.launch.limit_s) * SECOND_US:
                yield f"{name} ran {ran_us} us, its limit is {figures.limit_s} s"
            if had_us > figures.end_at - figures.start_at + OVERRUN_MOST_US:
                yield f"{name} was there for {had_us} us, its limit is {figures.limit_s} s"


def one_at_a_time(world: World, platform: Platform) -> Iterator[str]:
    """No two attempts of a job ever run at once, on any machines, and none runs on that was given up as lost;
    but for those that a restored log lost."""
    spans: dict[str, list[tuple[int, int, str]]] = {}
    # what was decided and never came into the log was not given up
    lost = {name for name, attempt in platform.state.attempts.items() if attempt.outcome == "lost"}
    for agent in world.agents.values():
        for name, run in agent.runs():
            if not world.operator.is_lost(agent.name, run.launch.number):
                spans.setdefault(name.rpartition(".")[0], []).extend(spans_of(name, run))
                if (
                    name in lost
                    and run.spans
                    and run.spans[-1][1] > world.given_up_at.get(name, run.ended_at)
                ):
                    yield f"{name} ran until {run.spans[-1][1]}, given up at {world.given_up_at[name]}"
    for job, found in spans.items():
        ordered = sorted(found)
        for (_, until_at, one), (from_at, _, other) in pairwise(ordered):
            if from_at < until_at and one != other:
                yield f"{job}: {one} ran until {until_at}, {other} from {from_at}"


def spans_of(name: str, run: Run) -> list[tuple[int, int, str]]:
    """When it ran."""
    return [(from_at, to_at if to_at != OPEN else 2**62, name) for from_at, to_at in run.spans]


def log_holds(world: World) -> Iterator[str]:
    """The log gives the tree that grew with it, and the state that was lived in."""
    tree = GrowingTree("fault.test/log", SHA256)
    tree.append(world.log.records)
    if tree.head != world.log.tree.head:
        yield "the log is not what was appended"
    again = Platform()
    replay(again, world.log.records)
    writer = world.server.writer
    assert writer is not None
    if encode_snapshot(again) != encode_snapshot(writer.platform):
        yield "the log does not give the state that was lived in"
