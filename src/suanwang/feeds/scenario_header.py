"""`scenario.yaml`: read field by field, every scalar as the text that was written."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from suanwang.feeds.findings import Findings
from suanwang.feeds.table_files import did_you_mean
from suanwang.feeds.text_encoding import likely_encoding, tell_encoding, wide_encoding
from suanwang.model.scenario import ScenarioHeader
from suanwang.units.text import Text, same

HEADER_FILE = "scenario.yaml"
WHOLE = re.compile(r"[+-]?[0-9]+")
SHARE = re.compile(r"[0-9]*\.?[0-9]+([eE]-?[0-9]+)?|[0-9]+\.")
DIGITS_MOST = 18
YEAR_LEAST, YEAR_MOST = 1900, 9000
"""The longest horizon, three centuries, ends before the last instant that a date can tell, in year 9999."""


class Field(msgspec.Struct, frozen=True):
    """One field of the header. `doubtful_*` bound what is plausible, as in the schema of the tables."""

    name: str
    about: Text
    expected: Text
    required: bool = True
    least: int = 0
    most: int = 0
    doubtful_below: int = 0
    doubtful_above: int | None = None


FIELDS = (
    Field("name", Text("name of the scenario", "场景名称"), Text("text", "文字")),
    Field(
        "start",
        Text("start of slot 0, with its offset", "时段 0 的起点，带时区偏移"),
        Text(
            "an instant with offset, 2026-03-02T00:00:00+08:00",
            "带时区偏移的时刻，如 2026-03-02T00:00:00+08:00",
        ),
    ),
    Field(
        "slot_minutes",
        Text("length of a slot, minutes", "时段长度，分钟"),
        Text("a whole number 1 .. 1440", "整数 1 .. 1440"),
        least=1,
        most=1440,
    ),
    Field(
        "slots",
        Text("number of slots", "时段数"),
        Text("a whole number 1 .. 100,000", "整数 1 .. 100,000"),
        least=1,
        most=100_000,
    ),
    Field(
        "carbon_price_micro_per_kg",
        Text("carbon price, micro-yuan per kg", "碳价，微元/千克"),
        Text("a whole number of micro-yuan ≥ 0", "非负整数，微元"),
        most=10**9,
        doubtful_below=5_000,
        doubtful_above=5_000_000,
    ),
    Field(
        "data_cost_micro_per_gb_1000km",
        Text("moving data, micro-yuan per GB and 1000 km", "数据传输费，微元/GB/千公里"),
        Text("a whole number of micro-yuan ≥ 0", "非负整数，微元"),
        most=10**9,
        doubtful_below=2_000,
        doubtful_above=20_000_000,
    ),
    Field(
        "pack_margin",
        Text("share of every pool kept free", "每个资源池保留的空闲比例"),
        Text("a share, 0 ≤ share < 1", "比例，0 ≤ 值 < 1"),
        required=False,
    ),
)
FIELD_NAMES = tuple(field.name for field in FIELDS)


def read_header(folder: Path, findings: Findings) -> ScenarioHeader | None:
    """The header of the folder, or None with its faults in `findings`."""
    path = folder / HEADER_FILE
    node = root_node(path, findings)
    if node is None:
        return None
    before = len(findings.errors)
    values: dict[str, Any] = {}
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        field = next((one for one in FIELDS if one.name == name), None)
        if field is None:
            tell_unknown(name, line, seen, findings)
            continue
        if name in seen:
            tell(
                findings,
                "duplicate_field",
                name,
                line,
                Text("the field is there twice", "字段重复"),
                name,
                field,
            )
            continue
        seen.add(name)
        if not isinstance(value, yaml.ScalarNode):
            what = Text("a list or map in place of a value", "应为单个值，却是列表或映射")
            tell(findings, "wrong_type", name, line, what, "", field)
            continue
        parsed = read_field(field, str(value.value), line, findings)
        if parsed is not None:
            values[name] = parsed
    for field in FIELDS:
        if field.required and field.name not in seen:
            findings.note(
                "missing_field",
                f"{HEADER_FILE} {field.name}",
                Text(f"a field is missing: {field.about.en}", f"缺少字段：{field.about.zh}"),
                expected=field.expected,
                remedy=Text(f"add the line {field.name}: …", f"补上一行 {field.name}: …"),
                file=HEADER_FILE,
                column=field.name,
            )
    if len(findings.errors) > before:
        return None
    return ScenarioHeader(**values)


def root_node(path: Path, findings: Findings) -> yaml.MappingNode | None:
    """The parsed file as nodes, so that no value is guessed at and every line number is known."""
    text = header_text(path, findings)
    if text is None:
        return None
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        deep = isinstance(error, RecursionError)
        problem = str(
            getattr(error, "problem", None) or ("nested too deeply" if deep else "cannot be parsed")
        )
        findings.note(
            "not_yaml",
            f"{HEADER_FILE} row {line}",
            Text(f"not YAML: {problem}", f"不是合法的 YAML：{problem}"),
            expected=Text("lines of the form name: value", "形如 name: value 的行"),
            remedy=Text("mend the line; indent with spaces, not tabs", "修改该行；缩进用空格，不用制表符"),
            file=HEADER_FILE,
            row=line,
        )
        return None
    if not isinstance(node, yaml.MappingNode):
        findings.note(
            "not_yaml",
            HEADER_FILE,
            Text("empty, or not a map of fields", "为空，或不是字段映射"),
            expected=same(", ".join(FIELD_NAMES)),
            remedy=Text("write the fields, one a line", "每行写一个字段"),
        )
        return None
    return node


def header_text(path: Path, findings: Findings) -> str | None:
    """The file as text, or None with the fault that hides it."""
    try:
        # a pipe would be waited for without end
        special = path.exists() and not (path.is_file() or path.is_dir())
        content = b"" if special else path.read_bytes()
    except FileNotFoundError:
        near = [name.name for name in sorted(path.parent.glob("*.y*ml"))]
        remedy = (
            Text(f"rename {near[0]} to {HEADER_FILE}", f"将 {near[0]} 改名为 {HEADER_FILE}")
            if near
            else Text("add it; see docs/scenario-format.md", "补上该文件，见 docs/scenario-format.md")
        )
        findings.note(
            "missing_header",
            HEADER_FILE,
            Text("the file is missing", "缺少文件"),
            expected=same(", ".join(FIELD_NAMES)),
            remedy=remedy,
        )
        return None
    except IsADirectoryError:
        findings.note(
            "directory",
            HEADER_FILE,
            Text("a directory in place of a file", "应为文件，却是目录"),
            expected=Text("a file", "文件"),
            remedy=Text("put the file itself there", "改为文件"),
        )
        return None
    except OSError as error:
        reason = str(error.strerror)
        refused = isinstance(error, PermissionError)
        findings.note(
            "unreadable",
            HEADER_FILE,
            Text(f"cannot be read ({reason})", f"无法读取（{reason}）"),
            remedy=same(f"chmod u+r {HEADER_FILE}")
            if refused
            else Text("put the file itself there", "放入文件本身"),
        )
        return None
    if special:
        findings.note(
            "unreadable",
            HEADER_FILE,
            Text("not a regular file", "不是普通文件"),
            remedy=Text("put the file itself there", "放入文件本身"),
        )
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = wide_encoding(content) or likely_encoding(content)
        tell_encoding(HEADER_FILE, encoding, content[: error.start].count(b"\n") + 1, findings)
        return None


def tell(
    findings: Findings,
    kind: str,
    name: str,
    line: int,
    what: Text,
    found: str,
    field: Field,
    warning: bool = False,
) -> None:
    """Adds a fault of one field."""
    findings.note(
        kind,
        f"{HEADER_FILE} row {line} {name}",
        what,
        found=found,
        expected=field.expected,
        remedy=Text(f"{name} is: {field.about.en}", f"{name} 表示：{field.about.zh}"),
        warning=warning,
        file=HEADER_FILE,
        column=name,
        row=line,
    )


def tell_unknown(name: str, line: int, seen: set[str], findings: Findings) -> None:
    """Adds the fault of a field that the format does not have, with the nearest that it has."""
    free = [one for one in FIELD_NAMES if one not in seen]
    findings.note(
        "unknown_field",
        f"{HEADER_FILE} row {line} {name}",
        Text("a field that the format does not have", "格式中没有这个字段"),
        found=name,
        expected=Text("one of: " + ", ".join(FIELD_NAMES), "以下之一：" + ", ".join(FIELD_NAMES)),
        remedy=did_you_mean(name, free, Text("remove the line", "删去该行")),
        file=HEADER_FILE,
        column=name,
        row=line,
    )


def read_field(field: Field, text: str, line: int, findings: Findings) -> object | None:
    """The value of one field, or None with its fault."""
    reader: Callable[[Field, str], tuple[object | None, Text | None]]
    reader = {"name": read_name, "start": read_start, "pack_margin": read_share}.get(field.name, read_whole)
    value, wrong = reader(field, text.strip())
    if wrong is not None:
        tell(findings, "header_value", field.name, line, wrong, text, field)
        return None
    if isinstance(value, int) and is_doubtful(field, value):
        what = Text("suspicious: is the unit right?", "数值可疑：单位是否正确？")
        tell(findings, "doubtful_unit", field.name, line, what, text, field, warning=True)
    return value


def is_doubtful(field: Field, value: int) -> bool:
    """True for a figure that is valid but hardly plausible; zero is a choice."""
    above = field.doubtful_above
    return above is not None and (value > above or 0 < value < field.doubtful_below)


def read_name(_field: Field, text: str) -> tuple[object | None, Text | None]:
    """A name for people."""
    return (text, None) if text else (None, Text("empty", "为空"))


def read_start(_field: Field, text: str) -> tuple[object | None, Text | None]:
    """An instant with its offset."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        return None, Text("not an instant", "不是合法的时刻")
    if start.tzinfo is None:
        return None, Text("without an offset from UTC", "缺少时区偏移")
    if not YEAR_LEAST <= start.year <= YEAR_MOST:
        years = f"{YEAR_LEAST} .. {YEAR_MOST}"
        return None, Text(f"not in the years {years}", f"不在 {years} 年之内")
    return start, None


