"""Jobs that answer prices on Ray: each worker keeps one shard, prices go out and loads come back.

The shard of jobs travels once, through Ray's object store, where workers of one machine read it in place. A
step then sends the prices to all workers and gets from each the change of load by slot and column: on a Ray
of our own, which is this machine's, on a `Board`, beside which each worker waits for its `Doorbell`; else by
calls, through the store. Loads are integers, so their sum is the same for any number of workers, and the same
as with threads.

A worker that dies is replaced, by Ray's choice of machine; the new one reads the shard from the store again
and the step is asked again. An answer depends on the shard and on what is asked alone, so asking twice is
harmless.
"""

import os
import pickle
import platform
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import llvmlite
import msgspec
import numba
import numpy as np

from suanwang import __version__
from suanwang.clearing.board import Board
from suanwang.clearing.doorbell import Doorbell
from suanwang.clearing.ground import Answers, Ground
from suanwang.clearing.prices import Asked, ThreadCrowd
from suanwang.clearing.problem import Int32Array
from suanwang.clearing.ray_cluster import Cluster, first_line, running_ray, too_few
from suanwang.clearing.shards import Shard, room_for
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.rounding import Int64Array
from suanwang.units.text import Text, same

DEATHS_MOST = 20
"""Workers that die so often die of their work."""
HIRE_SECONDS = 180.0
"""How long a cluster may take to start the workers."""
PATIENCE_SECONDS = 0.2
"""Where no worker rings for so long, it is asked whether all are alive."""
STORE_SPARE = 1.5
"""Ray begins to write objects to disk where four fifths of its store are full."""
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

    def serve(self, board: Board, number: int, bell: str, told: str) -> NoReturn:
        """Answer what the board asks, there, as worker `number`, whenever it rings, and ring in return.

        `bell`: FIFO on which it rings with a step and its batch. `told`: FIFO for the step and `number`.
        """
        asked, answered = Doorbell(bell), Doorbell(told)
        while True:
            step, batch = asked.wait()
            board.loads()[number] = self.load(board.question(batch))
            answered.ring(step, number)


class Counter:
    """Where workers of one machine serve: a board, a bell for each of them, and one that they ring."""

    def __init__(self, folder: str, asked: Asked, workers: list[Any]) -> None:
        """`asked`: a question, for its shape. The files lie in a folder of their own in `folder`."""
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        rows, columns = asked.prefix.shape
        self.board = Board(str(self.folder / "board"), rows, columns, len(asked.noise), len(workers))
        self.board.make()
        self.told = Doorbell(str(self.folder / "told"))
        self.bells: dict[int, Doorbell] = {}
        self.serving: dict[Any, int] = {}
        self.step = self.employed = 0
        for number, worker in enumerate(workers):
            self.employ(number, worker)

    def employ(self, number: int, worker: Any) -> None:
        """Let a worker serve as `number`, with a bell of its own: nobody answers what another was asked."""
        self.employed += 1
        path = str(self.folder / f"bell-{self.employed}")
        if number in self.bells:
            self.bells[number].close()
        self.bells[number] = Doorbell(path)
        serving = worker.serve.remote(self.board, number, path, str(self.folder / "told"))
        self.serving[serving] = number

    def ask(self, asked: Asked) -> None:
        """Put the question of the next step to all."""
        self.step += 1
        self.board.write(asked)
        for number in self.bells:
            self.ring(number, asked)

    def ring(self, number: int, asked: Asked) -> None:
        """Call one worker to the board."""
        self.bells[number].ring(self.step, asked.batch)

    def close(self) -> None:
        """Lets go of the bells; the files go with the folder of Ray's."""
        for bell in (self.told, *self.bells.values()):
            bell.close()


class RayCrowd:
    """A `Crowd` of workers on Ray, one for each shard."""

    def __init__(self, cluster: Cluster, ground: Ground, shards: list[Shard]) -> None:
        ray = self.ray = cluster.ray
        self.folder = cluster.folder
        self.counter: Counter | None = None
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
        """See `prices.Crowd`."""
        return self.by_calls(asked) if self.folder is None else self.by_board(asked, self.folder)

    def by_calls(self, asked: Asked) -> Int64Array:
        """The answer through Ray's object store: the sum of all shards."""
        at = self.ray.put(asked)
        waiting = {worker.answer.remote(at): number for number, worker in enumerate(self.workers)}
        total_milli = np.zeros((1, *asked.prefix.shape), np.int64)
        while waiting:
            (done,), _ = self.ray.wait(list(waiting), num_returns=1)
            number = waiting.pop(done)
            try:
                total_milli[0] += self.ray.get(done)
            except self.ray.exceptions.RayActorError as error:
                self.replace(number, error)
                waiting[self.workers[number].answer.remote(at)] = number
        return total_milli

    def by_board(self, asked: Asked, folder: str) -> Int64Array:
        """The answer on a board, set up in `folder` for the first question; there until the next one."""
        if self.counter is None:
            self.counter = Counter(folder, asked, self.workers)
        counter = self.counter
        counter.ask(asked)
        waiting = set(range(len(self.workers)))
        while waiting:
            told = counter.told.wait_for(PATIENCE_SECONDS)
            # a ring for an earlier step may come from one who was asked twice
            if told is not None and told[0] == counter.step:
                waiting.discard(told[1])
            for number in self.fallen(counter) if told is None else ():
                counter.employ(number, self.workers[number])
                if number in waiting:
                    counter.ring(number, asked)
        return counter.board.loads()

    def fallen(self, counter: Counter) -> list[int]:
        """Which workers died as they served; others stand in their places."""
        done, _ = self.ray.wait(list(counter.serving), num_returns=len(counter.serving), timeout=0)
        numbers: list[int] = []
        for ended in done:
            numbers.append(counter.serving.pop(ended))
            try:
                self.ray.get(ended)
            except self.ray.exceptions.RayActorError as error:
                self.replace(numbers[-1], error)
        return numbers

    def replace(self, number: int, error: Exception) -> None:
        """A new worker in the place of one that died of `error`."""
        self.deaths += 1
        if self.deaths > DEATHS_MOST:
            raise worn_out(first_line(error)) from None
        # should it live after all, it is not to write where the new one does
        self.ray.kill(self.workers[number])
        self.workers[number] = self.actor.remote(self.ground_at, self.shards_at[number])

    def dismiss(self) -> None:
        """Let the workers go."""
        for worker in self.workers:
            self.ray.kill(worker)
        if self.counter is not None:
            self.counter.close()


@contextmanager
def hired(ground: Ground, crowd: ThreadCrowd, address: str | None) -> Generator[RayCrowd]:
    """A worker for each shard of `crowd`, on a Ray of this machine or on the cluster at `address`."""
    with running_ray(len(crowd.shards), store_bytes(ground, crowd.shards), address) as cluster:
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


def store_bytes(ground: Ground, shards: list[Shard]) -> int:
    """What the object store of a Ray of our own must hold: the ground and all shards."""
    buffers: list[pickle.PickleBuffer] = []
    pickle.dumps((ground, *map(without_room, shards)), protocol=5, buffer_callback=buffers.append)
    return int(STORE_SPARE * sum(buffer.raw().nbytes for buffer in buffers))


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
