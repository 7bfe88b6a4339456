"""CEL expressions of programmes: compiled once, checked against the declared inputs, evaluated three-valued.

CEL's integers refuse overflow and never mix with floats; a float in an expression is refused here.
"""

import re
from typing import TYPE_CHECKING, cast

import msgspec

from suanwang.policy.inputs import InputType, InputValue, Subject
from suanwang.units.errors import Fault
from suanwang.units.text import Text, same

if TYPE_CHECKING:
    import cel

FLOAT = re.compile(r"(?<![\w.'\"])\d+\.\d*|\bdouble\s*\(")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
LAZY = re.compile(r"&&|\|\||\?")
SAMPLE: dict[InputType, tuple[InputValue, ...]] = {
    "whole": (0, 1),
    "truth": (False, True),
    "text": ("", "51"),
}
TYPE_OF: dict[type, InputType] = {int: "whole", bool: "truth", str: "text"}


UNUSABLE = (RuntimeError, TypeError, ValueError, ArithmeticError)
"""What CEL raises for an unknown name, a wrong type, an overflow or a division by zero."""


PYTHON_TYPE: dict[InputType, type] = {"whole": int, "truth": bool, "text": str}


class Expression(msgspec.Struct, frozen=True):
    """A compiled expression. `needs` are the inputs it names; `lazy`: it may answer without all of them."""

    source: str
    program: "cel.Program"
    needs: frozenset[str]
    lazy: bool
    result: type

    def answer(self, subject: Subject) -> InputValue | None:
        """Its value for the subject, or None where a value it needs is not known or not usable."""
        if not self.lazy and not self.needs <= subject.known:
            return None
        try:
            value = cast(InputValue, self.program.execute(subject.context))
        except UNUSABLE:
            return None
        return value if type(value) is self.result else None

    def missing(self, subject: Subject) -> tuple[str, ...]:
        """The inputs that keep it from answering: those not known, or all where one has a wrong type."""
        return tuple(sorted(self.needs - subject.known or self.needs))


def compile_program(source: str) -> "cel.Program":
    """The program of an expression. Raises ValueError where it is none."""
    import cel  # only who decides by programmes pays for loading it

    return cel.compile(source)


def compile_expression(
    source: str, result: InputType, declared: dict[str, InputType], where: str, faults: list[Fault]
) -> Expression | None:
    """The compiled expression, or None with its faults added: syntax, floats, names, type of the result."""
    bare = QUOTED.sub("''", source)
    if FLOAT.search(bare):
        faults.append(
            Fault(
                where,
                Text("a predicate may not use floats", "条件中不得使用浮点数"),
                source,
                Text("integers: micro-yuan, basis points", "整数：微元、基点"),
            )
        )
        return None
    try:
        program = compile_program(source)
    except ValueError as error:
        faults.append(
            Fault(
                where, Text("not a CEL expression", "不是合法的 CEL 表达式"), source, same(str(error)[:200])
            )
        )
        return None
    needs = frozenset(program.variables())
    unknown = sorted(needs - declared.keys())
    if unknown:
        faults.append(
            Fault(
                where,
                Text("names an input that is not declared", "使用了未声明的输入"),
                ", ".join(unknown),
                Text(
                    "a declared input, or a fact listed under `facts`",
                    "已声明的输入，或在 facts 中列出的事实",
                ),
                Text("declare the fact or correct the name", "声明该事实或改正名称"),
            )
        )
        return None
    expression = Expression(source, program, needs, bool(LAZY.search(bare)), PYTHON_TYPE[result])
    found = result_type(expression, declared)
    if found != result:
        faults.append(
            Fault(
                where,
                Text("the expression has the wrong type", "表达式类型不对"),
                f"{source} → {found}",
                same(result),
            )
        )
        return None
    return expression


def result_type(expression: Expression, declared: dict[str, InputType]) -> str:
    """The type of the result over sample values of each declared type, or the error that they cause."""
    found: set[str] = set()
    for turn in (0, 1):
        sample = {name: SAMPLE[declared[name]][turn] for name in expression.needs}
        try:
            value = expression.program.execute(sample)
        except ZeroDivisionError:
            continue
        except (RuntimeError, TypeError, ValueError, OverflowError) as error:
            return str(error)[:120]
        found.add(TYPE_OF.get(type(value), type(value).__name__))
    return " and ".join(sorted(found)) or "nothing"


class Bundle(msgspec.Struct, frozen=True):
    """Several expressions evaluated in one call where everything they name is known and of its type.

    `types`: the Python type that each fact of the programme must have.
    """

    expressions: tuple[Expression, ...]
    program: "cel.Program | None"
    needs: frozenset[str]
    types: tuple[tuple[str, type], ...]

    @classmethod
    def of(cls, expressions: tuple[Expression, ...], facts: dict[str, InputType]) -> "Bundle":
        """The bundle of these expressions, in their order, over these facts."""
        needs = frozenset(name for expression in expressions for name in expression.needs)
        source = "[" + ", ".join(f"({expression.source})" for expression in expressions) + "]"
        types = tuple((name, PYTHON_TYPE[kind]) for name, kind in facts.items())
        return cls(expressions, compile_program(source) if expressions else None, needs, types)

    def answers(self, subject: Subject) -> list[InputValue | None]:
        """The value of each expression, None where it needs what is not known or not of its type."""
        if self.program is None:
            return []
        values, known = subject.values, subject.known
        wrong = [name for name, kind in self.types if name in known and type(values[name]) is not kind]
        if not wrong and self.needs <= known:
            try:
                return cast("list[InputValue | None]", self.program.execute(subject.context))
            except UNUSABLE:
                pass
        answers: list[InputValue | None] = []
        for expression in self.expressions:
            # what can be told without asking CEL is told here: most facts of most firms are not known
            silent = not expression.lazy and not expression.needs <= known
            if silent or (wrong and not expression.needs.isdisjoint(wrong)):
                answers.append(None)
            else:
                answers.append(expression.answer(subject))
        return answers
