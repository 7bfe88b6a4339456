"""An attempt's folder before and after it runs: script and inputs in; outputs, checkpoint, logs out.

These calls block; the loop makes them beside itself. Secrets pass from the content to the driver's launch and
are written nowhere by the agent.
"""

import os
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import msgspec

from suanwang.agent.archives import fixed_part, pack, unpack, wanted
from suanwang.agent.configuration import AgentLimits, AgentPool
from suanwang.agent.platform import Declined, Platform
from suanwang.drivers.attempt_folder import CONTROL, erase, log_path
from suanwang.drivers.launch_check import ATTEMPT
from suanwang.drivers.port import Driver, Launch, OutputFile, Stream
from suanwang.model import orders
from suanwang.model.content import JobContent
from suanwang.model.exchange import LOG_PART_BYTES_MOST, LogPart
from suanwang.model.log_cut import cut_line, cut_words
from suanwang.units.errors import Fault, InvalidInput, SuanwangError
from suanwang.units.text import Text, same

CONTENT_BYTES_MOST = 64 << 20
CONTENTS_KEPT, CONTENT_BYTES_KEPT = 64, 1 << 16
"""So many contents, none larger than that, stay in memory: the jobs of an array share one."""
LIMIT_UNKNOWN_S = 1
"""The time limit of a launch is set when it begins."""


class Plan(msgspec.Struct, frozen=True):
    """What to keep of an attempt when it is over. Not secret."""

    outputs: tuple[str, ...] = ()
    checkpoint_path: str = ""


class Prepared(msgspec.Struct, frozen=True):
    """An attempt that can begin."""

    launch: Launch
    plan: Plan


class Collected(msgspec.Struct, frozen=True):
    """What was kept of an attempt: names of contents, "" for none; `note` says what was not, and why."""

    outputs: str = ""
    checkpoint: str = ""
    note: str = ""


