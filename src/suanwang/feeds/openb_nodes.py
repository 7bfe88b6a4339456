"""Nodes of the GPU trace: drawn by seed to a load, and filled as whole nodes when nothing leaves."""

import numpy as np
from numpy.typing import NDArray

from suanwang.feeds.import_report import Packing
from suanwang.feeds.openb_tables import WHOLE_CARD_MILLI, Node, Task

Int64Array = NDArray[np.int64]


def draw_nodes(
    sizes_milli: Int64Array, wanted_milli: float, needs: list[NDArray[np.bool_]], seed: int
) -> Int64Array:
    """Indices (sorted) of nodes drawn by `seed` until their `sizes_milli` come nearest to `wanted_milli`.

    `needs`: (node,) which nodes could hold each kind of task; one for each is taken first, so that every
    task keeps a place. The others are taken in a random order; one that would overshoot is passed over, so
    small nodes fill the rest.
    """
    order = np.random.default_rng([seed, 1]).permutation(len(sizes_milli))
    taken = np.zeros(len(sizes_milli), np.bool_)
    for holds in sorted(needs, key=lambda mask: int(mask.sum())):
        if not taken[holds].any():
            taken[order[holds[order]][0]] = True
    held = int(sizes_milli[taken].sum())
    for index in order[~taken[order]]:
        if held + sizes_milli[index] <= wanted_milli:
            taken[index] = True
            held += int(sizes_milli[index])
    passed = np.flatnonzero(~taken)
    if passed.size:
        nearest = passed[np.argmin(sizes_milli[passed])]
        if abs(held + sizes_milli[nearest] - wanted_milli) < abs(held - wanted_milli):
            taken[nearest] = True
    return np.flatnonzero(taken)


def pack_arrivals(nodes: list[Node], tasks: list[Task]) -> Packing:
    """Best fit of `tasks` (in order of arrival) on whole `nodes`, nothing ever leaving.

    A task fits a node with its cores, memory, model and cards: a share lies on one card, several cards are
    free whole. It takes the node where the fewest GPU shares stay free, then the fewest cores, then the
    first. Tasks without a GPU take nodes without one, where there are any, as in the pools.
    """
    cores = np.asarray([node.cpu_milli for node in nodes], np.int64)
    memory = np.asarray([node.memory_mib for node in nodes], np.int64)
    counts = np.asarray([node.gpus for node in nodes], np.int64)
    models = np.asarray([node.model for node in nodes])
    cards = np.where(np.arange(max(counts.max(), 1))[None, :] < counts[:, None], WHOLE_CARD_MILLI, 0)
    separate = bool((counts == 0).any())
    total = int(counts.sum()) * WHOLE_CARD_MILLI
    asked = allocated = placed = 0
    first_refused: float | None = None
    for task in tasks:
        need = task.gpus * task.gpu_milli
        asked += need
        fits = (cores >= task.cpu_milli) & (memory >= task.memory_mib)
        if task.gpus == 0:
            fits &= (counts == 0) if separate else True
        elif task.gpus == 1:
            fits &= (cards >= task.gpu_milli).any(axis=1)
        else:
            fits &= (cards == WHOLE_CARD_MILLI).sum(axis=1) >= task.gpus
        if task.models:
            fits &= np.isin(models, task.models)
        found = np.flatnonzero(fits)
        if not found.size:
            if need and first_refused is None:
                first_refused = allocated / total if total else 0.0
            continue
        best = found[np.lexsort((cores[found], cards[found].sum(axis=1)))[0]]
        cores[best] -= task.cpu_milli
        memory[best] -= task.memory_mib
        take_cards(cards[best], task)
        placed += 1
        allocated += need
    return Packing(
        gpus=int(counts.sum()),
        asked_share=asked / total if total else 0.0,
        allocated_share=allocated / total if total else 0.0,
        first_refused_share=first_refused,
        tasks_placed=placed,
        tasks_refused=len(tasks) - placed,
    )


def take_cards(cards: Int64Array, task: Task) -> None:
    """Take the task's share from the fullest card that holds it, or its whole cards from the first free."""
    if task.gpus == 1:
        fitting = np.flatnonzero(cards >= task.gpu_milli)
        cards[fitting[np.argmin(cards[fitting])]] -= task.gpu_milli
    elif task.gpus > 1:
        cards[np.flatnonzero(cards == WHOLE_CARD_MILLI)[: task.gpus]] = 0
