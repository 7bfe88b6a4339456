"""`suanwang programme`: the programmes of public support: list, show, check, evaluate, fairness, survey."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.policy_inputs import (
    day,
    one_rule,
    read_books,
    read_rules,
    read_subject,
    rules_argument,
    subject_arguments,
)
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.policy.rules import Rules


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the actions of `programme` and their arguments."""
    actions = parser.add_subparsers(
        dest="action", metavar=Text("ACTION", "操作").say(language), required=True
    )

    def action(name: str, about: Text) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=about.say(language), description=about.say(language))
        rules_argument(made, language)
        made.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        return made

    action("list", Text("every programme in a line", "列出方案"))
    show = action("show", Text("sources, clauses, values and what is open", "出处、条件、数值与未决事项"))
    show.add_argument("programme", metavar="ID|FILE", help=Text("programme", "方案").say(language))
    check = action("check", Text("validate programme files and run their cases", "校验方案文件并运行算例"))
    check.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        type=Path,
        help=Text("programme files; default: all built in", "方案文件；默认全部内置方案").say(language),
    )
    evaluate = action("evaluate", Text("decide on one enterprise and purchase", "对一笔采购作出决定"))
    evaluate.add_argument("programme", metavar="ID|FILE", help=Text("programme", "方案").say(language))
    subject_arguments(evaluate, language)
    action("fairness", Text("does a programme favour local suppliers beyond its text?", "公平竞争检查"))
    survey = action(
        "survey", Text("firms that qualify for a library and are not yet in", "挖掘符合条件但尚未入库的企业")
    )
    survey.add_argument("--registry", metavar="DIR", type=Path, required=True, help="enterprises.csv …")
    survey.add_argument(
        "--criteria", metavar="FILE", type=Path, help=Text("criteria, YAML", "认定标准，YAML").say(language)
    )
    survey.add_argument("--library", default="specialised-sme", help=Text("library", "培育库").say(language))
    survey.add_argument(
        "--tier", default="specialised", help=Text("tier it leads to", "对应层级").say(language)
    )
    survey.add_argument("--on", metavar="DAY", type=day, required=True, help="YYYY-MM-DD")
    parser.epilog = Text(
        "Exit code 0: done (evaluate: entitled); 1: refused, undecided or a finding; 2: bad input.\n\n"
        "Examples:\n  suanwang programme list\n  suanwang programme show beijing-compute-voucher-2023\n"
        "  suanwang programme check mine.yaml\n"
        "  suanwang programme evaluate hangzhou-compute-voucher-2024 --enterprise firm.yaml \\\n"
        "      --purchase buy.yaml --on 2024-10-08",
        "退出码 0：完成（evaluate：可享受）；1：不予支持、待定或有发现；2：输入有误。\n\n"
        "示例：\n  suanwang programme list\n  suanwang programme show beijing-compute-voucher-2023\n"
        "  suanwang programme check mine.yaml\n"
        "  suanwang programme evaluate hangzhou-compute-voucher-2024 --enterprise firm.yaml \\\n"
        "      --purchase buy.yaml --on 2024-10-08",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Do the action."""
    actions = {
        "list": list_all,
        "show": show,
        "check": check,
        "evaluate": evaluate,
        "fairness": fairness,
        "survey": survey,
    }
    return actions[arguments.action](arguments, language)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    import msgspec

    print(json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=1))


def list_all(arguments: argparse.Namespace, language: Language) -> int:
    """`programme list`."""
    from suanwang.cli.programme_tables import print_list

    rules = read_rules(arguments)
    if not arguments.json:
        print_list(rules, language)
        return 0
    print_json(
        [
            {
                "programme": rule.programme.programme,
                "name": rule.programme.name.say(language),
                "region": rule.programme.region,
                "level": rule.programme.level,
                "family": rule.programme.family,
                "redemption": rule.programme.redemption,
                "effective_from": rule.programme.effective_from,
                "effective_to": rule.programme.effective_to,
                "rule_digest": rule.digest,
            }
            for rule in rules
        ]
    )
    return 0


def show(arguments: argparse.Namespace, language: Language) -> int:
    """`programme show`."""
    from suanwang.cli.programme_tables import print_programme
    from suanwang.policy.explanation import open_points

    rules = one_rule(arguments.programme, arguments)
    if arguments.json:
        opened = [point.say(language) for point in open_points(rules.programme)]
        print_json({"programme": rules.programme, "rule_digest": rules.digest, "open": opened})
    else:
        print_programme(rules, language)
    return 0


def check(arguments: argparse.Namespace, language: Language) -> int:
    """`programme check`: faults of all files at once, then the worked cases."""
    from suanwang.feeds.programme_folder import gather
    from suanwang.feeds.supplement_file import lay_over
    from suanwang.policy.worked_cases import run_cases
    from suanwang.units.errors import InvalidInput

    files: list[Path] = arguments.files
    rules: tuple[Rules, ...] = (
        lay_over(gather(files, Path()), arguments.supplement) if files else read_rules(arguments)
    )
    faults = [fault for rule in rules for fault in run_cases(rule)]
    if faults:
        raise InvalidInput(faults)
    cases = sum(len(rule.programme.cases) for rule in rules)
    if arguments.json:
        print_json({"programmes": len(rules), "cases": cases, "valid": True})
    else:
        words = Text(
            f"{len(rules)} programmes valid, {cases} worked cases come out",
            f"{len(rules)} 个方案有效，{cases} 个算例通过",
        )
        print(words.say(language))
    return 0


def evaluate(arguments: argparse.Namespace, language: Language) -> int:
    """`programme evaluate`."""
    from suanwang.cli.programme_tables import print_decision
    from suanwang.policy.decide import decide
    from suanwang.policy.decision import NOTHING_HAD

    rules = one_rule(arguments.programme, arguments)
    position = read_books(arguments).get(rules.programme.programme, NOTHING_HAD)
    decision = decide(rules, read_subject(arguments), position)
    if arguments.json:
        print_json(decision)
    else:
        print_decision(decision, rules, language)
    return 0 if decision.outcome == "entitled" else 1


def fairness(arguments: argparse.Namespace, language: Language) -> int:
    """`programme fairness`: 1 when a programme favours local suppliers beyond its text."""
    from suanwang.cli.programme_tables import console, table
    from suanwang.policy.fair_competition import check_fairness

    reports = [check_fairness(rule) for rule in read_rules(arguments)]
    standings = {
        "none": Text("no preference", "无偏向"),
        "in_its_text": Text("in its text, for review", "原文所定，待审查"),
        "beyond_its_text": Text("beyond its text", "超出原文"),
    }
    if arguments.json:
        print_json(reports)
    else:
        made = table(
            Text("fair competition", "公平竞争").say(language),
            *(Text(*pair).say(language) for pair in (("programme", "方案"), ("standing", "结论"))),
            Text("looks at the supplier in", "涉及供应商的条件").say(language),
        )
        for report in reports:
            if report.standing != "none" or report.named:
                made.add_row(
                    report.programme, standings[report.standing].say(language), ", ".join(report.named)
                )
        console().print(made)
    return 1 if any(report.standing == "beyond_its_text" for report in reports) else 0


def survey(arguments: argparse.Namespace, language: Language) -> int:
    """`programme survey`: who should be in the library and is not."""
    from suanwang.cli.programme_tables import console, table
    from suanwang.feeds.enterprise_table import read_registry
    from suanwang.feeds.programme_folder import CRITERIA, read_programme
    from suanwang.model.enterprise import TIERS
    from suanwang.policy.cultivation import survey as look
    from suanwang.units.errors import Fault, InvalidInput
    from suanwang.units.text import same

    if arguments.tier not in TIERS:
        choices = same(", ".join(TIERS))
        raise InvalidInput([Fault("--tier", Text("no such tier", "没有这个层级"), arguments.tier, choices)])
    registry = read_registry(arguments.registry)
    criteria = read_programme(arguments.criteria or CRITERIA / f"{arguments.library}.yaml")
    library = registry.libraries.get(arguments.library, frozenset())
    found = look(registry.enterprises, library, criteria, arguments.tier, arguments.on)
    if arguments.json:
        print_json(found)
        return 0
    made = table(
        Text(f"{found.examined} examined", f"共检查 {found.examined} 家").say(language),
        *(Text(*pair).say(language) for pair in (("code", "代码"), ("name", "名称"), ("standing", "结论"))),
        Text("what is wanting", "所缺").say(language),
    )
    for standing, prospects in (
        (Text("qualifies", "符合"), found.qualified),
        (Text("facts missing", "缺少事实"), found.facts_missing),
        (Text("one clause away", "差一项"), found.one_clause_away),
    ):
        for one in prospects:
            wanting = [f.clause for f in one.decision.findings if f.verdict != "held"]
            made.add_row(one.enterprise, one.name, standing.say(language), ", ".join(wanting))
    console().print(made)
    if not arguments.criteria:
        words = Text("the built-in criteria are assumed: check them", "内置标准为假定，使用前请核对")
        print(words.say(language), file=sys.stderr)
    return 0
