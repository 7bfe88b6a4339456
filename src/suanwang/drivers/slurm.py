"""The Slurm driver: attempts as batch jobs of one user, submitted, watched and ended by Slurm's own commands.

The state folder and the folders of attempts lie where every node sees them. An attempt's submission is named
in its job's comment, so that one whose answer was lost is found again. Usage is Slurm's own: seconds that a
job ran, suspensions left out, times the devices it was given; processor time and memory come from its nodes.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from suanwang.drivers import attempt_folder
from suanwang.drivers.attempt_book import Held, held_of
from suanwang.drivers.attempt_driver import AttemptDriver
from suanwang.drivers.device_slots import CPU, WHOLE_MILLI, shapes
from suanwang.drivers.job_environment import base_environment, script_environment
from suanwang.drivers.launch_check import (
    launch_faults,
    never_fits,
    not_running,
    unknown,
    used_up,
)
from suanwang.drivers.port import (
    Capabilities,
    Features,
    Launch,
    Pool,
    Refused,
    Report,
    Shape,
    Started,
)
from suanwang.drivers.process_tree import MARK
from suanwang.drivers.slurm_commands import (
    NodeRow,
    SlurmCommands,
    SlurmRefused,
    write_scripts,
)
from suanwang.drivers.slurm_reports import Watch
from suanwang.drivers.slurm_scripts import BATCH, NODE
from suanwang.model.content import ENGINE_OPTIONS
from suanwang.units.errors import Fault
from suanwang.units.text import Text, same

LOOK_EVERY_S = 0.5
"""How often Slurm is asked at most."""
ARRAY_MOST = 1000
"""Elements of one submission; Slurm's default MaxArraySize is 1001."""


