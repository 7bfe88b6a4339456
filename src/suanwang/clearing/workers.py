"""Jobs that answer prices on Ray: each worker keeps one shard, prices go out and loads come back.

The shard of jobs travels once, through Ray's object store, where workers of one machine read it in place. A
step then sends the prices to all workers and gets from each the change of load by slot and column: on a Ray
of our own, which is this machine's, on a `Board`, else through the store. Loads are integers, so their sum is
the same for any number of workers, and the same as with threads.

A worker that dies is replaced, by Ray's choice of machine; the new one reads the shard from the store again
and the step is asked again. An answer depends on the shard and on what is asked alone, so asking twice is
harmless.
"""

import os
import pickle
import platform
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llvmlite
import msgspec
import numba
import numpy as np

from suanwang import __version__
from suanwang.clearing.board import Board
from suanwang.clearing.ground import Answers, Ground
from suanwang.clearing.prices import Asked, ThreadCrowd
from suanwang.clearing.problem import Int32Array, Problem
from suanwang.clearing.ray_cluster import Cluster, first_line, running_ray, too_few
from suanwang.clearing.shards import Shard, room_for
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.rounding import Int64Array
from suanwang.units.text import Text, same

DEATHS_MOST = 20
"""Workers that die so often die of their work."""
HIRE_SECONDS = 180.0
"""How long a cluster may take to start the workers."""
STORE_SPARE = 1.25
STEPS_HELD = 4
"""Steps whose prices and loads the store holds at a time, at most."""
INT32_MOST = 2**31 - 1


class Origin(msgspec.Struct, frozen=True):
    """What must agree between machines for answers to be the same to the last bit."""

    suanwang: str = __version__
    numpy: str = np.__version__
    numba: str = numba.__version__
    llvmlite: str = llvmlite.__version__


class Worker:
    """One shard and what it needs to answer; lives in a process of its own."""

    def __init__(self, ground: Ground, shard: Shard) -> None:
        columns = int(np.diff(ground.class_first).max(initial=1))
        entries = len(shard.entry)
        self.ground = ground
        self.shard = msgspec.structs.replace(
            shard,
            scratch=room_for(shard.tables, columns),
            answers=Answers(
                np.empty(entries, np.float32), np.empty(entries, np.int32), np.empty(entries, np.int32)
            ),
        )

    def origin(self) -> tuple[Origin, str, int]:
        """What runs here, on which machine, as which process."""
        return Origin(), platform.node(), os.getpid()

    def load(self, asked: Asked) -> Int64Array:
        """(slot + 1, column) change of load, milli-devices."""
        by_column = asked.prefix.T.copy()
        return self.shard.load(self.ground, asked.batch, asked.prefix, by_column, asked.weight, asked.noise)

    def answer(self, asked: Asked) -> Int64Array | Int32Array:
        """The load as it travels: in 32 bits where that is exact."""
        change_milli = self.load(asked)
        if max(change_milli.max(initial=0), -change_milli.min(initial=0)) <= INT32_MOST:
            return change_milli.astype(np.int32)
        return change_milli

    def answer_on(self, board: Board, batch: int, number: int) -> None:
        """Answer what the board asks, as worker `number` of it, there."""
        board.loads()[number] = self.load(board.question(batch))


