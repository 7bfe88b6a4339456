"""The Ray driver: attempts as detached actors that hold the devices; the folder tells how they fare.

Not through Ray's Jobs API: that needs the dashboard, which `ray` alone does not install, and knows neither
gangs nor limits nor usage (docs/decisions/ray-driver.md). The state folder and the folders of attempts lie
where every node sees them, and every node has this package. Devices are Ray's resources: `GPU`, `CPU`, or
custom ones by name; fractions are Ray's own.
"""

import contextlib
import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from suanwang.drivers import attempt_folder
from suanwang.drivers.attempt_book import Held, held_of
from suanwang.drivers.attempt_driver import AttemptDriver
from suanwang.drivers.device_slots import CPU, WHOLE_MILLI, shapes
from suanwang.drivers.launch_check import launch_faults, never_fits, not_running, unknown, used_up
from suanwang.drivers.port import (
    Capabilities,
    Ended,
    EngineAway,
    Features,
    Launch,
    Pool,
    Refused,
    Report,
    Running,
    Shape,
    Started,
)
from suanwang.drivers.ray_attempt import KEEPER_PATIENCE_S, RayAttempt, read_state
from suanwang.drivers.ray_gang import gang_end, gang_usage
from suanwang.drivers.ray_joining import joined
from suanwang.units.errors import Fault
from suanwang.units.text import Text

LOOK_EVERY_S = 0.2
ACTORS_EVERY_S = 3.0
"""How often Ray is asked which actors it has."""
GONE_AFTER_S = KEEPER_PATIENCE_S + 5.0
"""How long an attempt without its actors is given before it is called lost: its keeper ends it meanwhile."""
NOT_DEVICES = (
    "node:",
    "accelerator_type:",
    "memory",
    "object_store_memory",
    "bundle",
    "CPU_group",
    "GPU_group",
)


