"""YAML read into a frozen struct by its own type hints, with every fault at its line, all in one pass.

The text is never turned into floats: numbers, amounts and days are read from the words of the file. A field
`x_micro` is written as `x_yuan` and read as exact decimal yuan. A struct with `short` may be written as one
bare value; a list of one may be written without its dash; `not seen` is none.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import TypeVar, cast

import msgspec
import msgspec.inspect as shapes
import yaml

from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.money import micro_from_yuan
from suanwang.units.text import Text, same

Shape = TypeVar("Shape", bound=msgspec.Struct)

WHOLE = re.compile(r"-?\d{1,3}(?:,\d{3})+|-?\d{1,19}", re.ASCII)
LARGEST = 2**63 - 1
NONE_WORDS = ("not seen", "none", "null", "~", "")
BYTES_MOST = 1_000_000
DEPTH_MOST = 40


AS_EXPECTED = Text("write it as expected", "按要求改写")


class Wrong:
    """The value of a field that could not be read; its fault is already noted."""


WRONG = Wrong()


class Reader:
    """Walks one document; `where` places begin with the file's name."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(
        self, node: yaml.Node, path: str, what: Text, expected: Text, remedy: Text | None = None
    ) -> Wrong:
        """Note a fault at a node; returns the mark that stands for its value."""
        line = node.start_mark.line + 1
        found = str(node.value) if isinstance(node, yaml.ScalarNode) else node.tag.rsplit(":", 1)[-1]
        self.faults.append(
            Fault(
                f"{self.file}:{line} {path}",
                what,
                found[:80],
                expected,
                remedy or AS_EXPECTED,
                kind="wrong_value",
                file=self.file,
                column=path,
                row=line,
            )
        )
        return WRONG

    def read(self, node: yaml.Node, shape: shapes.Type, path: str, money: bool) -> object:
        """The value of a node as `shape`, or WRONG with its fault noted."""
        inner = one_type(shape)
        if inner is not shape:
            if isinstance(node, yaml.ScalarNode) and is_none(node):
                return None
            return self.read(node, inner, path, money)
        if isinstance(shape, shapes.StructType):
            return self.struct(node, shape, path, money)
        if isinstance(shape, shapes.VarTupleType):
            items = node.value if isinstance(node, yaml.SequenceNode) else [node]
            numbered = len(items) > 1 or isinstance(node, yaml.SequenceNode)
            read = [
                self.read(item, shape.item_type, f"{path}[{index}]" if numbered else path, money)
                for index, item in enumerate(cast("list[yaml.Node]", items))
            ]
            return WRONG if any(value is WRONG for value in read) else tuple(read)
        if isinstance(shape, shapes.DictType):
            return self.mapping(node, shape, path, money)
        if not isinstance(node, yaml.ScalarNode):
            return self.fault(node, path, Text("one value is wanted", "应为单个值"), same(name_of(shape)))
        return self.scalar(node, shape, path, money)

    def pairs(self, node: yaml.MappingNode, path: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        """The entries of a mapping; a key that comes twice, or is no word, is a fault."""
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.fault(key, path, Text("a key must be a word", "键必须是词"), same(""))
            elif key.value in seen:
                self.fault(
                    key,
                    f"{path}.{key.value}".lstrip("."),
                    Text("this key comes twice", "键重复"),
                    Text("each key once", "每个键只出现一次"),
                    Text("delete one of the two", "删除其中一个"),
                )
            else:
                seen.add(key.value)
                yield key, value

    def struct(self, node: yaml.Node, shape: shapes.StructType, path: str, money: bool) -> object:
        """A struct from a mapping, or from a bare value where it has a `short` field.

        A field that could not be read has its default; where it has none the whole is WRONG.
        """
        short = getattr(shape.cls, "short", None)
        if not isinstance(node, yaml.MappingNode):
            if short is None or not isinstance(node, yaml.ScalarNode):
                expected = same(", ".join(written_name(field.name) for field in shape.fields))
                return self.fault(node, path, Text("a mapping is wanted", "应为键值对"), expected)
            field = next(field for field in shape.fields if field.name == short)
            value = self.read(node, field.type, path, money)
            return WRONG if value is WRONG else shape.cls(**{short: value})
        fields = {written_name(field.name): field for field in shape.fields}
        values: dict[str, object] = {}
        for key, child in self.pairs(node, path):
            name = str(key.value)
            place = f"{path}.{name}".lstrip(".")
            if name not in fields:
                self.fault(
                    key,
                    place,
                    Text("there is no such field", "没有这个字段"),
                    same(", ".join(fields)),
                    Text("correct the name or delete it", "改正名称或删除"),
                )
                continue
            field = fields[name]
            values[field.name] = self.read(child, field.type, place, money or field.name.endswith("_micro"))
        for name, field in fields.items():
            if field.required and field.name not in values:
                self.fault(
                    node,
                    f"{path}.{name}".lstrip("."),
                    Text("a required field is missing", "缺少必填字段"),
                    same(name_of(field.type)),
                    Text(
                        "add it, or write `not seen` where no source shows it", "补填；来源未见则写 not seen"
                    ),
                )
        right = {name: value for name, value in values.items() if value is not WRONG}
        if any(field.required and field.name not in right for field in shape.fields):
            return WRONG
        return shape.cls(**right)

    def mapping(self, node: yaml.Node, shape: shapes.DictType, path: str, money: bool) -> object:
        """A mapping of free keys; a key `x_yuan` is an amount and becomes `x_micro`."""
        if not isinstance(node, yaml.MappingNode):
            return self.fault(node, path, Text("a mapping is wanted", "应为键值对"), same("key: value"))
        found: dict[str, object] = {}
        for key, child in self.pairs(node, path):
            name = str(key.value)
            amount = name.endswith("_yuan")
            place = f"{path}.{name}"
            value = self.read(child, shape.value_type, place, money or amount)
            found[f"{name[:-5]}_micro" if amount else name] = value
        return WRONG if any(value is WRONG for value in found.values()) else found

    def scalar(self, node: yaml.ScalarNode, shape: shapes.Type, path: str, money: bool) -> object:
        """One plain value."""
        words = str(node.value)
        if isinstance(shape, shapes.UnionType):
            return self.free_value(node, path, money)
        if isinstance(shape, shapes.IntType):
            return self.whole(node, path, money)
        if isinstance(shape, shapes.BoolType):
            if words in ("true", "false"):
                return words == "true"
            return self.fault(node, path, Text("not a truth value", "不是真假值"), same("true / false"))
        if isinstance(shape, shapes.DateType):
            try:
                return date.fromisoformat(words)
            except ValueError:
                return self.fault(node, path, Text("not a day", "不是日期"), same("YYYY-MM-DD"))
        if isinstance(shape, shapes.LiteralType):
            if words in shape.values:
                return words
            allowed = same(" / ".join(str(value) for value in shape.values))
            return self.fault(node, path, Text("not one of the choices", "不在可选值中"), allowed)
        if not words.strip():
            return self.fault(node, path, Text("empty", "为空"), Text("words", "文字"))
        return words

    def whole(self, node: yaml.ScalarNode, path: str, money: bool) -> object:
        """An integer, or an amount in yuan as integer micro-yuan; either fits in 64 bits."""
        words = str(node.value).strip()
        if money:
            try:
                amount = micro_from_yuan(words)
            except ValueError:
                return self.fault(
                    node,
                    path,
                    Text("not an amount in yuan", "不是以元计的金额"),
                    Text("yuan, at most 6 decimals: 1,250.50", "元，最多 6 位小数：1,250.50"),
                )
        elif WHOLE.fullmatch(words):
            amount = int(words.replace(",", ""))
        else:
            return self.fault(node, path, Text("not a whole number", "不是整数"), Text("an integer", "整数"))
        if abs(amount) > LARGEST:
            return self.fault(node, path, Text("too large", "数值过大"), same(f"≤ {LARGEST:,}"))
        return amount

    def free_value(self, node: yaml.ScalarNode, path: str, money: bool) -> object:
        """A truth value, an integer or words, by how it is written; quotes make words."""
        words = str(node.value)
        if money:
            return self.whole(node, path, True)
        if not node.style and words in ("true", "false"):
            return words == "true"
        if not node.style and WHOLE.fullmatch(words):
            return self.whole(node, path, False)
        return words


def is_none(node: yaml.ScalarNode) -> bool:
    """Whether the words say that there is no value."""
    return not node.style and str(node.value).strip().lower() in NONE_WORDS


def one_type(shape: shapes.Type) -> shapes.Type:
    """The other type of a union with None; any other type as it is."""
    if isinstance(shape, shapes.UnionType) and any(isinstance(kind, shapes.NoneType) for kind in shape.types):
        return next(kind for kind in shape.types if not isinstance(kind, shapes.NoneType))
    return shape


def written_name(field: str) -> str:
    """The key of a field in a file: `cap_micro` is written `cap_yuan`."""
    return f"{field[:-6]}_yuan" if field.endswith("_micro") else field


def name_of(shape: shapes.Type) -> str:
    """What a type is called in a fault."""
    return type(shape).__name__.removesuffix("Type").lower()


def read_yaml(data: bytes, file: str, shape: type[Shape]) -> Shape:
    """The struct in a YAML document. Raises InvalidInput with every fault of shape and value."""
    value, faults = read_parts(data, file, shape)
    if value is None or faults:
        raise InvalidInput(faults)
    return value


def read_parts(data: bytes, file: str, shape: type[Shape]) -> tuple[Shape | None, list[Fault]]:
    """What can be read of the struct, None where that is too little; and every fault, for who finds more.

    Raises InvalidInput where the document cannot be read at all.
    """
    reader = Reader(file)
    value = reader.read(compose(data, file), shapes.type_info(shape), "", False)
    return None if value is WRONG else cast(Shape, value), reader.faults


def refused_outright(text: str, file: str) -> Fault | None:
    """Aliases and deep nesting, found event by event before anything is built: both can blow up."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            return Fault(file, Text("anchors and aliases are not allowed", "不允许锚点与别名"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MOST:
            return Fault(file, Text("nested too deeply", "嵌套过深"), expected=same(f"≤ {DEPTH_MOST}"))
    return None


def compose(data: bytes, file: str) -> yaml.Node:
    """The node tree of a document. Raises InvalidInput where it is no single, plain YAML document."""
    fault: Fault | None = None
    node: yaml.Node | None = None
    if len(data) > BYTES_MOST:
        fault = Fault(file, Text("too large for a rule file", "文件过大"), f"{len(data):,} bytes")
    else:
        try:
            text = data.decode("utf-8")
            fault = refused_outright(text, file)
            if fault is None:
                node = cast("yaml.Node | None", yaml.compose(text, Loader=yaml.CSafeLoader))
        except UnicodeDecodeError as error:
            fault = Fault(file, Text("not UTF-8", "不是 UTF-8 编码"), f"byte {error.start}")
        except (yaml.YAMLError, RecursionError) as error:
            fault = Fault(file, Text("not YAML", "不是合法的 YAML"), " ".join(str(error).split())[:200])
    if fault is None and node is None:
        fault = Fault(file, Text("the file is empty", "文件为空"))
    if fault is not None:
        raise InvalidInput([fault])
    return cast(yaml.Node, node)
