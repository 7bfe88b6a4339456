"""`scenario import swf`: a log in the Standard Workload Format as a scenario of `cpu` jobs.

The pipeline: read the log → a run time and processors for each job → lay it on the horizon → one machine a
partition, at the size of the header or at the load asked for → scenario and report.
"""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.import_report import ClassLoad, Count, ImportChoices, ImportReport
from suanwang.feeds.swf_log import CANCELLED, PARTIAL, SwfLog, read_swf
from suanwang.feeds.swf_rules import (
    BATCH_FACTOR,
    BATCH_SLACK_S,
    INTERACTIVE_FACTOR,
    INTERACTIVE_QUEUE,
    INTERACTIVE_SLACK_S,
    LOG_NOTES,
    RULES,
)
from suanwang.feeds.trace_horizon import (
    Accounts,
    Horizon,
    Int64Array,
    Placed,
    accounts,
    count,
    lay,
    mean_milli,
)
from suanwang.feeds.trace_network import NodeGroup, TraceNetwork, jobs_frame
from suanwang.model.scenario import Scenario
from suanwang.units.text import Text

LOAD_TOLERANCE = 0.002
LOAD_TRIALS = 24

CHINA = timezone(timedelta(hours=8))


class Machine(msgspec.Struct, frozen=True):
    """The machine of one partition: its processors and how many stand in one node."""

    partition: int
    processors: int
    per_node: int


class Work(msgspec.Struct, frozen=True):
    """(job,) columns of a log in order of submission, seconds from the scenario's first hour."""

    name: list[str]
    release_s: Int64Array
    start_s: Int64Array
    run_s: Int64Array
    processors: Int64Array
    partition: Int64Array
    interactive: NDArray[np.bool_]
    dropped: list[tuple[str, Text, NDArray[np.bool_]]]
    requested: NDArray[np.bool_]
    preceded: NDArray[np.bool_]

    @property
    def milli(self) -> Int64Array:
        """Processors in thousandths."""
        return self.processors * 1000


def import_swf(files: list[Path], choices: ImportChoices) -> tuple[Scenario, ImportReport]:
    """The scenario of the log in the one file of `files`, and the report of it.

    Raises InvalidInput with every wrong line of the log.
    """
    log = read_swf(files[0])
    start, offset_s = clock(log)
    work = work_of(log, offset_s)
    machines, size_note = machines_of(log, work)
    dropped = dropped_of(work, machines)
    laid = laid_out(work, dropped, choices)
    capacity = sum(machine.processors for machine in machines)
    running = mean_milli(laid.placed, work.run_s, work.milli, laid.balance.which, laid.horizon)
    before = running / 1000 / capacity
    if choices.load is not None:
        work, laid = at_load(work, dropped, capacity, choices, choices.load)
    horizon, placed, balance = laid.horizon, laid.placed, laid.balance
    loads = ClassLoad("cpu", float(capacity), float(capacity), before, laid.mean_processors(work) / capacity)
    network = TraceNetwork()
    return (
        network.scenario(
            files[0].name.split(".swf")[0],
            start,
            horizon,
            groups_of(machines, len(network.sites), choices.seed),
            jobs_of(work, placed, balance, machines, choices, network),
        ),
        ImportReport(
            source="swf",
            files=tuple(file.name for file in files),
            read=balance.read,
            kept=balance.kept,
            dropped=balance.dropped,
            cut=balance.cut,
            changed=changes(work, placed, balance, horizon),
            loads=(loads,),
            rules=RULES,
            notes=(*size_note, *LOG_NOTES),
            packing=None,
            slot_minutes=choices.slot_minutes,
            slots=horizon.slots,
            seed=choices.seed,
        ),
    )


def clock(log: SwfLog) -> tuple[datetime, int]:
    """The scenario's start, and how many seconds the log's second 0 lies after it.

    The wall clock where the machine stood (UnixStartTime with TimeZone) is kept as the local clock here, so
    that day and night stay what they were; the start is its full hour. Without them, 2023-01-01.
    """
    if "UnixStartTime" not in log.numbers:
        return datetime(2023, 1, 1, tzinfo=CHINA), 0
    wall = datetime.fromtimestamp(0, UTC) + timedelta(
        seconds=log.numbers["UnixStartTime"] + log.numbers.get("TimeZone", 0)
    )
    hour = wall.replace(minute=0, second=0, microsecond=0)
    return hour.replace(tzinfo=CHINA), int((wall - hour).total_seconds())


