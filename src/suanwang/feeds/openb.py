"""`scenario import openb`: the Alibaba 2023 GPU trace as a scenario.

The pipeline: read the two lists → give each task a run time → lay it on the horizon → draw nodes and spread
them over the reference sites → options, windows and values → scenario and report.
"""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.import_report import ClassLoad, Count, ImportChoices, ImportReport
from suanwang.feeds.openb_nodes import draw_nodes, pack_arrivals
from suanwang.feeds.openb_rules import ARRIVALS_RULE, QOS_RULES, RULES, TRACE_NOTES
from suanwang.feeds.openb_tables import QOS_CLASSES, Node, Task, read_openb
from suanwang.feeds.trace_horizon import (
    DAY_SECONDS,
    Accounts,
    Horizon,
    Int64Array,
    Placed,
    accounts,
    count,
    lay,
    mean_milli,
)
from suanwang.feeds.trace_network import TraceNetwork, jobs_frame
from suanwang.model.scenario import Scenario
from suanwang.units.text import Text

QUIET_SHARE = 0.005
"""The horizon begins on the day by which this share of the tasks was created: the months before are empty."""

DAY_ZERO = datetime(2023, 1, 1, tzinfo=timezone(timedelta(hours=8)))
"""The trace has no dates: its second 0 is taken as this midnight. Assumed."""


class Demand(msgspec.Struct, frozen=True):
    """Tasks in order of creation, as (task,) columns: times in seconds, demand in milli-devices of one class.

    `gpu`: whether it asks for GPUs (else for `cpu`). `unscheduled`, `running`: see the rules.
    """

    tasks: list[Task]
    release_s: Int64Array
    start_s: Int64Array
    run_s: Int64Array
    milli: Int64Array
    gpu: NDArray[np.bool_]
    qos: Int64Array
    unscheduled: NDArray[np.bool_]
    running: NDArray[np.bool_]
    end_s: int


def import_openb(files: list[Path], choices: ImportChoices) -> tuple[Scenario, ImportReport]:
    """The scenario of the trace in `files` (a node list and a task list) and the report of it.

    Raises InvalidInput with every fault of the files.
    """
    nodes, tasks = read_openb(files)
    demand = demand_of(tasks)
    first_day_s = int(np.quantile(demand.release_s, QUIET_SHARE, method="lower")) // DAY_SECONDS * DAY_SECONDS
    horizon = Horizon.of_span(first_day_s, demand.end_s, choices.days, choices.slot_minutes)
    if choices.arrivals_only:
        demand = staying(demand, horizon)
    placed = lay(horizon, demand.release_s, demand.start_s, demand.run_s, slack_of(demand, horizon, choices))
    no_node, no_time = without_node(demand, nodes), demand.run_s <= 0
    dropped = [
        (
            "no node",
            Text("no node of the trace is large enough, or of its model", "没有足够大或型号相符的节点"),
            no_node,
        ),
        ("no run time", Text("took no time, or none is known", "运行时间为零或未知"), no_time),
    ]
    balance = accounts(placed, dropped, demand.milli)
    kept_nodes, loads = nodes_for_load(nodes, demand, placed, balance, horizon, choices)
    network = TraceNetwork()
    scenario = network.scenario(
        "openb",
        DAY_ZERO + timedelta(seconds=horizon.first_s),
        horizon,
        network.spread(machines_of(kept_nodes), choices.seed),
        jobs_of(demand, placed, balance, kept_nodes, choices, network),
    )
    packing = (
        pack_arrivals(kept_nodes, [demand.tasks[index] for index in np.flatnonzero(balance.which)])
        if choices.arrivals_only
        else None
    )
    return scenario, ImportReport(
        source="openb",
        files=tuple(file.name for file in files),
        read=balance.read,
        kept=balance.kept,
        dropped=balance.dropped,
        cut=balance.cut,
        changed=changes(demand, placed, balance, horizon, choices),
        loads=loads,
        rules=(ARRIVALS_RULE, *RULES[-2:]) if choices.arrivals_only else RULES,
        notes=notes(kept_nodes, network),
        packing=packing,
        slot_minutes=choices.slot_minutes,
        slots=horizon.slots,
        seed=choices.seed,
    )


