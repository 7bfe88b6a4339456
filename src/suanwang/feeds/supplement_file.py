"""Supplements from YAML files, laid over the programmes that they name; every fault at once."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from suanwang.feeds.yaml_shape import read_yaml
from suanwang.policy.rules import Rules
from suanwang.policy.supplement import Supplement, supplemented
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


def read_supplement(path: Path) -> tuple[Supplement, str]:
    """A supplement and the SHA-256 of its file in hex. Raises InvalidInput with every fault."""
    try:
        data = path.read_bytes()
    except OSError as error:
        what, remedy = Text("cannot be read", "无法读取"), Text("check the path", "检查路径")
        raise InvalidInput([Fault(str(path), what, str(error.strerror or error), remedy=remedy)]) from error
    return read_yaml(data, path.name, Supplement), sha256(data).hexdigest()


def lay_over(rules: Sequence[Rules], paths: Sequence[Path]) -> tuple[Rules, ...]:
    """The programmes with every supplement laid over the one that it names. Raises InvalidInput."""
    found = {rule.programme.programme: rule for rule in rules}
    faults: list[Fault] = []
    done: set[str] = set()
    for path in paths:
        try:
            supplement, digest = read_supplement(path)
            name = supplement.programme
            if name in done:
                what = Text("a second supplement for this programme", "同一方案有两个补充文件")
                remedy = Text("put both into one file", "合并为一个文件")
                raise InvalidInput([Fault(path.name, what, name, remedy=remedy)])
            if name not in found:
                what = Text("no such programme", "没有这个方案")
                remedy = Text("correct the id", "改正编号")
                raise InvalidInput([Fault(path.name, what, name, same(", ".join(found)), remedy)])
            done.add(name)
            found[name] = supplemented(found[name], supplement, digest)
        except InvalidInput as error:
            faults += [msgspec.structs.replace(fault, file=path.name) for fault in error.faults]
    if faults:
        raise InvalidInput(faults)
    return tuple(found.values())
