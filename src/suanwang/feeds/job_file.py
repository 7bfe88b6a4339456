"""A job file: what its user asks for, in the shape that users of this field know, checked field by field.

Amounts, times and numbers are read from the words of the file; nothing passes through a float. The spec goes
into the platform; script, environment, secrets and file names go beside its log.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from suanwang.feeds.job_surroundings import Surroundings, missing_inputs, missing_secrets
from suanwang.feeds.yaml_shape import read_parts
from suanwang.model.bounds import Label, MaybeName, Name
from suanwang.model.content import ENGINE_OPTIONS, Batch
from suanwang.model.job import (
    ARRAY_MOST,
    LOST_AFTER_S,
    SECONDS_MOST,
    Alternative,
    JobSpec,
    LatencyClass,
    Shape,
    Voucher,
)
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.instants import instant
from suanwang.units.money import micro_from_yuan
from suanwang.units.text import Text, same

DEVICES = re.compile(r"([^:\s]+)(?::(\d{1,6}(?:\.\d{1,3})?))?", re.ASCII)
NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
OPTION_VALUE = re.compile(r"[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}")
NANO_GB_PER_GB = 10**9
A_NAME = Text("letters, digits and _ . + -, at most 60", "字母、数字与 _ . + -，至多 60 个")
A_LABEL = Text("one line of at most 200 signs", "一行，至多 200 个字符")
A_JOB = Text("a job, j12, or the name of another file given here", "作业编号 j12，或另一文件的 name")
HOW_TO_SAY_WHERE = "region: / --region / SUANWANG_REGION"
ADD_IT = Text("add it to the file", "在文件中补上")


class Choice(msgspec.Struct, frozen=True):
    """One alternative: `device: "A100:8"` on each node, for at most `hours`."""

    device: str = ""
    hours: str = "1"


class Resources(msgspec.Struct, frozen=True):
    """Any of the alternatives will do."""

    any_of: tuple[Choice, ...] = ()


class Latency(msgspec.Struct, frozen=True):
    """How near the centre has to be."""

    max_rtt_ms: str | None = None
    stays: LatencyClass = "shiftable"


class Data(msgspec.Struct, frozen=True):
    """What moves with the job, and where it may lie."""

    in_gb: str = "0"
    out_gb: str = "0"
    region: str | None = None
    residency: tuple[str, ...] = ()


class Security(msgspec.Struct, frozen=True):
    """The least grade of the centre."""

    min_grade: int = 1


class Form(msgspec.Struct, frozen=True):
    """The file, field by field. Nothing is required here, so that one reading tells all that is missing."""

    resources: Resources = Resources()
    run: str = ""
    name: str = "job"
    num_nodes: int = 1
    cpus: int = 0
    memory_gb: str = "0"
    region: str | None = None
    not_before: str | None = None
    deadline: str | None = None
    latency: Latency = Latency()
    data: Data = Data()
    security: Security = Security()
    project: str = ""
    priority: int = 0
    depends_on: tuple[str, ...] = ()
    array: int = 1
    preemptible: bool = False
    checkpoint_path: str | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    env: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    max_price: str | None = None
    voucher: Voucher = "auto"
    lost_after_minutes: int = LOST_AFTER_S // 60
    setup: str | None = None
    engine_options: dict[str, str] = {}


class JobFile(msgspec.Struct, frozen=True):
    """A job as its file has it. `spec.content` is still empty; `secrets` are names, `inputs` are paths."""

    spec: JobSpec
    setup: str
    run: str
    env: dict[str, str]
    secrets: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    checkpoint_path: str
    engine_options: dict[str, str]
    batch: Batch | None = None


def yaml_job(data: bytes, file: str, region: str, around: Surroundings | None = None) -> JobFile:
    """The job of a YAML file; `region` is its user's where the file names none.

    Raises InvalidInput with every fault, those of inputs and secrets too where it is told what is `around`.
    """
    form, faults = read_parts(data, file, Form)
    if form is None:
        raise InvalidInput(faults)
    return job_of(form, FormReader(file, faults), region, around)


def job_of(form: Form, reader: "FormReader", region: str, around: Surroundings | None = None) -> JobFile:
    """The job that a form asks for. Raises InvalidInput with every fault, those known before first."""
    nodes = reader.within("num_nodes", form.num_nodes, 1, 100_000)
    data = form.data
    shape = Shape(
        alternatives=tuple(
            reader.alternative(f"resources.any_of[{index}]", choice, nodes)
            for index, choice in enumerate(form.resources.any_of)
        ),
        region=reader.region(form.region or region),
        data_region=reader.named("data.region", data.region or "", MaybeName, A_NAME),
        in_nano_gb=reader.scaled("data.in_gb", data.in_gb, NANO_GB_PER_GB),
        out_nano_gb=reader.scaled("data.out_gb", data.out_gb, NANO_GB_PER_GB),
        max_rtt_us=reader.scaled("latency.max_rtt_ms", form.latency.max_rtt_ms or "0", 1000),
        latency_class=form.latency.stays,
        min_grade=reader.within("security.min_grade", form.security.min_grade, 1, 5),
        residency=reader.all_named("data.residency", data.residency, Name, A_NAME, 64),
        cpus=reader.within("cpus", form.cpus, 0, 100_000),
        memory_mb=reader.scaled("memory_gb", form.memory_gb, 1024),
    )
    reader.required("resources.any_of", bool(form.resources.any_of), same('[{device: "A100:8", hours: 6}]'))
    reader.required("run", bool(form.run.strip()), Text("the script", "要运行的脚本"))
    spec = JobSpec(
        name=reader.named("name", form.name, Label, A_LABEL),
        shape=shape,
        project=reader.named("project", form.project, MaybeName, A_NAME),
        not_before_at=reader.instant("not_before", form.not_before) or 0,
        deadline_at=reader.instant("deadline", form.deadline),
        priority=reader.within("priority", form.priority, -1000, 1000),
        depends_on=reader.all_named("depends_on", form.depends_on, Label, A_JOB, 1000),
        array=reader.within("array", form.array, 1, ARRAY_MOST),
        preemptible=form.preemptible,
        checkpoint=form.checkpoint_path is not None,
        max_price_micro=reader.money("max_price", form.max_price),
        voucher=form.voucher,
        lost_after_s=60 * reader.within("lost_after_minutes", form.lost_after_minutes, 1, 10_080),
    )
    reader.engine_options(form.engine_options)
    if around is not None:
        reader.faults += missing_secrets(reader.place("secrets"), form.secrets, around)
        reader.faults += missing_inputs(reader.place("inputs"), form.inputs, around)
    if reader.faults:
        raise InvalidInput(reader.faults)
    return JobFile(
        spec, form.setup or "", form.run, form.env, form.secrets, form.inputs, form.outputs,
        form.checkpoint_path or "", form.engine_options,
    )  # fmt: skip


class FormReader:
    """Turns words into integers and notes what cannot be, beside what is `known`.

    `written`: how the file writes a field, where it is not by the field's own name.
    """

    def __init__(
        self, file: str, known: Sequence[Fault] = (), written: Mapping[str, str] | None = None
    ) -> None:
        self.file = file
        self.written = written or {}
        self.faults = list(known)
        self.unread = {fault.column for fault in known if fault.column}

    def place(self, field: str) -> str:
        """Where a field stands, in the words of the file."""
        return f"{self.file} {self.written.get(field) or self.written.get(field.partition('[')[0], field)}"

    def fault(self, field: str, what: Text, found: str, expected: Text, remedy: Text | None = None) -> None:
        """Note one fault of a field, unless it could not be read, which is told already."""
        if field in self.unread:
            return
        self.faults.append(
            Fault(
                self.place(field),
                what,
                found,
                expected,
                remedy or same(""),
                kind="wrong_value",
                column=field,
            )
        )

    def required(self, field: str, is_there: bool, expected: Text) -> None:
        """A field that has to be there; one of which a part could not be read may be."""
        if not is_there and not any(one.startswith(field) or field.startswith(one) for one in self.unread):
            self.fault(field, Text("missing", "缺少"), "", expected, ADD_IT)

    def named(self, field: str, words: str, kind: object, expected: Text) -> str:
        """Words of the kind that the platform takes there."""
        try:
            msgspec.convert(words, kind)
        except msgspec.ValidationError:
            self.fault(field, Text("not allowed there", "此处不允许"), words[:80], expected)
        return words

    def all_named(
        self, field: str, words: tuple[str, ...], kind: object, expected: Text, most: int
    ) -> tuple[str, ...]:
        """The same for several, at most so many."""
        self.within(field, len(words), 0, most)
        for index, one in enumerate(words):
            self.named(f"{field}[{index}]", one, kind, expected)
        return words

    def region(self, words: str) -> str:
        """Where the user is."""
        expected = Text("a region code, 510100", "行政区划代码，如 510100")
        if words:
            return self.named("region", words, Name, expected)
        what, remedy = Text("where the user is, is not said", "未说明用户所在地区"), same(HOW_TO_SAY_WHERE)
        self.fault("region", what, "", expected, remedy)
        return words

    def alternative(self, field: str, choice: Choice, nodes: int) -> Alternative:
        """`A100:8` for so many hours on so many nodes."""
        match = DEVICES.fullmatch(choice.device)
        limit_s = self.scaled(f"{field}.hours", choice.hours, 3600)
        if match is None:
            expected = Text(
                "a device class and a number, A100:8 or A100:0.5", "卡型与卡数，如 A100:8 或 A100:0.5"
            )
            self.fault(f"{field}.device", Text("not a device", "不是有效的卡型"), choice.device, expected)
            return Alternative("", 1, 1, 1)
        units = self.scaled(f"{field}.device", match[2] or "1", 1000)
        if units < 1:
            self.fault(f"{field}.device", Text("no devices", "卡数为零"), choice.device, same("≥ 0.001"))
        self.named(f"{field}.device", match[1], Name, A_NAME)
        if not 1 <= limit_s <= SECONDS_MOST:
            self.fault(
                f"{field}.hours", Text("not a limit", "不是有效时限"), choice.hours, same("0.001 … 8784")
            )
        return Alternative(match[1], max(units, 1), nodes, max(limit_s, 1))

    def engine_options(self, options: dict[str, str]) -> None:
        """Names that some engine knows, with values that stand on one line."""
        for name, value in options.items():
            if name not in ENGINE_OPTIONS:
                what = Text("no engine has this option", "没有引擎认识这个选项")
                self.fault(f"engine_options.{name}", what, value, same(", ".join(ENGINE_OPTIONS)))
            elif not OPTION_VALUE.fullmatch(value):
                expected = Text("one line of 1 to 200 signs", "一行，1 至 200 个字符")
                self.fault(f"engine_options.{name}", Text("not a value", "不是有效的值"), value, expected)

    def scaled(self, field: str, words: str, scale: int) -> int:
        """A decimal ≥ 0 times `scale`, rounded up to an integer."""
        if not NUMBER.fullmatch(words.strip()):
            self.fault(
                field, Text("not a number", "不是数字"), words, Text("a decimal ≥ 0", "不小于 0 的小数")
            )
            return 0
        whole, _, places = words.strip().partition(".")
        return -(-(int(whole + places) * scale) // 10 ** len(places))

    def within(self, field: str, value: int, least: int, most: int) -> int:
        """An integer between two bounds."""
        if not least <= value <= most:
            self.fault(field, Text("out of range", "超出范围"), str(value), same(f"{least} … {most}"))
            return least
        return value

    def instant(self, field: str, words: str | None) -> int | None:
        """An instant with its offset."""
        if words is None:
            return None
        try:
            return instant(words)
        except ValueError:
            expected = Text(
                "a time with its offset, 2026-03-02T20:00+08:00", "带时区的时间，如 2026-03-02T20:00+08:00"
            )
            self.fault(field, Text("not a time", "不是有效时间"), words, expected)
            return None

    def money(self, field: str, words: str | None) -> int | None:
        """An amount in yuan."""
        if words is None:
            return None
        try:
            amount = micro_from_yuan(words)
        except ValueError:
            amount = -1
        if amount < 0:
            self.fault(
                field,
                Text("not an amount", "不是有效金额"),
                words,
                Text("yuan, such as 120.00", "元，如 120.00"),
            )
        return amount