def demand_of(tasks: list[Task]) -> Demand:
    """The tasks with a run time each: seen, cut by the end of the trace, or the median of their class."""
    tasks = sorted(tasks, key=lambda task: (task.creation_s, task.name))
    ends = [task.deletion_s for task in tasks if task.deletion_s is not None]
    end_s = max(ends + [task.creation_s + 1 for task in tasks])
    release_s = np.asarray([task.creation_s for task in tasks], np.int64)
    unscheduled = np.asarray([task.scheduled_s is None for task in tasks], np.bool_)
    start_s = np.asarray(
        [task.creation_s if task.scheduled_s is None else task.scheduled_s for task in tasks], np.int64
    )
    deletion_s = np.asarray(
        [end_s if task.deletion_s is None else task.deletion_s for task in tasks], np.int64
    )
    qos = np.asarray([QOS_CLASSES.index(task.qos) for task in tasks], np.int64)
    run_s = deletion_s - start_s
    for index in range(len(QOS_CLASSES)):
        ran = ~unscheduled & (qos == index)
        ran = ran if ran.any() else ~unscheduled
        middle = int(np.median(run_s[ran])) if ran.any() else 0
        run_s = np.where(unscheduled & (qos == index), middle, run_s)
    gpu = np.asarray([task.gpus > 0 for task in tasks], np.bool_)
    milli = [task.gpus * task.gpu_milli if task.gpus else task.cpu_milli for task in tasks]
    running = ~unscheduled & (deletion_s >= end_s)
    return Demand(
        tasks, release_s, start_s, run_s, np.asarray(milli, np.int64), gpu, qos, unscheduled, running, end_s
    )


def staying(demand: Demand, horizon: Horizon) -> Demand:
    """The demand when nothing leaves: every task from its creation (or the first slot) to the last slot."""
    release_s = np.maximum(demand.release_s, horizon.first_s)
    end_s = horizon.first_s + horizon.slots * horizon.slot_seconds
    run_s = np.maximum(end_s - release_s, 1)
    return msgspec.structs.replace(demand, release_s=release_s, start_s=release_s, run_s=run_s)


