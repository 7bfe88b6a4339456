"""A job file: what its user asks for, in the shape that users of this field know, checked field by field.

Amounts, times and numbers are read from the words of the file; nothing passes through a float. The spec goes
into the platform; script, environment, secrets and file names go beside its log.
"""

import re
from pathlib import Path

import msgspec

from suanwang.feeds.purchase_file import read_file
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


class Choice(msgspec.Struct, frozen=True):
    """One alternative: `device: "A100:8"` on each node, for at most `hours`."""

    device: str
    hours: str = "1"


class Resources(msgspec.Struct, frozen=True):
    """Any of the alternatives will do."""

    any_of: tuple[Choice, ...]


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
    """The file, field by field."""

    resources: Resources
    run: str
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


def read_job_file(path: Path, region: str) -> JobFile:
    """The job of a YAML file; `region` is its user's where the file names none. Raises InvalidInput."""
    return job_of(read_file(path, Form), path.name, region)


def job_of(form: Form, file: str, region: str) -> JobFile:
    """The job that a form asks for. Raises InvalidInput with every fault."""
    reader = FormReader(file)
    nodes = reader.within("num_nodes", form.num_nodes, 1, 100_000)
    shape = Shape(
        alternatives=tuple(
            reader.alternative(f"resources.any_of[{index}]", choice, nodes)
            for index, choice in enumerate(form.resources.any_of)
        ),
        region=form.region or region,
        data_region=form.data.region or "",
        in_nano_gb=reader.scaled("data.in_gb", form.data.in_gb, NANO_GB_PER_GB),
        out_nano_gb=reader.scaled("data.out_gb", form.data.out_gb, NANO_GB_PER_GB),
        max_rtt_us=reader.scaled("latency.max_rtt_ms", form.latency.max_rtt_ms or "0", 1000),
        latency_class=form.latency.stays,
        min_grade=reader.within("security.min_grade", form.security.min_grade, 1, 5),
        residency=form.data.residency,
        cpus=reader.within("cpus", form.cpus, 0, 100_000),
        memory_mb=reader.scaled("memory_gb", form.memory_gb, 1024),
    )
    if not form.resources.any_of:
        reader.fault(
            "resources.any_of", Text("no alternative", "没有可选方案"), "", same('{device: "A100:8"}')
        )
    spec = JobSpec(
        name=form.name,
        shape=shape,
        project=form.project,
        not_before_at=reader.instant("not_before", form.not_before) or 0,
        deadline_at=reader.instant("deadline", form.deadline),
        priority=reader.within("priority", form.priority, -1000, 1000),
        depends_on=form.depends_on,
        array=reader.within("array", form.array, 1, ARRAY_MOST),
        preemptible=form.preemptible,
        checkpoint=form.checkpoint_path is not None,
        max_price_micro=reader.money("max_price", form.max_price),
        voucher=form.voucher,
        lost_after_s=60 * reader.within("lost_after_minutes", form.lost_after_minutes, 1, 10_080),
    )
    reader.engine_options(form.engine_options)
    if reader.faults:
        raise InvalidInput(reader.faults)
    return JobFile(
        spec, form.setup or "", form.run, form.env, form.secrets, form.inputs, form.outputs,
        form.checkpoint_path or "", form.engine_options,
    )  # fmt: skip


class FormReader:
    """Turns words into integers and notes what cannot be."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, field: str, what: Text, found: str, expected: Text) -> None:
        """Note one fault."""
        self.faults.append(
            Fault(f"{self.file} {field}", what, found, expected, kind="wrong_value", column=field)
        )

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