def read_whole(field: Field, text: str) -> tuple[object | None, Text | None]:
    """A whole number within the field's bounds; never by way of a float."""
    if not WHOLE.fullmatch(text):
        return None, Text("not a whole number", "不是整数")
    if len(text.lstrip("+-0")) > DIGITS_MOST:
        return None, Text("too large", "数值过大")
    value = int(text)
    if not field.least <= value <= field.most:
        return None, Text(f"outside {field.least} .. {field.most:,}", f"超出 {field.least} .. {field.most:,}")
    return value, None


def read_share(_field: Field, text: str) -> tuple[object | None, Text | None]:
    """A share, at least 0 and below 1."""
    if not SHARE.fullmatch(text):
        return None, Text("not a share", "不是比例")
    value = float(text)
    if not value < 1:
        return None, Text("not below 1; a share, not per cent", "不小于 1；应为比例，不是百分数")
    return value, None


def header_yaml(header: ScenarioHeader) -> bytes:
    """The header as the bytes of `scenario.yaml`."""
    fields: dict[str, Any] = {
        "name": header.name,
        "start": header.start.isoformat(),
        "slot_minutes": header.slot_minutes,
        "slots": header.slots,
        "carbon_price_micro_per_kg": header.carbon_price_micro_per_kg,
        "data_cost_micro_per_gb_1000km": header.data_cost_micro_per_gb_1000km,
    }
    if header.pack_margin:
        fields["pack_margin"] = header.pack_margin
    # YAML folds the line ends of Unicode unless they are escaped.
    readable = not any(mark in header.name for mark in "\x85\u2028\u2029")
    return yaml.safe_dump(fields, allow_unicode=readable, sort_keys=False, width=1000).encode()
