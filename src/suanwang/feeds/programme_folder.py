"""Programme files: read, filled in from their own defaults, checked and compiled, all faults at once."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec

from suanwang.feeds.yaml_shape import read_yaml
from suanwang.model.programme import Programme, Value
from suanwang.policy.programme_checks import check_programme
from suanwang.policy.rules import Rules, compile_programme
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

BUILT_IN = Path(__file__).parent / "programmes"
"""The programmes that come with the package."""

CORRECT = Text("correct the file, then `suanwang programme check` it", "改正文件后再次校验")

CRITERIA = Path(__file__).parent / "criteria"
"""Criteria of cultivation libraries, in the same form."""


def read_programme(path: Path) -> Rules:
    """One programme file, compiled. Raises InvalidInput with every fault."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            [Fault(str(path), Text("cannot be read", "无法读取"), str(error.strerror or error))]
        ) from error
    return programme_from_bytes(data, path.name)


def programme_from_bytes(data: bytes, file: str) -> Rules:
    """A programme from the bytes of its file. Raises InvalidInput with every fault."""
    programme = inherit(read_yaml(data, file, Programme))
    faults = check_programme(programme)
    compile_programme(programme, faults)
    if faults:
        told = [
            msgspec.structs.replace(fault, file=file, remedy=fault.remedy if fault.remedy.en else CORRECT)
            for fault in faults
        ]
        raise InvalidInput(told)
    return Rules(programme, sha256(data).hexdigest())


def read_programmes(folder: Path = BUILT_IN) -> tuple[Rules, ...]:
    """Every programme of a folder, in the order of their ids. Raises InvalidInput with all faults of all."""
    return gather(sorted(folder.glob("*.yaml")), folder)


def gather(paths: Iterable[Path], folder: Path) -> tuple[Rules, ...]:
    """Every file read; the faults of all of them raised together, an id that comes twice among them."""
    rules: list[Rules] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            rules.append(read_programme(path))
        except InvalidInput as error:
            faults.extend(error.faults)
    if not rules and not faults:
        faults.append(
            Fault(
                str(folder),
                Text("no programme here", "此处没有方案"),
                "",
                Text("*.yaml files", "*.yaml 文件"),
                Text("name a folder of programme files", "指定方案文件夹"),
            )
        )
    names = [rule.programme.programme for rule in rules]
    faults.extend(
        Fault(str(folder), Text("this programme id comes twice", "方案编号重复"), name)
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    if faults:
        raise InvalidInput(faults)
    return tuple(sorted(rules, key=lambda rule: rule.programme.programme))


def inherit(programme: Programme) -> Programme:
    """The programme with every value dated, cited and marked: what it leaves out is its programme's."""
    if not programme.citations:
        return programme
    first = programme.citations[0]
    marks = {citation.cite: citation.mark for citation in programme.citations}

    def fill(item: msgspec.Struct) -> msgspec.Struct:
        changes: dict[str, object] = {}
        for name in item.__struct_fields__:
            value = getattr(item, name)
            if isinstance(value, msgspec.Struct):
                changes[name] = fill(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
                changes[name] = tuple(fill(part) for part in value)
        fields = item.__struct_fields__
        if "mark" in fields and "cite" in fields and "document" not in fields:
            cite = getattr(item, "cite") or first.cite  # noqa: B009
            changes["mark"] = getattr(item, "mark") or marks.get(cite, first.mark)  # noqa: B009
            changes["cite"] = cite
        if isinstance(item, Value):
            changes["effective_from"] = item.effective_from or programme.effective_from
            changes["effective_to"] = item.effective_to or programme.effective_to
        return msgspec.structs.replace(item, **changes) if changes else item

    filled = fill(programme)
    assert isinstance(filled, Programme)
    return filled
