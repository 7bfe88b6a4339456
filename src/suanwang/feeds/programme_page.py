"""The page of programmes, made from the structs, the inputs and the programme files.

`python -m suanwang.feeds.programme_page > docs/programmes.md`
"""

import sys
from typing import cast

import msgspec
import msgspec.inspect as shapes

from suanwang.feeds.programme_folder import read_programmes
from suanwang.feeds.yaml_shape import written_name
from suanwang.model import programme as nouns
from suanwang.model.programme_fields import PROGRAMME_FIELDS
from suanwang.policy.explanation import open_points
from suanwang.policy.inputs import DECLARED
from suanwang.policy.rules import Rules

HEAD = """# Programmes · 扶持方案

This page is generated (`python -m suanwang.feeds.programme_page`). 本页由程序生成。

A programme of public support is one YAML file. `suanwang programme list | show | check | evaluate |
fairness | survey` work on them, `suanwang entitlement` answers what one enterprise is entitled to for
one purchase. Those that come with the package are in `src/suanwang/feeds/programmes`; `--programmes
DIR` uses others, and every action on one programme takes a file in place of an id. An operator who
knows a value that no source here shows supplies it with `--supplement FILE`, marked as assumed (see
[vouchers](vouchers.md)); who has a source copies the file, writes the value with its citation, and names
the copy.

## How a decision is made · 决定如何作出

1. The enterprise, its purchase and the day become **inputs** (table below). What is not known is left
   out: it is never false and never zero. What was had before and what the pool holds come from the
   books as a *position*; a programme never reads the ledger.
2. Every clause answers *holds*, *fails* or *not known*. One that fails refuses; else one that is not
   known leaves the decision **undecided** and names the missing fact. A figure with a bound says by how
   much.
3. The amount: base, then the method of the alternative that applies, then every cap in turn: the
   alternative's, what was had before where the difference is made up, per claim, per enterprise and
   period, the pool, and the share of the cost that all support together may reach (the whole cost
   unless the text says less). Integers in micro-yuan; a rate is rounded **down**, nothing else rounds.
   Payers' shares sum exactly (largest remainders).
4. A value that no source shows (`not seen`) is never a number: the decision is undecided and names it.
   A value that a text states ambiguously (`readings`) decides only where all readings give the same
   amount.
5. The decision keeps the SHA-256 of the rule file and of its inputs, so it can be made again years
   later.

The best lawful combination is found by exact search: no member excludes another by either side's text,
programmes that do not stack stand alone on their cost, and support on the same cost stays within the
smallest share that a member allows.

最优合法组合由精确搜索得出：互斥者不同列，
同一费用的补贴合计不超过各方允许的最小占比。

Two routes. **Deducted at purchase**: application → review → grant, or the waiting list while the pool
holds too little (nobody overtakes) → hold at placement, which is the ledger's. **Reimbursed after
payment**: claim with contract, invoices (发票) and evidence → check → approved, returned with everything
to be corrected, or refused → paid, in parts or whole → clawed back within its days, from each payer its
own share.

Fair competition (`programme fairness`): each programme is tried with a supplier of its own region and
with one from elsewhere. A difference that its text states is reported for review; one that no text
carries is a finding.

## The file · 文件格式

Amounts are written in yuan under keys that end in `_yuan` (at most 6 decimals, `1,250.50`) and read
exactly; rates are basis points; days are `YYYY-MM-DD`. Grouping commas do not work inside `{}` and
`[]`. A list of one may be written without its dash, and a value with nothing but its number as the bare
number. Dates, citation and mark that a value leaves out are its programme's. A citation field that the
source does not show reads `not seen`. Anchors and aliases are not read. Predicates are CEL over
integers, truth values and text; floats are refused, integers never overflow silently.
"""


def kind_of(shape: shapes.Type) -> str:
    """The type of a field in words."""
    if isinstance(shape, shapes.UnionType):
        named = [kind_of(part) for part in shape.types if not isinstance(part, shapes.NoneType)]
        optional = len(named) < len(shape.types)
        return " / ".join(sorted(named)) + (" or `not seen`" if optional else "")
    if isinstance(shape, shapes.VarTupleType):
        return f"list of {kind_of(shape.item_type)}"
    if isinstance(shape, shapes.StructType):
        return shape.cls.__name__
    if isinstance(shape, shapes.LiteralType):
        return " / ".join(f"`{value}`" for value in sorted(str(value) for value in shape.values))
    if isinstance(shape, shapes.DictType):
        return f"name: {kind_of(shape.value_type)}"
    names: dict[type, str] = {
        shapes.StrType: "text",
        shapes.IntType: "whole",
        shapes.BoolType: "truth",
        shapes.DateType: "day",
    }
    return names[type(shape)]


def field_tables() -> list[str]:
    """A table for every struct of the file."""
    lines: list[str] = []
    for name, fields in PROGRAMME_FIELDS.items():
        shape = cast(shapes.StructType, shapes.type_info(cast("type[msgspec.Struct]", getattr(nouns, name))))
        lines += [
            f"\n### {name}\n",
            "| field | value | required | what it is | 说明 |",
            "|---|---|---|---|---|",
        ]
        for field in shape.fields:
            about = fields[field.name]
            required = "yes" if field.required else ""
            written = written_name(field.name)
            lines.append(f"| `{written}` | {kind_of(field.type)} | {required} | {about.en} | {about.zh} |")
    return lines


def input_table() -> list[str]:
    """The declared inputs."""
    lines = [
        "\n## Declared inputs · 声明的输入\n",
        "| input | type | what it is | 说明 |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {need.type} | {need.about.en} | {need.about.zh} |" for name, need in DECLARED.items()
    ]
    return lines


def programme_table(rules: tuple[Rules, ...]) -> list[str]:
    """Every programme with its source."""
    lines = [
        f"\n## The {len(rules)} programmes · 方案一览\n",
        "| id | name | 名称 | redemption | in force | source | mark |",
        "|---|---|---|---|---|---|---|",
    ]
    for rule in rules:
        one, source = rule.programme, rule.programme.citations[0]
        span = f"{one.effective_from or 'not seen'} – {one.effective_to or 'not seen'}"
        lines.append(
            f"| `{one.programme}` | {one.name.en} | {one.name.zh} | {one.redemption} | {span} "
            f"| {source.document}; {source.read_in} | {source.mark} |"
        )
    return lines


def open_table(rules: tuple[Rules, ...]) -> list[str]:
    """What is open in every programme."""
    lines = [
        "\n## What is open · 未决事项\n",
        "What no source shows, what is assumed, and what a text leaves open.\n",
        "| programme | what is open | 事项 |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{rule.programme.programme}` | {point.en} | {point.zh} |"
        for rule in rules
        for point in open_points(rule.programme)
    ]
    return lines


def programme_page() -> str:
    """The whole page."""
    rules = read_programmes()
    lines = [*field_tables(), *input_table(), *programme_table(rules), *open_table(rules)]
    return HEAD + "\n".join(line.rstrip(" ") for line in lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(programme_page())
