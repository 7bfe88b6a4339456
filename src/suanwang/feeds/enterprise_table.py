"""The registry of enterprises: a folder of tables, checked like a scenario, read into `Enterprise`s."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import cast

import msgspec
import polars as pl

from suanwang.feeds.findings import Findings
from suanwang.feeds.references import Tables, check_keys, check_references
from suanwang.feeds.scenario_folder import check_folder
from suanwang.feeds.table_files import TableRead, read_table
from suanwang.feeds.yaml_shape import read_yaml
from suanwang.model.credit_code import check_character, is_credit_code, valid_credit_codes
from suanwang.model.enterprise import CreditFlag, Enterprise, Fact, FactValue
from suanwang.model.enterprise_tables import REGISTRY_TABLES
from suanwang.policy.inputs import DECLARED
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

CODE_EXPECTED = Text(
    "18 characters of GB 32100 whose check character is right", "GB 32100 的 18 位代码，校验位正确"
)


class Registry(msgspec.Struct, frozen=True):
    """All enterprises of a folder, and which of them are in which cultivation library (培育库)."""

    enterprises: tuple[Enterprise, ...]
    libraries: dict[str, frozenset[str]]


def read_registry(folder: Path) -> Registry:
    """The registry in `folder`. Raises InvalidInput with every fault of every table."""
    findings = Findings()
    check_folder(folder, findings)
    findings.refuse()
    tables: Tables = {table.name: read_table(folder, table, findings) for table in REGISTRY_TABLES}
    for read in tables.values():
        check_keys(read, findings)
    check_references(tables, findings)
    check_codes(tables["enterprises"], "code", findings)
    check_codes(tables["related"], "party", findings)
    check_regions(tables["enterprises"], findings)
    for table, column in (
        ("enterprises", "established"),
        ("credit_flags", "since"),
        ("credit_flags", "lifted"),
        ("facts", "as_of"),
    ):
        check_days(tables[table], column, findings)
    check_lifted(tables["credit_flags"], findings)
    check_facts(tables["facts"], findings)
    findings.refuse()
    return Registry(
        tuple(enterprises(tables)),
        {
            str(name[0]): frozenset(part["code"].to_list())
            for name, part in tables["library"].frame.group_by("library", maintain_order=True)
        },
    )


def check_codes(read: TableRead, column: str, findings: Findings) -> None:
    """Every code is a unified social credit code with a right check character."""
    if read.place is None:
        return
    codes = read.frame[column]
    wrong = pl.Series(~valid_credit_codes(codes)) & codes.is_not_null()
    findings.rows(
        "credit_code",
        read.place,
        column,
        wrong,
        codes,
        Text("not a valid unified social credit code", "统一社会信用代码无效"),
        CODE_EXPECTED,
        Text("look for a mistyped character", "检查是否有误录的字符"),
    )


def check_regions(read: TableRead, findings: Findings) -> None:
    """Regions are six digits."""
    if read.place is None:
        return
    regions = read.frame["region"]
    findings.rows(
        "region",
        read.place,
        "region",
        ~regions.str.contains(r"^\d{6}$"),
        regions,
        Text("not an administrative division", "不是行政区划代码"),
        Text("six digits, as 510100", "六位数字，如 510100"),
        Text("fill up with zeros at the end", "末尾以 0 补足六位"),
    )


def check_days(read: TableRead, column: str, findings: Findings) -> None:
    """Every day that is given is one."""
    if read.place is None:
        return
    words = read.frame[column]
    given = words.fill_null("") != ""
    shaped = words.fill_null("").str.contains(r"^\d{4}-\d{2}-\d{2}$")
    wrong = given & (~shaped | words.str.to_date("%Y-%m-%d", strict=False).is_null())
    findings.rows(
        "day",
        read.place,
        column,
        wrong,
        words,
        Text("not a day", "不是日期"),
        same("YYYY-MM-DD"),
        Text("write the day as 2024-06-03", "写作 2024-06-03"),
    )


def check_lifted(read: TableRead, findings: Findings) -> None:
    """No flag is taken off before it was set. ISO days compare as text."""
    if read.place is None:
        return
    since, lifted = read.frame["since"], read.frame["lifted"].fill_null("")
    findings.rows(
        "lifted",
        read.place,
        "lifted",
        (lifted != "") & (lifted < since),
        lifted,
        Text("taken off before it was set", "移出早于列入"),
        Text("a day not before `since`", "不早于 since"),
        Text("swap or correct the days", "对调或改正日期"),
    )


def check_facts(read: TableRead, findings: Findings) -> None:
    """Values are of their kind, and no fact takes the place of a declared input but `size`."""
    if read.place is None:
        return
    frame = read.frame
    value, kind = frame["value"], frame["kind"]
    whole = value.str.contains(r"^-?\d{1,18}$")
    truth = value.is_in(["true", "false"])
    findings.rows(
        "fact_value",
        read.place,
        "value",
        ((kind == "whole") & ~whole) | ((kind == "truth") & ~truth),
        value,
        Text("not a value of its kind", "值与类型不符"),
        Text(
            "whole: an integer of at most 18 digits; truth: true or false",
            "whole 为整数，truth 为 true/false",
        ),
        Text("correct the value or the kind", "改正值或类型"),
    )
    taken = [name for name in DECLARED if name != "size"]
    findings.rows(
        "fact_name",
        read.place,
        "fact",
        frame["fact"].is_in(taken),
        frame["fact"],
        Text("already a column or a declared input", "已是列名或已声明的输入"),
        Text("a fact that a programme declares", "方案声明的事实"),
        Text("use the column, or rename the fact", "使用对应列或改名"),
    )


def enterprises(tables: Tables) -> list[Enterprise]:
    """The enterprises with their flags, facts and related parties; a relation counts for both sides."""
    flags: dict[str, list[CreditFlag]] = defaultdict(list)
    for code, kind, since, lifted, source in tables["credit_flags"].frame.iter_rows():
        end = date.fromisoformat(lifted) if lifted else None
        flags[code].append(CreditFlag(kind, date.fromisoformat(since), source, end))
    related: dict[str, set[str]] = defaultdict(set)
    for code, party in tables["related"].frame.iter_rows():
        related[code].add(party)
        related[party].add(code)
    facts: dict[str, list[Fact]] = defaultdict(list)
    for code, fact, kind, value, source, as_of in tables["facts"].frame.iter_rows():
        facts[code].append(Fact(fact, fact_value(kind, value), source, date.fromisoformat(as_of)))
    found: list[Enterprise] = []
    for row in tables["enterprises"].frame.iter_rows(named=True):
        code = row["code"]
        found.append(
            Enterprise(
                code=code,
                name=row["name"],
                region=row["region"],
                kind=row["kind"],
                industry=row["industry"],
                established=date.fromisoformat(row["established"]) if row["established"] else None,
                staff=row["staff"],
                revenue_micro=row["revenue_micro"],
                assets_micro=row["assets_micro"],
                tier=row["tier"] or "none",
                cluster=row["cluster"] or "",
                related=tuple(sorted(related.get(code, ()))),
                flags=tuple(flags.get(code, ())),
                facts=tuple(facts.get(code, ())),
            )
        )
    return found


def fact_value(kind: str, value: str) -> FactValue:
    """The value of a fact, already checked to be of its kind."""
    if kind == "whole":
        return int(value)
    return value == "true" if kind == "truth" else value


def read_enterprise(path: Path) -> Enterprise:
    """One enterprise from a YAML file. Raises InvalidInput with every fault."""
    try:
        data = path.read_bytes()
    except OSError as error:
        fault = Fault(str(path), Text("cannot be read", "无法读取"), str(error.strerror or error))
        raise InvalidInput([fault]) from error
    enterprise = read_yaml(data, path.name, Enterprise)
    faults = enterprise_faults(enterprise, path.name)
    if faults:
        raise InvalidInput(faults)
    return enterprise


def enterprise_faults(enterprise: Enterprise, file: str) -> list[Fault]:
    """What is wrong with one enterprise beyond its shape."""
    faults: list[Fault] = []
    for place, code in (("code", enterprise.code), *(("related", party) for party in enterprise.related)):
        if not is_credit_code(code):
            faults.append(
                Fault(
                    f"{file} {place}",
                    Text("not a valid unified social credit code", "统一社会信用代码无效"),
                    code,
                    CODE_EXPECTED,
                    check_remedy(code),
                )
            )
    if not (len(enterprise.region) == 6 and enterprise.region.isascii() and enterprise.region.isdigit()):
        faults.append(
            Fault(
                f"{file} region",
                Text("not an administrative division", "不是行政区划代码"),
                enterprise.region,
                Text("six digits, as 510100", "六位数字，如 510100"),
            )
        )
    for name in ("staff", "revenue_micro", "assets_micro"):
        value = cast("int | None", getattr(enterprise, name))
        if value is not None and value < 0:
            faults.append(Fault(f"{file} {name}", Text("negative", "为负"), str(value), same("≥ 0")))
    faults.extend(
        Fault(f"{file} flags", Text("taken off before it was set", "移出早于列入"), flag.kind)
        for flag in enterprise.flags
        if flag.lifted is not None and flag.lifted < flag.since
    )
    return faults


def check_remedy(code: str) -> Text:
    """What the check character should be, where only it is wrong."""
    try:
        right = check_character(code[:17])
    except (KeyError, ValueError):
        return Text(
            "use digits and capital letters without I, O, S, V, Z", "使用数字与大写字母（无 I、O、S、V、Z）"
        )
    return Text(f"if the rest is right, it ends in {right}", f"若前 17 位无误，末位应为 {right}")