class RayDriver(AttemptDriver):
    """A Ray cluster as an engine, joined at `address`.

    `devices` maps our device classes to Ray's resources (`{"A100": "GPU"}`); a custom resource that it does
    not name is a class by its own name, and `CPU` is `cpu`.
    """

    def __init__(self, folder: Path, address: str, devices: dict[str, str] | None = None) -> None:
        super().__init__(folder)
        self.devices = {CPU: "CPU"} | (devices or {})
        self.namespace = "suanwang-" + self.book.token
        self.ray = joined(address)
        self.news: list[Report] = []
        self.actors_seen: set[str] = set()
        self.asked = 0.0
        self.missing_since: dict[str, float] = {}

    def resource_of(self, device: str) -> str:
        """Ray's name of our class."""
        return self.devices.get(device, device)

    def nodes(self) -> list[tuple[str, dict[str, float]]]:
        """Living nodes with all that each has."""
        try:
            return [(node["NodeID"], node["Resources"]) for node in self.ray.nodes() if node["Alive"]]
        except Exception as error:
            raise EngineAway([Fault("Ray", Text("does not answer", "没有应答"), str(error)[:300])]) from None

    def classes(self, resources: dict[str, float]) -> dict[str, int]:
        """Thousandths of each device class in resources by Ray's names."""
        ours = {known: device for device, known in self.devices.items()}
        return {
            ours.get(name, name): round(amount * WHOLE_MILLI)
            for name, amount in resources.items()
            if not name.startswith(NOT_DEVICES)
        }

    def probe(self) -> Capabilities:
        """Nodes by kind."""
        count: dict[Pool, int] = {}
        nodes = self.nodes()
        for _, resources in nodes:
            memory_mb = int(resources.get("memory", 0)) >> 20
            for device, milli in self.classes(resources).items():
                pool = Pool(device, 0, milli // WHOLE_MILLI, int(resources.get("CPU", 0)), memory_mb)
                count[pool] = count.get(pool, 0) + 1
        pools = tuple(msgspec.structs.replace(pool, nodes=found) for pool, found in count.items())
        features = Features(
            multi_node=len(nodes) > 1,
            arrays=True,
            pause=False,
            fractions=True,
            checkpoint=True,
            memory_limit=True,
            accounting="wait4, proc on each node",
        )
        return Capabilities("ray", self.ray.__version__, pools, features)

    def usable(self) -> tuple[Shape, ...]:
        """What Ray says is left on each node."""
        state = importlib.import_module("ray._private.state")  # no public way tells it by node
        room: dict[str, list[int]] = {}
        alive = {node for node, _ in self.nodes()}
        for node, resources in state.available_resources_per_node().items():
            if node in alive:
                for device, milli in self.classes(resources).items():
                    room.setdefault(device, []).append(milli)
        return shapes(room)

    def start(self, launches: Sequence[Launch]) -> list[Started | Refused]:
        """Make actors for those that are new."""
        nodes = self.nodes()
        return [self.start_one(launch, nodes) for launch in launches]

    def start_one(self, launch: Launch, nodes: Sequence[tuple[str, dict[str, float]]]) -> Started | Refused:
        """The intention first, then its actors; Ray takes each name once."""
        held = self.book.held.get(launch.attempt)
        if held is not None:
            if held.forgotten_us:
                return used_up(launch.attempt)
            if held.engine_id or held.ended is not None or (claimed(held) / "ran").exists():
                return Started(launch.attempt, held.engine_id, already=True)
        faults = launch_faults(launch, ())
        if faults:
            return Refused(launch.attempt, tuple(faults))
        resource, units = self.resource_of(launch.device), launch.units_milli / WHOLE_MILLI
        fitting = [
            one
            for _, one in nodes
            if one.get(resource, 0) >= units
            and one.get("CPU", 0) >= launch.cpus
            and one.get("memory", 0) >= launch.memory_mb << 20
        ]
        if len(fitting) < launch.nodes:
            return never_fits(launch, str([self.classes(one) for _, one in nodes]))
        held = held or held_of(launch, launch.attempt, 0)
        self.book.note([held])
        attempt_folder.write_script(launch.folder, launch.script)
        self.make_actors(launch, resource, units)
        held.engine_id = f"{self.namespace}:{launch.attempt}"
        self.book.note([held])
        return Started(launch.attempt, held.engine_id)

    def make_actors(self, launch: Launch, resource: str, units: float) -> None:
        """One actor a node, in one placement that is had whole or not at all."""
        wish: dict[str, float] = {"CPU": launch.cpus, "memory": launch.memory_mb << 20}
        wish[resource] = max(units, wish.get(resource, 0.0))
        wish = {name: amount for name, amount in wish.items() if amount}
        bundle = dict(wish)
        options: dict[str, Any] = {
            "num_cpus": wish.pop("CPU", 0),
            "num_gpus": wish.pop("GPU", 0),
            "memory": wish.pop("memory", 0) or None,
            "resources": wish,
            "lifetime": "detached",
            "namespace": self.namespace,
            "max_restarts": 0,
        }
        place = self.placement(launch, bundle) if launch.nodes > 1 else None
        actor = self.ray.remote(RayAttempt)
        for rank in range(launch.nodes):
            if place is not None:
                options["scheduling_strategy"] = place(rank)
            with contextlib.suppress(ValueError):  # this name is there: made before an answer was lost
                actor.options(name=f"{launch.attempt}/{rank}", **options).remote(
                    msgspec.json.encode(launch), rank, str(self.lease), resource == "GPU"
                )

    def placement(self, launch: Launch, bundle: dict[str, float]) -> Callable[[int], Any]:
        """Room on as many nodes as the gang has, all at once or none; the strategy of each rank in it."""
        groups = importlib.import_module("ray.util.placement_group")
        strategies = importlib.import_module("ray.util.scheduling_strategies")
        group = groups.placement_group(
            [bundle] * launch.nodes,
            strategy="STRICT_SPREAD",
            lifetime="detached",
            name=self.group_name(launch.attempt),
        )
        return lambda rank: strategies.PlacementGroupSchedulingStrategy(group, rank)

    def group_name(self, attempt: str) -> str:
        """The name of a gang's placement group, which Ray keeps in one namespace for all."""
        return f"{self.namespace}/{attempt}"

    def poll(self, wait_s: float = 0.0) -> list[Report]:
        """What the folders of live attempts say that was not told."""
        end = time.monotonic() + wait_s
        while True:
            for held in self.book.live():
                self.look(held)
            told, self.news = self.news, []
            left_s = end - time.monotonic()
            if told or left_s <= 0:
                return told
            time.sleep(min(LOOK_EVERY_S, left_s))

    def look(self, held: Held) -> None:
        """Compare one attempt's folder with the book."""
        ranks = [read_state(control(held) / f"ray.{rank}.json") for rank in range(held.nodes)]
        first = ranks[0]
        if first is not None and first.since_us and not held.since_us:
            held.since_us = first.since_us
            self.news.append(Running(held.attempt, held.since_us))
            self.book.note([held])
        if all(rank is not None and rank.ended is not None for rank in ranks):
            self.finish(held, gang_end(held, [rank for rank in ranks if rank is not None]))
            return
        usage = first.usage if first is not None and first.ended is None else None
        if usage is not None and held.read_us != usage.until_us:
            held.read_us = usage.until_us
            self.news.append(gang_usage(held, [rank for rank in ranks if rank is not None], usage))
        if held.engine_id and self.is_gone(held):
            now_us = time.time_ns() // 1000
            self.finish(held, Ended(held.attempt, now_us, "lost", detail="Ray no longer has its actors"))

    def finish(self, held: Held, ended: Ended) -> None:
        """Note and tell the end, and let go of the placement."""
        held.ended = ended
        self.book.note([held])
        self.news.append(ended)
        if held.nodes > 1:
            self.remove_group(held)

    def remove_group(self, held: Held) -> None:
        """Give a gang's placement back."""
        util = importlib.import_module("ray.util")
        with contextlib.suppress(ValueError):
            util.remove_placement_group(util.get_placement_group(self.group_name(held.attempt)))

    def is_gone(self, held: Held) -> bool:
        """Whether a rank's actor has been missing, without its end, for so long that nothing of it runs."""
        now = time.monotonic()
        if now - self.asked >= ACTORS_EVERY_S:
            self.asked = now
            listed = importlib.import_module("ray.util").list_named_actors(all_namespaces=True)
            self.actors_seen = {one["name"] for one in listed if one["namespace"] == self.namespace}
        for rank in range(held.nodes):
            state = read_state(control(held) / f"ray.{rank}.json")
            if (state is None or state.ended is None) and f"{held.attempt}/{rank}" not in self.actors_seen:
                return now - self.missing_since.setdefault(held.attempt, now) >= GONE_AFTER_S
        self.missing_since.pop(held.attempt, None)
        return False

    def adopt(self) -> list[Report]:
        """All there is to tell."""
        for held in self.book.live():
            self.look(held)
        self.news.clear()
        return [report for held in self.book.known() for report in held.standing()]

    def stop(self, attempts: Sequence[str], grace_s: int) -> list[Refused]:
        """Leave word for the actors; where none has begun, claim the attempt so that none will."""
        refused: list[Refused] = []
        for attempt in attempts:
            held = self.book.held.get(attempt)
            if held is None or held.forgotten_us:
                refused.append(unknown(attempt))
            elif held.ended is None:
                with contextlib.suppress(OSError):
                    attempt_folder.leave_word(held.folder, "stop", f"{grace_s}\n")
                with contextlib.suppress(FileExistsError, NotADirectoryError):
                    claimed(held).mkdir()
                    self.kill_actors(held)
                    now_us = time.time_ns() // 1000
                    self.finish(held, Ended(attempt, now_us, "killed", "cancelled"))
        return refused

    def prolong(self, attempt: str, time_limit_s: int) -> list[Refused]:
        """Leave word for the actors, who tell their keepers."""
        held = self.book.held.get(attempt)
        if held is None or held.forgotten_us:
            return [unknown(attempt)]
        if held.ended is None:
            self.set_limit(attempt, time_limit_s)
        return []

    def kill_actors(self, held: Held) -> None:
        """Take back actors that have not begun."""
        for rank in range(held.nodes):
            with contextlib.suppress(ValueError):
                name = f"{held.attempt}/{rank}"
                self.ray.kill(self.ray.get_actor(name, namespace=self.namespace), no_restart=True)

    def pause(self, attempts: Sequence[str]) -> list[Refused]:
        """Ray cannot take devices back from an actor and give them again."""
        return [
            not_running(attempt) if attempt in self.book.held else unknown(attempt) for attempt in attempts
        ]

    def resume(self, attempts: Sequence[str]) -> list[Refused]:
        """Nothing is ever paused."""
        return self.pause(attempts)


def control(held: Held) -> Path:
    """The control folder of an attempt."""
    return Path(held.folder, attempt_folder.CONTROL)


def claimed(held: Held) -> Path:
    """The folder that only one can make: who has made it decides whether the attempt runs."""
    return control(held) / "claimed"