def work_of(log: SwfLog, offset_s: int) -> Work:
    """Each line's run and processors by the rules, with the reasons for which lines are dropped."""
    order = np.lexsort((log["job"], log["submit_s"]))
    field = {name: column[order] for name, column in log.columns.items()}
    processors = np.where(field["processors"] > 0, field["processors"], field["requested_processors"])
    submit = np.floor(field["submit_s"]).astype(np.int64) + offset_s
    partial = np.isin(field["status"], PARTIAL)
    never = (field["status"] == CANCELLED) & (field["run_s"] <= 0)
    return Work(
        name=[f"{number:.0f}" for number in field["job"]],
        release_s=submit,
        start_s=submit + np.maximum(np.ceil(field["wait_s"]), 0).astype(np.int64),
        run_s=np.maximum(np.ceil(field["run_s"]), 0).astype(np.int64),
        processors=np.maximum(np.ceil(processors), 0).astype(np.int64),
        partition=np.maximum(field["partition"], -1).astype(np.int64),
        interactive=field["queue"] == INTERACTIVE_QUEUE,
        dropped=[
            (
                "partial",
                Text("one burst of a job that has a line of its own", "作业的部分执行，另有整行"),
                partial,
            ),
            ("cancelled", Text("cancelled before it started", "开始前已取消"), never),
            ("run time", Text("run time not known", "运行时间未知"), field["run_s"] < 0),
            ("no time", Text("run time zero", "运行时间为零"), field["run_s"] == 0),
            ("processors", Text("processors not known", "处理器数未知"), processors <= 0),
        ],
        requested=field["requested_s"] > 0,
        preceded=field["preceding_job"] > 0,
    )