class RayCrowd:
    """A `Crowd` of workers on Ray, one for each shard."""

    def __init__(self, cluster: Cluster, ground: Ground, shards: list[Shard]) -> None:
        ray = self.ray = cluster.ray
        self.folder = cluster.folder
        self.board: Board | None = None
        self.actor = ray.remote(num_cpus=1)(Worker)
        # Held here, so that they stay in the store for a worker that comes later.
        self.ground_at = ray.put(ground)
        self.shards_at = [ray.put(without_room(shard)) for shard in shards]
        self.workers = [self.actor.remote(self.ground_at, at) for at in self.shards_at]
        self.deaths = 0

    def meet(self) -> list[tuple[str, int]]:
        """Wait for the workers to start: the machine and the process of each.

        Raises Unsupported where they do not, or where what they run is not what runs here.
        """
        problem = self.ray.exceptions
        try:
            told = self.ray.get([worker.origin.remote() for worker in self.workers], timeout=HIRE_SECONDS)
        except problem.GetTimeoutError:
            processors = float(self.ray.cluster_resources().get("CPU", 0))
            raise too_few(len(self.workers), processors, HIRE_SECONDS) from None
        except (problem.RayActorError, problem.RuntimeEnvSetupError, ImportError) as error:
            raise strangers(first_line(error)) from None
        for origin, machine, _ in told:
            if origin != Origin():
                raise strangers(f"{machine}: {msgspec.json.encode(origin).decode()}")
        return [(machine, process) for _, machine, process in told]

    def answer(self, asked: Asked) -> Int64Array:
        """See `prices.Crowd`; the sum of all shards."""
        ask = self.by_store(asked) if self.folder is None else self.by_board(asked, self.folder)
        waiting = {ask(number): number for number in range(len(self.workers))}
        total_milli = np.zeros((1, *asked.prefix.shape), np.int64)
        while waiting:
            (done,), _ = self.ray.wait(list(waiting), num_returns=1)
            number = waiting.pop(done)
            try:
                told = self.ray.get(done)
            except self.ray.exceptions.RayActorError as error:
                self.replace(number, error)
                waiting[ask(number)] = number
            else:
                total_milli[0] += told if self.board is None else self.board.loads()[number]
        return total_milli

    def by_store(self, asked: Asked) -> Callable[[int], Any]:
        """How to ask a worker through Ray's object store."""
        at = self.ray.put(asked)
        return lambda number: self.workers[number].answer.remote(at)

    def by_board(self, asked: Asked, folder: str) -> Callable[[int], Any]:
        """How to ask a worker on a board, made in `folder` for the first question."""
        if self.board is None:
            path = str(Path(folder) / f"board-{secrets.token_hex(8)}")
            rows, columns = asked.prefix.shape
            self.board = Board(path, rows, columns, len(asked.noise), len(self.workers))
            self.board.make()
        board = self.board
        board.write(asked)
        return lambda number: self.workers[number].answer_on.remote(board, asked.batch, number)

    def replace(self, number: int, error: Exception) -> None:
        """A new worker in the place of one that died of `error`."""
        self.deaths += 1
        if self.deaths > DEATHS_MOST:
            raise worn_out(first_line(error)) from None
        self.workers[number] = self.actor.remote(self.ground_at, self.shards_at[number])

    def dismiss(self) -> None:
        """Let the workers go."""
        for worker in self.workers:
            self.ray.kill(worker)


@contextmanager
def hired(problem: Problem, ground: Ground, crowd: ThreadCrowd, address: str | None) -> Generator[RayCrowd]:
    """A worker for each shard of `crowd`, on a Ray of this machine or on the cluster at `address`."""
    cells = problem.supply.capacity_milli.size + problem.supply.columns
    with running_ray(len(crowd.shards), store_bytes(ground, crowd.shards, cells), address) as cluster:
        workers = RayCrowd(cluster, ground, crowd.shards)
        try:
            workers.meet()
            yield workers
        finally:
            workers.dismiss()


def without_room(shard: Shard) -> Shard:
    """The shard as it travels: without the room to work in, which each worker makes for itself."""
    return msgspec.structs.replace(
        shard,
        scratch=shard.scratch._make(np.empty((0,) * array.ndim, array.dtype) for array in shard.scratch),
        answers=shard.answers._make(np.empty(0, array.dtype) for array in shard.answers),
    )


def store_bytes(ground: Ground, shards: list[Shard], cells: int) -> int:
    """What the object store of one machine must hold: the ground, all shards, prices and loads of some steps.

    `cells`: numbers in the prices of a step.
    """
    buffers: list[pickle.PickleBuffer] = []
    pickle.dumps((ground, *map(without_room, shards)), protocol=5, buffer_callback=buffers.append)
    held = sum(buffer.raw().nbytes for buffer in buffers)
    return int(STORE_SPARE * held) + STEPS_HELD * (len(shards) + 1) * 8 * cells


def strangers(found: str) -> Unsupported:
    """The error that workers do not run what runs here."""
    fault = Fault(
        where="--workers",
        what=Text("workers do not run the same program as this machine", "工作进程运行的程序与本机不同"),
        found=found,
        expected=same(msgspec.json.encode(Origin()).decode()),
        remedy=Text(
            "install the same versions on every machine of the cluster, with requirements.lock",
            "在集群每台机器上按 requirements.lock 安装相同版本",
        ),
    )
    return Unsupported([fault])


def worn_out(found: str) -> Unsupported:
    """The error that a worker died again and again."""
    fault = Fault(
        where="--workers",
        what=Text(f"workers died {DEATHS_MOST + 1} times", f"工作进程已终止 {DEATHS_MOST + 1} 次"),
        found=found,
        remedy=Text(
            "more memory for each worker, or more workers, so that each keeps fewer jobs",
            "为每个工作进程提供更多内存，或增加工作进程以减少各自的作业",
        ),
    )
    return Unsupported([fault])