class SlurmDriver(AttemptDriver):
    """A Slurm cluster as an engine.

    `devices` maps our device classes to gres (`{"A100": "gpu:a100"}`); a gres that it does not name is known
    by its type in capitals, and nodes without any as `cpu`. `partition`: where jobs go that name none.
    `conf`: the slurm.conf, empty for the machine's own.
    """

    def __init__(
        self, folder: Path, devices: dict[str, str] | None = None, partition: str = "", conf: str = ""
    ) -> None:
        super().__init__(folder)
        self.slurm = SlurmCommands(conf, self.book.token)
        self.devices = devices or {}
        self.partition = partition
        self.tables = self.folder / "submissions"
        self.tables.mkdir(exist_ok=True)
        write_scripts(self.folder, {"batch.sh": BATCH, "node.sh": NODE})
        self.watch = Watch(self.slurm, self.book)

    def probe(self) -> Capabilities:
        """Nodes by kind and partition, and what the controller is configured to do."""
        configuration = self.slurm.configuration()
        count: dict[Pool, int] = {}
        for node in self.slurm.nodes():
            for device, whole, _ in self.room_of(node):
                for place in node.partitions:
                    pool = Pool(device, 0, whole // WHOLE_MILLI, node.cpus, node.memory_mb, place=place)
                    count[pool] = count.get(pool, 0) + 1
        pools = tuple(msgspec.structs.replace(pool, nodes=nodes) for pool, nodes in count.items())
        root = os.geteuid() == 0 or f"({os.geteuid()})" in configuration.get("SlurmUser", "")
        features = Features(
            multi_node=sum(count.values()) > 1,
            arrays=int(configuration.get("MaxArraySize", "0")) > 1,
            pause=root,
            fractions=False,
            checkpoint=True,
            memory_limit=True,
            accounting="squeue, " + configuration.get("JobAcctGatherType", "none"),
            options=ENGINE_OPTIONS,
        )
        return Capabilities("slurm", configuration.get("SLURM_VERSION", ""), pools, features)

    def usable(self) -> tuple[Shape, ...]:
        """What the nodes that are up have left, gres and cores together."""
        room: dict[str, list[int]] = {}
        for node in self.slurm.nodes():
            if node.usable and (not self.partition or self.partition in node.partitions):
                for device, _, free in self.room_of(node):
                    room.setdefault(device, []).append(free)
        return shapes(room)

    def room_of(self, node: NodeRow) -> list[tuple[str, int, int]]:
        """(device, all, free) of a node in thousandths; nothing is free where no core or memory is."""
        free_cpus = node.cpus - node.cpus_used
        if not node.gres:
            return [(CPU, node.cpus * WHOLE_MILLI, free_cpus * WHOLE_MILLI)]
        blocked = free_cpus < 1 or node.memory_used_mb >= node.memory_mb > 0
        return [
            (
                self.device_of(gres),
                count * WHOLE_MILLI,
                0 if blocked else (count - node.gres_used.get(gres, 0)) * WHOLE_MILLI,
            )
            for gres, count in node.gres.items()
        ]

    def device_of(self, gres: str) -> str:
        """Our class of a gres."""
        named = [device for device, known in self.devices.items() if known == gres]
        return named[0] if named else gres.rpartition(":")[2].upper()

    def start(self, launches: Sequence[Launch]) -> list[Started | Refused]:
        """Submit those that are new; launches of one array go as one."""
        nodes = self.slurm.nodes()
        answers: dict[str, Started | Refused] = {}
        groups: dict[bytes, dict[str, Launch]] = {}
        grouped: set[str] = set()
        for launch in launches:
            if launch.attempt in answers or launch.attempt in grouped:
                continue
            answer = self.answer_at_once(launch, nodes)
            if answer is not None:
                answers[launch.attempt] = answer
            else:
                groups.setdefault(group_of(launch), {})[launch.attempt] = launch
                grouped.add(launch.attempt)
        for group in groups.values():
            members = list(group.values())
            for first in range(0, len(members), ARRAY_MOST):
                for answer in self.submit(members[first : first + ARRAY_MOST]):
                    answers[answer.attempt] = answer
        result: list[Started | Refused] = []
        for launch in launches:
            answer = answers[launch.attempt]
            result.append(answer)
            if isinstance(answer, Started):  # a second one of the same name has already been started
                answers[launch.attempt] = Started(launch.attempt, answer.engine_id, already=True)
        return result

    def answer_at_once(self, launch: Launch, nodes: Sequence[NodeRow]) -> Started | Refused | None:
        """The answer to a launch that is not to be submitted."""
        held = self.book.held.get(launch.attempt)
        if held is not None and held.forgotten_us:
            return used_up(launch.attempt)
        if held is not None:
            if not held.engine_id and held.ended is None:
                self.watch.find_lost([held])
            if held.engine_id or held.ended is not None:
                return Started(launch.attempt, held.engine_id, already=True)
            return None  # meant, and never submitted
        faults = launch_faults(launch, ENGINE_OPTIONS)
        if launch.units_milli % WHOLE_MILLI:
            faults.append(
                Fault(
                    f"{launch.attempt}: units_milli",
                    Text("not whole devices", "不是整卡"),
                    str(launch.units_milli),
                    same("1000 × n"),
                )
            )
        for name in sorted({*launch.env, *launch.secrets}):
            if name.startswith(("SLURM_", "SBATCH_")):
                what = Text("a variable that is Slurm's own", "Slurm 自用的环境变量")
                faults.append(Fault(f"{launch.attempt}: env", what, name))
        if any(sign in launch.folder for sign in "\t\n"):
            faults.append(Fault(f"{launch.attempt}: folder", Text("a tab or a new line", "含制表符或换行")))
        if faults:
            return Refused(launch.attempt, tuple(faults))
        fitting = [node for node in nodes if self.holds(node, launch)]
        if len(fitting) < launch.nodes:
            offered = ", ".join(
                sorted({f"{d}:{w // WHOLE_MILLI}" for n in nodes for d, w, _ in self.room_of(n)})
            )
            return never_fits(launch, f"{offered}; {len(nodes)} nodes")
        return None

    def holds(self, node: NodeRow, launch: Launch) -> bool:
        """Whether a node, when empty, has what the launch wants of each."""
        return (
            any(
                device == launch.device and whole >= launch.units_milli
                for device, whole, _ in self.room_of(node)
            )
            and launch.cpus <= node.cpus
            and launch.memory_mb <= node.memory_mb
        )

    def submit(self, group: Sequence[Launch]) -> list[Started | Refused]:
        """Submit launches that differ in attempt, folder and index only: the intention first, then sbatch."""
        first = group[0]
        submission = f"{first.attempt}-{len(group)}"
        held = [held_of(launch, submission, index) for index, launch in enumerate(group)]
        lines = [
            f"{launch.attempt}\t{launch.array_index if launch.array_index >= 0 else '-'}"
            f"\t{words_of(launch.array_variables)}\t{launch.folder}\n"
            for launch in group
        ]
        table = self.tables / submission
        for launch in group:
            attempt_folder.write_script(launch.folder, launch.script)
        table.write_text("".join(lines))
        self.book.note(held)
        numbers = (first.time_limit_s, first.output_limit_bytes, first.lost_after_s, first.memory_mb * 1024)
        script = [str(self.folder / "batch.sh"), str(table), str(self.lease), str(self.folder / "node.sh")]
        script += [
            "1" if first.on_every_node else "0",
            *map(str, numbers),
            *attempt_folder.interpreter(first.script),
        ]
        environment = script_environment(first, base_environment())
        for own in (MARK, "SUANWANG_ARRAY_INDEX", *first.array_variables):
            environment.pop(own, None)
        try:
            job = self.slurm.submit(self.sbatch_options(group, submission), script, environment)
        except SlurmRefused as refusal:
            self.book.withdraw(held)
            if len(group) > 1:  # too many at once, for one: each is asked for by itself
                return [answer for launch in group for answer in self.submit([launch])]
            return [Refused(launch.attempt, refusal.faults) for launch in group]
        for one in held:
            one.engine_id = f"{job}_{one.index}" if len(group) > 1 else job
        self.book.note(held)
        return [Started(one.attempt, one.engine_id) for one in held]

    def sbatch_options(self, group: Sequence[Launch], submission: str) -> list[str]:
        """The resources of a launch in sbatch's words; minutes are the grain of its time limit."""
        launch = group[0]
        units = launch.units_milli // WHOLE_MILLI
        cpus = max(launch.cpus, units) if launch.device == CPU else launch.cpus
        # never more than was asked for: tasks share the processors of their node
        tasks = launch.tasks_per_node if cpus and cpus % launch.tasks_per_node == 0 else 1
        options = {
            "job-name": launch.name or launch.attempt,
            "comment": f"{self.slurm.prefix}{submission}",
            "time": minutes_of(launch.time_limit_s),
            "nodes": str(launch.nodes),
            "ntasks": str(launch.nodes * tasks),
            "ntasks-per-node": str(tasks),
            "chdir": "/",
            "output": "/dev/null",
            "error": "/dev/null",
            "export": "ALL",
        }
        options |= {"cpus-per-task": str(cpus // tasks)} if cpus else {}
        options |= {"mem": f"{launch.memory_mb}M"} if launch.memory_mb else {}
        if launch.device != CPU:
            gres = self.devices.get(launch.device, f"gpu:{launch.device.lower()}")
            options["gres"] = f"{gres}:{units}"
        options |= {"array": f"0-{len(group) - 1}"} if len(group) > 1 else {}
        options |= {"partition": self.partition} if self.partition else {}
        options |= launch.engine_options
        return ["--no-requeue", *(f"--{name}={value}" for name, value in options.items())]

    def poll(self, wait_s: float = 0.0) -> list[Report]:
        """What Slurm's list of jobs has that was not told."""
        end = time.monotonic() + wait_s
        while True:
            reports = self.watch.look()
            left_s = end - time.monotonic()
            if reports or left_s <= 0:
                return reports
            time.sleep(min(LOOK_EVERY_S, left_s))

    def adopt(self) -> list[Report]:
        """All there is to tell: submissions whose answer was lost are looked for first."""
        self.watch.find_lost([one for one in self.book.live() if not one.engine_id])
        self.watch.look()
        return [report for one in self.book.known() for report in one.standing()]

    def stop(self, attempts: Sequence[str], grace_s: int) -> list[Refused]:
        """Leave word for the attempt's watch; take those off the queue that have not begun."""
        refused: list[Refused] = []
        stopped: list[Held] = []
        for attempt in attempts:
            held = self.book.held.get(attempt)
            if held is None or held.forgotten_us:
                refused.append(unknown(attempt))
            elif held.ended is None:
                self.watch.will_press(held, grace_s)
                stopped.append(held)
                with contextlib.suppress(OSError):
                    attempt_folder.leave_word(held.folder, "stop", f"{grace_s}\n")
        self.book.note(stopped)
        jobs = [one.engine_id for one in stopped if one.engine_id]
        self.slurm.try_on(jobs, "scancel", "--state=PENDING")
        return refused

    def prolong(self, attempt: str, time_limit_s: int) -> list[Refused]:
        """Slurm's own limit first, which it lets its operators raise; then that of the attempt's watch."""
        held = self.book.held.get(attempt)
        if held is None or held.forgotten_us:
            return [unknown(attempt)]
        if held.ended is not None:
            return []
        if not held.engine_id:
            self.watch.find_lost([held])
        if not held.engine_id:
            return [not_running(attempt)]
        limit = f"TimeLimit={minutes_of(time_limit_s)}"
        try:
            self.slurm.run("scontrol", "update", f"JobId={held.engine_id}", limit)
        except SlurmRefused as refusal:
            return [] if self.watch.is_over(held) else [Refused(attempt, refusal.faults)]
        self.set_limit(attempt, time_limit_s)
        return []

    def pause(self, attempts: Sequence[str]) -> list[Refused]:
        """`scontrol suspend`, which Slurm allows its operators."""
        return self.turn(attempts, "suspend", paused=False)

    def resume(self, attempts: Sequence[str]) -> list[Refused]:
        """`scontrol resume`."""
        return self.turn(attempts, "resume", paused=True)

    def turn(self, attempts: Iterable[str], command: str, paused: bool) -> list[Refused]:
        """Suspend or resume each that is in the state for it."""
        refused: list[Refused] = []
        for attempt in attempts:
            held = self.book.held.get(attempt)
            if held is None or held.forgotten_us:
                refused.append(unknown(attempt))
            elif held.ended is not None or not held.since_us or bool(held.paused_us) != paused:
                refused.append(not_running(attempt))
            else:
                try:
                    self.slurm.run("scontrol", command, held.engine_id)
                except SlurmRefused as refusal:
                    refused.append(Refused(attempt, refusal.faults))
                    continue
                self.watch.turned(held, paused=not paused)
        return refused


def minutes_of(time_limit_s: int) -> str:
    """What Slurm is told of a limit: minutes are its grain, and the attempt's own watch comes first."""
    return str(-(-time_limit_s // 60) + 1)


def words_of(variables: Mapping[str, str]) -> str:
    """Variables with numbers as the words of an `export`; `-` for none."""
    return " ".join(f"{name}={int(value)}" for name, value in variables.items()) or "-"


def group_of(launch: Launch) -> bytes:
    """What launches of one submission have in common; one of no array stands alone."""
    if not launch.array:
        return launch.attempt.encode()
    alike = msgspec.structs.replace(
        launch, attempt="", folder="", array_index=0, array_variables={}, outputs=()
    )
    return msgspec.json.encode(alike)
