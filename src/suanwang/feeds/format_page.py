"""The page `docs/scenario-format.md`, made from the schema tables so that it cannot drift.

`python -m suanwang.feeds.format_page` prints it; a test compares it with the file.
"""

import sys

from suanwang.feeds.columns import ANY_PLACES
from suanwang.feeds.findings import range_text
from suanwang.feeds.scenario_header import FIELDS, HEADER_FILE
from suanwang.model.result import PLAN, PRICES, REASON_TEXTS, REASONS
from suanwang.model.scenario_tables import SCENARIO_TABLES
from suanwang.model.schema import Column, Table

INTRODUCTION = """# Scenario and result folders · 场景与结果目录

This page is generated from the schema (`python -m suanwang.feeds.format_page`).
本页由数据表定义自动生成。

A scenario is a folder: `scenario.yaml` and one file for each table, CSV (UTF-8, with or without a byte order
mark, comma) or Parquet by extension, never both. A column that is not listed is an error; a missing optional
table means "none", except `regions`: without it the built-in provinces and cities hold (codes and points
assumed, from memory), and a code that is not among them takes the point of its city or province
(510107 → 510100 → 510000). `suanwang check DIR` says everything that is wrong, all at once.

场景是一个目录：`scenario.yaml` 加每张表一个文件，按扩展名为 CSV（UTF-8）或 Parquet，不可两者并存。未列出的列
为错误；缺少可选表表示“没有”，但 `regions` 缺省用内置省市。`suanwang check 目录` 一次报告全部问题。

- Rows of a CSV are numbered as lines of the file, the header being line 1; rows of Parquet from 1.
- **name**: an id or code, not empty, no spaces around it. **names**: names joined by `;`.
  **text**: free words.
- **whole**: an integer of at most 64 bits. Money is micro-yuan (1 CNY = 1,000,000), never a fraction.
- **decimal**: read exactly as the decimal that is written, to 15 significant digits (more where a float64
  holds them); `1e-3` is a decimal too. **truth**: `true` or `false`.
- Parquet columns may be integers, floats, decimals, strings or categories: they are accepted where every
  value converts exactly. Integers are good names (`510100`). NaN is a fault; an empty optional cell is null.
- A figure outside the range of "plausible" is accepted with a warning: the unit is probably wrong.
  So are medians, and figures beside each other, that look wrong by a factor of 1000: rents, values beside
  what jobs cost, idle beside busy power, green power beside what its centre draws, links beside light.
- Slots count from the start of the scenario and are half-open: a job with `deadline_slot` 24 may use slot 23.
"""


def format_page() -> str:
    """The whole page as Markdown."""
    parts = [INTRODUCTION, header_section()]
    parts += [table_section(table) for table in SCENARIO_TABLES]
    parts.append(
        "# Results · 结果\n\nA result folder holds `plan`, `prices` and `report.json`, "
        "its tables in the form of the scenario's.\n"
        "An unserved job has empty option, pool and slots, zero parts and its value as `total_micro`.\n"
        "Prices are sorted by pool and slot; pairs left out are 0. "
        "CSV writes an absent value as an empty cell.\n"
    )
    parts += [table_section(table) for table in (PLAN, PRICES)]
    parts.append(reason_section())
    return "\n".join(parts)


def header_section() -> str:
    """The fields of `scenario.yaml`."""
    lines = [
        f"## `{HEADER_FILE}`\n",
        "| field | value | what it is | 说明 |",
        "|---|---|---|---|",
    ]
    for field in FIELDS:
        star = "" if field.required else " *"
        lines.append(f"| `{field.name}`{star} | {field.expected.en} | {field.about.en} | {field.about.zh} |")
    lines.append(
        "\nComments above the first field of the form `# en: …`, with `# zh: …` under them, are remarks on "
        "where the\nscenario comes from: a report lists them. Readers of YAML skip them.\n"
        "首个字段之上形如 `# en: …` 及其下一行 `# zh: …` 的注释为场景来源说明，报告会列出；YAML 读取时忽略。"
    )
    return "\n".join(lines) + "\n"


def table_section(table: Table) -> str:
    """One table: a line for each column."""
    star = "" if table.required else " *"
    key = f"Key: {' + '.join(f'`{name}`' for name in table.key)}. " if table.key else ""
    lines = [
        f"## `{table.name}`{star} · {table.about.zh}\n",
        f"{table.about.en[:1].upper()}{table.about.en[1:]}. {key}`*` marks what is optional.\n",
        "| column | kind | values | plausible | what it is | 说明 |",
        "|---|---|---|---|---|---|",
    ]
    for column in table.columns:
        star = "" if column.required else " *"
        lines.append(
            f"| `{column.name}`{star} | {column.kind} | {values_of(column)} | {plausible(column)} "
            f"| {column.about.en} | {column.about.zh} |"
        )
    return "\n".join(lines) + "\n"


def values_of(column: Column) -> str:
    """What the column accepts, in a few words."""
    words: list[str] = []
    if column.choices or column.kind in ("whole", "decimal", "truth"):
        words.append(range_text(column).en)
    if column.kind == "decimal" and column.places < ANY_PLACES:
        words.append(f"at most {column.places} decimals")
    if column.refers:
        words.append(f"in `{column.refers}`")
    return ", ".join(words) or "–"


def plausible(column: Column) -> str:
    """The range outside which a figure is warned of."""
    below, above = column.doubtful_below, column.doubtful_above
    if below is not None and above is not None:
        return f"{below:,.15g} .. {above:,.15g}"
    if above is not None:
        return f"≤ {above:,.15g}"
    return "–" if below is None else f"≥ {below:,.15g}"


def reason_section() -> str:
    """The reasons of a plan."""
    lines = ["## Reasons · 未安排的原因\n", "| reason | meaning | 含义 |", "|---|---|---|"]
    for reason in REASONS:
        name, meaning = f"`{reason}`" if reason else "(empty)", REASON_TEXTS[reason]
        lines.append(f"| {name} | {meaning.en} | {meaning.zh} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(format_page())