def slack_of(demand: Demand, horizon: Horizon, choices: ImportChoices) -> Int64Array:
    """(task,) slots of a task's window beyond its run, by its QoS class; none when nothing leaves."""
    minutes = np.asarray([QOS_RULES[name].slack_minutes for name in QOS_CLASSES], np.int64)
    slack = -(-minutes * 60 // horizon.slot_seconds)[demand.qos]
    return slack * 0 if choices.arrivals_only else slack


def without_node(demand: Demand, nodes: list[Node]) -> NDArray[np.bool_]:
    """(task,) whether no node of the list could ever hold it."""
    sizes = largest_sizes(nodes)
    return np.asarray([not models_for(task, sizes) for task in demand.tasks], np.bool_)


def largest_sizes(nodes: list[Node]) -> dict[str, int]:
    """The largest node of each class in milli-devices: GPU models, and `cpu`."""
    sizes: dict[str, int] = {}
    for device, milli in machines_of(nodes):
        sizes[device] = max(sizes.get(device, 0), milli)
    return sizes


def machines_of(nodes: list[Node]) -> list[tuple[str, int]]:
    """Every node as (device, milli-devices). Cores count where a node has no GPU, or all have."""
    separate = any(node.gpus == 0 for node in nodes)
    machines = [(node.model, node.gpus * 1000) for node in nodes if node.gpus]
    return machines + [
        ("cpu", node.cpu_milli) for node in nodes if node.cpu_milli and (node.gpus == 0 or not separate)
    ]


def models_for(task: Task, sizes: dict[str, int]) -> list[str]:
    """The device classes with nodes that can hold the task, in alphabetical order."""
    if task.gpus == 0:
        return ["cpu"] if sizes.get("cpu", 0) >= task.cpu_milli else []
    need = task.gpus * task.gpu_milli
    return sorted(
        model
        for model, size in sizes.items()
        if model != "cpu" and size >= need and (not task.models or model in task.models)
    )


def nodes_for_load(
    nodes: list[Node],
    demand: Demand,
    placed: Placed,
    balance: Accounts,
    horizon: Horizon,
    choices: ImportChoices,
) -> tuple[list[Node], tuple[ClassLoad, ...]]:
    """The nodes that make mean demand the asked share of capacity, for GPUs and for cores apart."""
    separate = any(node.gpus == 0 for node in nodes)
    chosen: list[Node] = []
    loads: list[ClassLoad] = []
    for label, wants_gpu in (("gpu", True), ("cpu", False)):
        group = [node for node in nodes if (node.gpus > 0) == (wants_gpu or not separate)]
        sizes = np.asarray([node.gpus * 1000 if wants_gpu else node.cpu_milli for node in group], np.int64)
        mine = balance.which & (demand.gpu == wants_gpu)
        slots_milli = int((demand.milli * placed.duration)[mine].sum())
        taken = np.arange(len(group))
        # Cores of GPU nodes are only drawn with their GPUs: where no node is without, `cpu` keeps its share.
        if choices.load is not None and len(group) and (wants_gpu or separate):
            needs = needs_of([demand.tasks[index] for index in np.flatnonzero(mine)], group, sizes)
            taken = draw_nodes(sizes, slots_milli / horizon.slots / choices.load, needs, choices.seed)
        if wants_gpu or separate:
            chosen += [group[index] for index in taken]
        else:
            sizes = np.asarray([node.cpu_milli for node in chosen], np.int64)
            taken = np.arange(len(chosen))
        running = mean_milli(placed, demand.run_s, demand.milli, mine, horizon)
        before, after = int(sizes.sum()), int(sizes[taken].sum())
        if before or slots_milli:
            loads.append(
                ClassLoad(
                    label,
                    before / 1000,
                    after / 1000,
                    running / before if before else None,
                    slots_milli / horizon.slots / after if after else None,
                )
            )
    return chosen, tuple(loads)


def needs_of(tasks: list[Task], nodes: list[Node], sizes_milli: Int64Array) -> list[NDArray[np.bool_]]:
    """(node,) which nodes could hold each distinct request among `tasks`: its models and its size."""
    models = np.asarray([node.model for node in nodes])
    requests = {
        (task.models, task.gpus * task.gpu_milli) if task.gpus else ((), task.cpu_milli) for task in tasks
    }
    return [
        (sizes_milli >= need) & (np.isin(models, accepted) if accepted else True)
        for accepted, need in sorted(requests)
    ]


def jobs_of(
    demand: Demand,
    placed: Placed,
    balance: Accounts,
    nodes: list[Node],
    choices: ImportChoices,
    network: TraceNetwork,
) -> pl.DataFrame:
    """The jobs table of the kept tasks."""
    sizes = largest_sizes(nodes)
    totals: dict[str, int] = {}
    for device, milli in machines_of(nodes):
        totals[device] = totals.get(device, 0) + milli
    draws = np.random.default_rng([choices.seed, 3]).random(len(demand.tasks))
    regions = network.users(len(demand.tasks), choices.seed)
    which = np.flatnonzero(balance.which)
    options: list[str] = []
    values: list[int] = []
    for index in which:
        task = demand.tasks[index]
        slots = int(placed.duration[index])
        models = first_drawn(models_for(task, sizes), totals, float(draws[index]))
        units = f"{int(demand.milli[index]) / 1000:.3f}".rstrip("0").rstrip(".")
        options.append(";".join(f"{model}:{units}:{slots}" for model in models))
        hour_micro = max(network.devices[model].dear_hour_micro for model in models)
        factor = QOS_RULES[task.qos].value_factor
        milli_minutes = int(demand.milli[index]) * slots * choices.slot_minutes
        values.append(-(-hour_micro * milli_minutes * factor // 60_000))
    return jobs_frame(
        {
            "job": [demand.tasks[index].name for index in which],
            "release_slot": placed.release[which],
            "deadline_slot": placed.deadline[which],
            "options": options,
            "region": [regions[index] for index in which],
            "value_micro": values,
        }
    )


def first_drawn(models: list[str], totals: dict[str, int], draw: float) -> list[str]:
    """`models` with the one first that `draw` in [0, 1) picks in proportion to its devices.

    So that the first options, by which a scenario's load is reckoned, fall on the classes as devices do.
    """
    weights = np.cumsum([totals[model] for model in models])
    first = int(np.searchsorted(weights, draw * weights[-1], side="right"))
    return [models[first], *models[:first], *models[first + 1 :]]


def changes(
    demand: Demand, placed: Placed, balance: Accounts, horizon: Horizon, choices: ImportChoices
) -> tuple[Count, ...]:
    """How many kept tasks are otherwise than the trace has them; when nothing leaves, all are."""
    if choices.arrivals_only:
        return ()
    early = demand.release_s < horizon.first_s
    rounded = placed.duration * horizon.slot_seconds - demand.run_s
    kept = balance.which
    added = int((demand.milli * np.maximum(rounded, 0))[kept].sum()) // horizon.slot_seconds
    found = [
        count(kind, about, kept & which, demand.milli, placed.duration)
        for kind, about, which in (
            (
                "unscheduled",
                Text("never scheduled: median run time of its class", "从未调度：取同类运行时间中位数"),
                demand.unscheduled,
            ),
            (
                "running",
                Text("still running at the end: what was seen", "轨迹结束时仍在运行：取已见部分"),
                demand.running,
            ),
            (
                "carried",
                Text("began before the horizon: what was left", "时间范围之前开始：取剩余部分"),
                early,
            ),
        )
    ]
    found.append(
        Count(
            "rounded",
            Text("rounded up to whole slots (device-slots added)", "向上取整到时段（增加的卡时段）"),
            int((kept & (rounded > 0)).sum()),
            added,
        )
    )
    return tuple(line for line in found if line.jobs)


def notes(nodes: list[Node], network: TraceNetwork) -> tuple[Text, ...]:
    """What a reader must know about this trace."""
    unknown = sorted({node.model for node in nodes if node.gpus and not network.devices[node.model].known})
    if not unknown:
        return TRACE_NOTES
    names = ", ".join(unknown)
    return (
        *TRACE_NOTES,
        Text(
            f"models without figures, taken as a middling card: {names}", f"缺少参数的型号按中等卡计：{names}"
        ),
    )