def machines_of(log: SwfLog, work: Work) -> tuple[list[Machine], tuple[Text, ...]]:
    """One machine for each partition the log names, or one for all; with a note where a size is a guess.

    The header tells the size of the whole; of partitions, and without a header, the size is the most
    processors that ran at once.
    """
    named = sorted({int(number) for number in work.partition if number > 0})
    most = log.numbers.get("MaxProcs") or log.numbers.get("MaxNodes")
    nodes = log.numbers.get("MaxNodes")
    per_node = most // nodes if most and nodes and most % nodes == 0 else 1
    if len(named) <= 1 and most:
        return [Machine(-1, most, per_node)], ()
    groups = [(number, work.partition == number) for number in named] if len(named) > 1 else []
    if not groups:
        groups = [(-1, np.ones(len(work.name), np.bool_))]
    else:
        # Jobs without a partition run on the first.
        groups[0] = (groups[0][0], ~np.isin(work.partition, named[1:]))
    machines = [
        Machine(number, -(-busiest(work, which) // per_node) * per_node, per_node) for number, which in groups
    ]
    return machines, (
        Text(
            "The log does not tell the size of each machine: it is the most processors that ran at once.",
            "日志未给出各机器规模：取同时运行的最多处理器数。",
        ),
    )


def busiest(work: Work, which: NDArray[np.bool_]) -> int:
    """The most processors of `which` that run at once, at least those of the largest job."""
    begin, end, size = work.start_s[which], (work.start_s + work.run_s)[which], work.processors[which]
    instants = np.concatenate([end, begin])
    steps = np.concatenate([-size, size])
    order = np.lexsort((steps, instants))
    return max(int(np.cumsum(steps[order]).max(initial=1)), int(size.max(initial=1)))


def dropped_of(work: Work, machines: list[Machine]) -> list[tuple[str, Text, NDArray[np.bool_]]]:
    """The reasons to drop a job, the last being that no machine is as large."""
    largest = max(machine.processors for machine in machines)
    return [
        *work.dropped,
        ("too large", Text("larger than the machine", "超过机器规模"), work.processors > largest),
    ]


class Laid(msgspec.Struct, frozen=True):
    """Work laid on a horizon, with its balance."""

    horizon: Horizon
    placed: Placed
    balance: Accounts

    def mean_processors(self, work: Work) -> float:
        """Processors that the kept jobs ask for, mean over the horizon."""
        return int((work.processors * self.placed.duration)[self.balance.which].sum()) / self.horizon.slots


def laid_out(work: Work, dropped: list[tuple[str, Text, NDArray[np.bool_]]], choices: ImportChoices) -> Laid:
    """The work laid on the horizon from the log's start to its last end, or for the days asked for."""
    last_s = int((work.start_s + np.maximum(work.run_s, 1)).max())
    horizon = Horizon.of_span(0, last_s, choices.days, choices.slot_minutes)
    slack_s = np.where(work.interactive, INTERACTIVE_SLACK_S, BATCH_SLACK_S)
    slack = -(-np.maximum(slack_s, work.start_s - work.release_s) // horizon.slot_seconds)
    placed = lay(horizon, work.release_s, work.start_s, work.run_s, slack)
    return Laid(horizon, placed, accounts(placed, dropped, work.milli))


def at_load(
    work: Work,
    dropped: list[tuple[str, Text, NDArray[np.bool_]]],
    capacity: int,
    choices: ImportChoices,
    load: float,
) -> tuple[Work, Laid]:
    """The work with the times between submissions stretched alike until mean demand is `load` of capacity.

    The horizon shrinks or grows with them, so the factor is found by trials; runs and waits stay.
    """
    factor, moved, laid = 1.0, work, laid_out(work, dropped, choices)
    for _ in range(LOAD_TRIALS):
        reached = laid.mean_processors(moved) / capacity
        if abs(reached - load) <= LOAD_TOLERANCE * load or reached == 0:
            break
        factor *= reached / load
        release_s = np.rint(work.release_s * factor).astype(np.int64)
        moved = msgspec.structs.replace(
            work, release_s=release_s, start_s=release_s + (work.start_s - work.release_s)
        )
        laid = laid_out(moved, dropped, choices)
    return moved, laid


def groups_of(machines: list[Machine], sites: int, seed: int) -> list[NodeGroup]:
    """The machines at reference sites drawn by `seed`, no two at one site while there are sites left."""
    order = np.random.default_rng([seed, 4]).permutation(sites)
    groups = [
        NodeGroup(
            int(order[index % sites]),
            "cpu",
            machine.per_node * 1000,
            machine.processors // machine.per_node,
        )
        for index, machine in enumerate(machines)
    ]
    merged: dict[tuple[int, int], NodeGroup] = {}
    for group in groups:
        key = (group.site, group.per_node_milli)
        nodes = group.nodes + (merged[key].nodes if key in merged else 0)
        merged[key] = msgspec.structs.replace(group, nodes=nodes)
    return [merged[key] for key in sorted(merged)]


def option_of(processors: int, per_node: int, slots: int) -> str:
    """`cpu` for `processors` on the fewest nodes of `per_node` that share them evenly."""
    nodes = -(-processors // per_node)
    while processors % nodes:
        nodes += 1
    return (
        f"cpu:{processors // nodes}:{slots}" if nodes == 1 else f"cpu:{processors // nodes}x{nodes}:{slots}"
    )


def jobs_of(
    work: Work,
    placed: Placed,
    balance: Accounts,
    machines: list[Machine],
    choices: ImportChoices,
    network: TraceNetwork,
) -> pl.DataFrame:
    """The jobs table of the kept jobs."""
    which = np.flatnonzero(balance.which)
    regions = network.users(len(work.name), choices.seed)
    per_node = min(machine.per_node for machine in machines)
    slot_micro = network.devices["cpu"].dear_hour_micro * choices.slot_minutes
    factor = np.where(work.interactive, INTERACTIVE_FACTOR, BATCH_FACTOR)
    value_micro = -(-slot_micro * work.processors * placed.duration * factor // 60)
    return jobs_frame(
        {
            "job": [f"swf-{work.name[index]}" for index in which],
            "release_slot": placed.release[which],
            "deadline_slot": placed.deadline[which],
            "options": [
                option_of(int(work.processors[index]), per_node, int(placed.duration[index]))
                for index in which
            ],
            "region": [regions[index] for index in which],
            "value_micro": value_micro[which],
        }
    )


def changes(work: Work, placed: Placed, balance: Accounts, horizon: Horizon) -> tuple[Count, ...]:
    """How many kept jobs are otherwise than the log has them."""
    kept = balance.which
    over_s = placed.duration * horizon.slot_seconds - work.run_s
    added = int((work.milli * np.maximum(over_s, 0))[kept].sum()) // horizon.slot_seconds
    found = [
        Count(
            "rounded",
            Text("rounded up to whole slots (device-slots added)", "向上取整到时段（增加的卡时段）"),
            int((kept & (over_s > 0)).sum()),
            added,
        ),
        count(
            "preceded",
            Text("waited for another job: not modelled", "依赖其他作业：不建模"),
            kept & work.preceded,
            work.milli,
            placed.duration,
        ),
        count(
            "requested",
            Text("a requested time is there, not used", "有申请时间，未使用"),
            kept & work.requested,
            work.milli,
            placed.duration,
        ),
    ]
    return tuple(line for line in found if line.jobs)
