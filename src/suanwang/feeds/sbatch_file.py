"""An sbatch script as a job, unchanged: its `#SBATCH` lines say what it asks for.

The options are those of Slurm's sbatch (22.05). What only a Slurm centre can heed goes with the job; whatever
is not read here is named in a warning. The whole script is the job's command.
"""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import msgspec

from suanwang.feeds.job_file import Choice, Form, FormReader, JobFile, Resources, job_of
from suanwang.feeds.job_surroundings import Surroundings
from suanwang.feeds.sbatch_begin import begin_at
from suanwang.feeds.sbatch_dependency import jobs_awaited
from suanwang.model.content import ENGINE_OPTIONS, Batch
from suanwang.model.job import ARRAY_MOST, SECONDS_MOST
from suanwang.units.errors import Fault
from suanwang.units.instants import iso
from suanwang.units.text import Text, same

TIME = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", re.ASCII)
TASKS = re.compile(r"(\d{1,9})(?:-(\d{1,9})(?::([1-9]\d{0,8}))?)?", re.ASCII)
MEMORY = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?)B?", re.ASCII | re.IGNORECASE)
GB_OF_UNIT = {"K": 1 / 1024**2, "M": 1 / 1024, "G": 1.0, "T": 1024.0, "": 1 / 1024}
SHORT = {
    "J": "job-name", "N": "nodes", "n": "ntasks", "c": "cpus-per-task", "t": "time", "p": "partition",
    "A": "account", "q": "qos", "C": "constraint", "G": "gpus", "a": "array", "d": "dependency",
    "o": "output", "e": "error", "D": "chdir", "b": "begin", "w": "nodelist", "x": "exclude",
    "L": "licenses", "i": "input", "s": "oversubscribe", "k": "no-kill", "Q": "quiet", "H": "hold",
    "S": "core-spec", "B": "extra-node-info", "m": "distribution", "O": "overcommit", "M": "clusters",
}  # fmt: skip
READ = {
    "job-name", "nodes", "ntasks", "ntasks-per-node", "cpus-per-task", "gres", "gpus", "gpus-per-node",
    "time", "mem", "mem-per-cpu", "array", "dependency", "begin", *ENGINE_OPTIONS,
}  # fmt: skip
"""The options that say something here."""
DEVICES = ("gres", "gpus-per-node", "gpus")
FIELDS = {
    "name": "job-name", "num_nodes": "nodes", "cpus": "cpus-per-task", "memory_gb": "mem", "array": "array",
    "resources.any_of[0].hours": "time", "not_before": "begin", "depends_on": "dependency",
}  # fmt: skip
"""Fields of a job file, and the option that says them."""
WAIT_OUTSIDE = Text(
    "afterok, or submit it when the other has ended: suanwang submit --wait",
    "用 afterok，或待其结束后再提交：suanwang submit --wait",
)
FILES = ("output", "error", "open-mode")
ELSEWHERE = Text("use outputs: and suanwang job logs", "请使用 outputs: 与 suanwang job logs")
LEFT_ASIDE = Text("the job runs without it", "作业将不带此选项运行")
DEFAULT_HOURS = "1"
NO_LIMIT = ("unlimited", "infinite", "-1")
"""What sbatch takes as no limit of time, as it does a time of zero."""
UNLIMITED = Text(
    "no limit of time: here each job has one, for which its charge is held",
    "没有时限：此处每个作业都须有时限，并按时限冻结费用",
)
A_LIMIT = Text(
    "a limit that the job keeps; more while it runs: suanwang job extend",
    "写足够的时限；运行中可用 suanwang job extend 延长",
)
A_TIME = Text(
    f"[days-]hours:minutes:seconds, at most {SECONDS_MOST // 86_400} days",
    f"[天-]时:分:秒，至多 {SECONDS_MOST // 86_400} 天",
)
CPU_DEVICE = "cpu"


class Script(NamedTuple):
    """The job, what of the script's options was left aside, and which option says a field of the job."""

    job: JobFile
    warnings: tuple[Fault, ...]
    written: dict[str, str]


def is_sbatch(text: str) -> bool:
    """Whether a file is a script rather than YAML."""
    return text.startswith("#!")