class Staging:
    """`work` has the attempts' folders, `scratch` archives on their way."""

    def __init__(
        self, platform: Platform, driver: Driver, work: Path, scratch: Path, limits: AgentLimits
    ) -> None:
        self.platform, self.driver = platform, driver
        self.work, self.scratch, self.limits = work, scratch, limits
        self.contents: dict[str, JobContent] = {}
        self.is_near = work.parent == scratch.parent
        self.options_taken: tuple[str, ...] | None = None

    def prepare(self, order: orders.Launch, pool: AgentPool) -> Prepared:
        """Fetch all that the attempt needs into an empty folder.

        Raises InvalidInput, Declined, Away, EngineAway.
        """
        content = self.content(order.content)
        folder = self.folder(order.attempt)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            erase(str(folder))
            folder.mkdir(mode=0o700)
        for archive in (content.inputs_archive, order.checkpoint):
            if archive:
                with self.temporary() as file:
                    self.platform.fetch(archive, file, self.limits.inputs_bytes)
                    unpack(file, folder, self.limits.inputs_bytes)
        plan, batch = Plan(content.outputs, content.checkpoint_path), content.batch
        launch = Launch(
            attempt=order.attempt,
            name=order.name,
            script=self.script(content, folder),
            folder=str(folder),
            device=order.resources.device,
            units_milli=order.resources.units_milli,
            time_limit_s=LIMIT_UNKNOWN_S,
            nodes=order.resources.nodes,
            cpus=order.cpus,
            memory_mb=order.memory_mb,
            output_limit_bytes=self.limits.folder_bytes,
            lost_after_s=order.lost_after_s,
            checkpoint_path=content.checkpoint_path,
            array=order.content,
            array_index=order.array_index,
            on_every_node=batch is None,
            tasks_per_node=1 if batch is None else batch.tasks_per_node,
            array_variables={} if batch is None else array_variables(batch.array_tasks, order.array_index),
            env=content.env,
            secrets=content.secrets,
            outputs=listed(plan),
            engine_options=self.options(content, pool),
        )
        return Prepared(launch, plan)

    def options(self, content: JobContent, pool: AgentPool) -> dict[str, str]:
        """What the job tells its engine, if that takes options at all; the centre's own stand above it."""
        if not content.engine_options:
            return pool.options
        if self.options_taken is None:
            self.options_taken = self.driver.probe().features.options
        return (content.engine_options if self.options_taken else {}) | pool.options

    def is_at_hand(self, order: orders.Launch) -> bool:
        """Whether to prepare it is to make a folder, on the disk that has the agent's journal too."""
        known = self.contents.get(order.content)
        archives = known is None or bool(known.inputs_archive or order.checkpoint)
        return self.is_near and not archives

    def has_nothing_to_keep(self, order: orders.Launch, plan: Plan | None) -> bool:
        """Whether to collect it is to see that it left nothing, neither outputs nor a word in its logs."""
        if plan is None or plan.outputs or plan.checkpoint_path or not self.is_near:
            return False
        return not any(self.may_have_more(order.attempt, stream, 0) for stream in ("stdout", "stderr"))

    def content(self, name: str) -> JobContent:
        """The content of a job; one without a name does nothing. Raises InvalidInput where it is none."""
        if not name:
            return JobContent("true")
        known = self.contents.get(name)
        if known is not None:
            return known
        with BytesIO() as file:
            self.platform.fetch(name, file, CONTENT_BYTES_MOST)
            try:
                found = msgspec.json.decode(file.getvalue(), type=JobContent)
            except msgspec.MsgspecError as error:
                what = Text("not a job's content", "不是作业内容")
                raise InvalidInput([Fault(name, what, str(error)[:200])]) from None
            if file.tell() <= CONTENT_BYTES_KEPT:
                while len(self.contents) >= CONTENTS_KEPT:
                    self.contents.pop(next(iter(self.contents)), None)
                self.contents[name] = found
            return found

    def folder(self, attempt: str) -> Path:
        """Where an attempt lies. Raises InvalidInput where its name is none."""
        if not ATTEMPT.fullmatch(attempt):
            what = Text("not an attempt's name", "不是尝试的名称")
            raise InvalidInput([Fault("attempt", what, attempt[:100], same("<job>.<number>"))])
        return self.work / attempt

    def script(self, content: JobContent, folder: Path) -> str:
        """Set-up and run as one script: where the set-up fails the job fails."""
        if not content.setup:
            return content.run
        if not content.run.startswith("#!"):
            return f"set -e\n{content.setup}\nset +e\n{content.run}"
        control = folder / CONTROL
        control.mkdir(mode=0o700, exist_ok=True)
        run = control / "run"
        run.write_text(content.run, encoding="utf-8")
        run.chmod(0o700)
        return f"set -e\n{content.setup}\nexec {CONTROL}/run"

    def collect(self, order: orders.Launch, plan: Plan | None, checkpoint: bool) -> Collected:
        """Keep the rest of the logs, the outputs, and what it saved. Raises Away, EngineAway: again later."""
        kept, notes = ["", ""], list[str]()
        try:
            sizes = self.send_logs(order.attempt)
            cut = ", ".join(stream for stream, size in sizes.items() if size > self.limits.log_bytes)
            if cut:
                words = cut_words(self.limits.log_bytes)
                notes.append(f"{cut}: {words.zh} / {words.en}")
        except (InvalidInput, Declined) as error:
            notes.append(f"log not kept: {told(error)}")
        try:
            plan = plan or self.plan(order)
            saved = (plan.checkpoint_path,) if plan.checkpoint_path and checkpoint else ()
            for index, patterns in enumerate((plan.outputs, saved)):
                kept[index] = self.keep(order.attempt, patterns)
        except (InvalidInput, Declined) as error:
            notes.append(f"outputs not kept: {told(error)}")
        return Collected(*kept, note="; ".join(notes))

    def plan(self, order: orders.Launch) -> Plan:
        """The plan of an attempt that an earlier run of the agent prepared."""
        content = self.content(order.content)
        return Plan(content.outputs, content.checkpoint_path)

    def keep(self, attempt: str, patterns: tuple[str, ...]) -> str:
        """The files that the patterns name, as one content; "" where there are none."""
        files = [file for file in self.found(attempt) if wanted(file.path, patterns)] if patterns else []
        if not files:
            return ""

        def read(path: str, offset: int, limit: int) -> bytes:
            return self.driver.read_output(attempt, path, offset, limit)

        with self.temporary() as file:
            pack(((one.path, one.bytes) for one in files), read, file, self.limits.outputs_bytes)
            return self.platform.keep(file)

    def found(self, attempt: str) -> tuple[OutputFile, ...]:
        """The files that its engine lists."""
        return self.driver.outputs(attempt)

    def send_logs(self, attempt: str, sizes: dict[Stream, int] | None = None) -> dict[Stream, int]:
        """Send what the platform does not have of both streams; how much it has then.

        At the limit a last line says so, and the stream is longer than the limit from then on.
        """
        known = dict(sizes or {})
        for stream in ("stdout", "stderr"):
            at = known.get(stream, 0)
            while at < self.limits.log_bytes and self.may_have_more(attempt, stream, at):
                limit = min(LOG_PART_BYTES_MOST, self.limits.log_bytes - at)
                part = self.driver.read_log(attempt, stream, at, limit)
                if not part:
                    break
                until = self.platform.append_log(attempt, LogPart(stream, at, part)).size
                if until <= at:
                    break  # it takes no more
                at = until
            if at == self.limits.log_bytes and self.has_more(attempt, stream, at):
                at = self.platform.append_log(attempt, LogPart(stream, at, cut_line(at))).size
            known[stream] = at
        return known

    def has_more(self, attempt: str, stream: Stream, at: int) -> bool:
        """Whether a stream is longer than `at`."""
        return self.may_have_more(attempt, stream, at) and bool(self.driver.read_log(attempt, stream, at, 1))

    def may_have_more(self, attempt: str, stream: Stream, at: int) -> bool:
        """Whether a stream may be longer than `at`: a look at its file, where it is here, spares a call."""
        try:
            return os.lstat(log_path(f"{self.work}/{attempt}", stream)).st_size > at
        except OSError:
            return True

    def temporary(self) -> BinaryIO:
        """A file without a name, for an archive on its way."""
        return cast(BinaryIO, TemporaryFile(dir=self.scratch))


def told(error: SuanwangError) -> str:
    """The faults of an error in a few words."""
    return "; ".join(f"{fault.where}: {fault.what.en} {fault.found}" for fault in error.faults)


def listed(plan: Plan) -> tuple[str, ...]:
    """What the engine has to list for a plan; all files where a pattern begins with a `*`."""
    paths = [fixed_part(pattern) for pattern in (*plan.outputs, plan.checkpoint_path) if pattern]
    return () if "" in paths else tuple(dict.fromkeys(paths))


def array_variables(tasks: tuple[int, ...], index: int) -> dict[str, str]:
    """What Slurm tells a task of an array, see sbatch(1), output environment variables."""
    if index >= len(tasks):
        return {}
    step = tasks[1] - tasks[0] if len(tasks) > 1 else 1
    told = {"ID": tasks[index], "COUNT": len(tasks), "MIN": min(tasks), "MAX": max(tasks), "STEP": step}
    return {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in told.items()}
