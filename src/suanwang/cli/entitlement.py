"""`suanwang entitlement`: what am I entitled to? All programmes for one enterprise and one purchase."""

import argparse
import json
from typing import TYPE_CHECKING

from suanwang.cli.policy_inputs import read_books, read_rules, read_subject, rules_argument, subject_arguments
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.policy.combination import Combination
    from suanwang.policy.decision import Decision
    from suanwang.policy.rules import Rules


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `entitlement`."""
    rules_argument(parser, language)
    subject_arguments(parser, language)
    parser.add_argument(
        "--all",
        action="store_true",
        help=Text("list refused programmes too", "一并列出不予支持的方案").say(language),
    )
    parser.epilog = Text(
        "Exit code 0: something is due; 1: nothing; 2: bad input.\n\n"
        "Example:\n  suanwang entitlement --enterprise firm.yaml --purchase buy.yaml --on 2024-06-03",
        "退出码 0：可获支持；1：没有；2：输入有误。\n\n"
        "示例：\n  suanwang entitlement --enterprise firm.yaml --purchase buy.yaml --on 2024-06-03",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Decide on every programme, find the best lawful combination, print both."""
    from suanwang.policy.combination import best_combination
    from suanwang.policy.decide import decide
    from suanwang.policy.decision import NOTHING_HAD

    rules = read_rules(arguments)
    subject, positions = read_subject(arguments), read_books(arguments)
    pairs = [
        (rule, decide(rule, subject, positions.get(rule.programme.programme, NOTHING_HAD))) for rule in rules
    ]
    best = best_combination(pairs, subject)
    if arguments.json:
        import msgspec

        document = {"combination": best, "decisions": [decision for _, decision in pairs]}
        print(json.dumps(msgspec.to_builtins(document), ensure_ascii=False, indent=1))
    else:
        print_table(pairs, best, arguments.all, language)
    return 0 if best.total_micro else 1


def print_table(
    pairs: "list[tuple[Rules, Decision]]", best: "Combination", everything: bool, language: Language
) -> None:
    """Entitled and undecided programmes in a line each, and the combination under them."""
    from suanwang.cli.programme_tables import console, table
    from suanwang.policy.explanation import OUTCOME_TEXTS, missing_name
    from suanwang.units.money import exact_yuan, yuan

    chosen = {member.programme: member for member in best.members}
    made = table(
        Text("what you are entitled to", "可享受的支持").say(language),
        *(Text(*pair).say(language) for pair in (("programme", "方案"), ("answer", "结论"))),
        *(Text(*pair).say(language) for pair in (("alone, CNY", "单独，元"), ("combined, CNY", "组合，元"))),
        Text("why", "原因").say(language),
    )
    for rules, decision in sorted(pairs, key=lambda pair: -(pair[1].amount_micro or 0)):
        name = rules.programme.programme
        if decision.outcome == "refused" and not everything:
            continue
        if decision.outcome == "undecided":
            why = ", ".join(missing_name(part, rules.programme).say(language) for part in decision.missing)
        elif decision.outcome == "refused":
            why = ", ".join(finding.clause for finding in decision.failed)
        else:
            against = [
                conflict.other if conflict.programme == name else conflict.programme
                for conflict in best.conflicts
                if name in (conflict.programme, conflict.other)
            ]
            words = ", ".join(against)
            why = Text(f"not beside {words}", f"与 {words} 互斥").say(language) if against else ""
        made.add_row(
            f"{name}\n{rules.programme.name.say(language)}",
            OUTCOME_TEXTS[decision.outcome].say(language),
            exact_yuan(decision.amount_micro) if decision.amount_micro else "",
            exact_yuan(chosen[name].counted_micro) if name in chosen else "",
            why,
        )
    out = console()
    out.print(made)
    total = yuan(best.total_micro)
    out.print(Text(f"best lawful combination: {total} CNY", f"最优合法组合：{total} 元").say(language))