def sbatch_job(text: str, file: str, region: str, now: int, around: Surroundings | None = None) -> Script:
    """The job of a script's text, at the time `now` (UTC microseconds).

    Raises InvalidInput with every fault, those of inputs and secrets too where it is told what is `around`.
    """
    reader = ScriptReader(file, now)
    options = reader.options(text)
    warnings = [
        Fault(
            reader.place(name),
            Text("has no meaning here", "在此没有意义"),
            options[name],
            remedy=ELSEWHERE if name in FILES else LEFT_ASIDE,
            warning=True,
        )
        for name in options
        if name not in READ
    ]
    if "%" in options.get("array", ""):
        what = Text("as many at a time as there is room", "有资源即运行，不限并发")
        place = reader.place("array")
        warnings.append(Fault(place, what, options["array"], remedy=LEFT_ASIDE, warning=True))
    tasks = reader.array(options)
    form = msgspec.structs.replace(reader.form(options, text), array=max(1, len(tasks)))
    if form.not_before is not None:
        what = Text(f"read as {form.not_before}", f"读作 {form.not_before}")
        warnings.append(Fault(reader.place("begin"), what, options["begin"], warning=True))
    written = reader.fields()
    job = job_of(form, FormReader(file, reader.faults, written), region, around)
    batch = Batch(
        reader.whole(options, "ntasks-per-node", -(-reader.whole(options, "ntasks", 1) // form.num_nodes)),
        tasks,
    )
    return Script(msgspec.structs.replace(job, batch=batch), tuple(warnings), written)


class ScriptReader:
    """Reads options and notes what cannot be. `now`: the time, UTC microseconds."""

    def __init__(self, file: str, now: int) -> None:
        self.file = file
        self.now = now
        self.faults: list[Fault] = []
        self.written: dict[str, str] = {}

    def place(self, name: str) -> str:
        """Where an option stands, as it is written there: `-t` or `--time`."""
        return f"{self.file} {self.written.get(name, f'--{name}')}"

    def fields(self) -> dict[str, str]:
        """The fields of a job file that this script's options say, and how they are written."""
        device = next((name for name in DEVICES if name in self.written), "cpus-per-task")
        said = {**FIELDS, "resources.any_of[0].device": device}
        said |= {f"engine_options.{name}": name for name in ENGINE_OPTIONS}
        return {field: self.written[name] for field, name in said.items() if name in self.written}

    def fault(self, name: str, what: Text, found: str, expected: Text, remedy: Text | None = None) -> None:
        """Note one fault."""
        self.faults.append(
            Fault(self.place(name), what, found, expected, remedy or same(""), kind="wrong_value")
        )

    def options(self, text: str) -> dict[str, str]:
        """The options of the `#SBATCH` lines before the first command, by their long names."""
        found: dict[str, str] = {}
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                break
            if not line.startswith("#SBATCH"):
                continue
            try:
                words = shlex.split(line[len("#SBATCH") :], comments=True)
            except ValueError:
                self.odd_line(line)
                continue
            while words:
                word = words[0]
                name, value = self.option(words)
                if name:
                    found[name] = value
                    self.written[name] = word.partition("=")[0] if word.startswith("--") else word[:2]
        return found

    def odd_line(self, line: str) -> None:
        """Note a line whose quotes do not pair."""
        what, expected = Text("a quote is not closed", "引号不成对"), same('#SBATCH --comment="a b"')
        self.faults.append(Fault(f"{self.file} #SBATCH", what, line[:80], expected, kind="wrong_value"))

    def option(self, words: list[str]) -> tuple[str, str]:
        """Takes one option off the words: its long name and its value, "true" where it has none."""
        word = words.pop(0)
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
        elif word.startswith("-") and len(word) > 1:
            name, value, equals = SHORT.get(word[1], ""), word[2:], word[2:]
        else:
            name, value, equals = "", "", ""
        if not name:
            self.fault(
                word, Text("not an option of sbatch", "不是 sbatch 选项"), word, same("--time=01:00:00")
            )
            return "", ""
        if not equals:
            value = words.pop(0) if words and not words[0].startswith("-") else "true"
        return name, value

    def form(self, options: dict[str, str], text: str) -> Form:
        """The job file that says the same."""
        nodes, tasks = self.whole(options, "nodes", 1), self.whole(options, "ntasks", 1)
        per_node = self.whole(options, "ntasks-per-node", -(-tasks // nodes))
        cpus = self.whole(options, "cpus-per-task", 1) * per_node
        device = self.device(options, nodes, cpus)
        hours = self.hours(options.get("time"))
        return Form(
            resources=Resources((Choice(device, hours),)),
            run=text,
            name=options.get("job-name", Path(self.file).stem),
            num_nodes=nodes,
            cpus=cpus,
            memory_gb=self.memory(options, cpus),
            depends_on=self.dependencies(options),
            not_before=self.begin(options.get("begin")),
            engine_options={name: options[name] for name in ENGINE_OPTIONS if name in options},
        )

    def whole(self, options: dict[str, str], name: str, default: int) -> int:
        """A whole number ≥ 1; of a range `2-4` the least."""
        words = options.get(name)
        if words is None:
            return default
        first = words.partition("-")[0]
        if not first.isascii() or not first.isdigit() or int(first) < 1:
            self.fault(name, Text("not a whole number", "不是整数"), words, same("≥ 1"))
            return default
        return int(first)

    def device(self, options: dict[str, str], nodes: int, cpus: int) -> str:
        """`gres=gpu:a100:4`, `gpus-per-node=a100:4` or `gpus=8` as devices of each node; else processors."""
        for name in DEVICES:
            words, share = options.get(name), nodes if name == "gpus" else 1
            if words is None:
                continue
            parts = words.removeprefix("gres/").removeprefix("gpu:").split(":")
            count = parts[-1] if parts[-1].isdigit() else "1"
            kind = parts[0] if not parts[0].isdigit() and parts[0] != "gpu" else "gpu"
            if int(count) % share:
                self.fault(
                    name, Text("not the same on every node", "不能均分到各节点"), words, same(f"n × {share}")
                )
            return f"{kind}:{max(1, int(count) // share)}"
        return f"{CPU_DEVICE}:{cpus}"

    def hours(self, words: str | None) -> str:
        """`days-hours:minutes:seconds`, `hours:minutes:seconds`, `minutes:seconds` or `minutes`, as hours."""
        if words is None:
            return DEFAULT_HOURS
        match = TIME.fullmatch(words)
        if words.lower() in NO_LIMIT:
            self.fault("time", UNLIMITED, words, A_TIME, A_LIMIT)
            return DEFAULT_HOURS
        if match is None:
            self.fault("time", Text("not a time", "不是有效时间"), words, A_TIME)
            return DEFAULT_HOURS
        days, first, second, third = (int(part) if part else None for part in match.groups())
        assert first is not None
        if days is not None:
            seconds = days * 86_400 + first * 3600 + (second or 0) * 60 + (third or 0)
        elif third is not None:
            seconds = first * 3600 + (second or 0) * 60 + third
        else:
            seconds = first * 60 + (second or 0)
        if seconds == 0:
            self.fault("time", UNLIMITED, words, A_TIME, A_LIMIT)
            return DEFAULT_HOURS
        if seconds > SECONDS_MOST:
            self.fault("time", Text("too long", "过长"), words, A_TIME)
            return DEFAULT_HOURS
        # rounded down to nine places, which reading rounds up to the same second
        whole, places = divmod(seconds * 10**9 // 3600, 10**9)
        return f"{whole}.{places:09d}"

    def memory(self, options: dict[str, str], cpus: int) -> str:
        """`mem=16G`, or `mem-per-cpu` times the processors, in GB."""
        for name, times in (("mem", 1), ("mem-per-cpu", cpus)):
            words = options.get(name)
            if words is None:
                continue
            match = MEMORY.fullmatch(words)
            if match is None:
                self.fault(name, Text("not a size", "不是有效大小"), words, same("16G"))
                return "0"
            return f"{float(match[1]) * GB_OF_UNIT[match[2].upper()] * times:.6f}"
        return "0"

    def array(self, options: dict[str, str]) -> tuple[int, ...]:
        """The numbers of the tasks of `0-9`, `1-10%4`, `0-30:10` or `1,3,5-7`, in order; () for no array."""
        words = options.get("array")
        if words is None:
            return ()
        tasks = set[int]()
        for one in words.partition("%")[0].split(","):
            match = TASKS.fullmatch(one)
            found = (
                range(0)
                if match is None
                else range(int(match[1]), int(match[2] or match[1]) + 1, int(match[3] or 1))
            )
            if not 0 < len(found) <= ARRAY_MOST:
                self.fault(
                    "array", Text("not an array", "不是有效的数组"), words, same("0-9 / 1-10:3 / 1,3,5-7")
                )
                return ()
            tasks.update(found)
        return tuple(sorted(tasks))

    def dependencies(self, options: dict[str, str]) -> tuple[str, ...]:
        """The jobs whose success it waits for; what else sbatch can wait for is a fault."""
        words = options.get("dependency")
        if words is None:
            return ()
        jobs, refused = jobs_awaited(words)
        for part, what in refused:
            self.fault("dependency", what, part, same("afterok:j17[:j18][,afterok:j19]"), WAIT_OUTSIDE)
        return jobs

    def begin(self, words: str | None) -> str | None:
        """When it may begin at the earliest, as a job file says it."""
        if words is None:
            return None
        try:
            return iso(begin_at(words, self.now))
        except ValueError:
            expected = same("2026-12-01T10:00 / 16:00 / tomorrow / now+1hour")
            self.fault("begin", Text("not a time", "不是有效时间"), words, expected)
            return None
