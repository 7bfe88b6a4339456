"""The export to beancount, judged by beancount itself."""

import subprocess
import sys
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Balance, Transaction
from tests.unit.ledger.story import story
from tests.unit.ledger.walk import KINDS, OPENING, Walk

from suanwang.ledger.beancount_export import account_name, as_beancount
from suanwang.ledger.commands import AnyCommand
from suanwang.ledger.decide import post
from suanwang.ledger.state import empty_ledger


def test_bean_check_accepts_the_story(tmp_path: Path) -> None:
    file = tmp_path / "ledger.beancount"
    file.write_text("".join(as_beancount(story().events)), "utf-8")
    check = subprocess.run(
        [Path(sys.executable).with_name("bean-check"), file], capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_a_random_ledger_loads_with_every_balance_asserted() -> None:
    import random  # noqa: TID251 (seeded)

    chance = random.Random(7)
    walk = Walk(chance.choice, chance.randint)
    state = empty_ledger()
    events = post(state, OPENING, 0)
    for at in range(600):
        command: AnyCommand = walk.command(chance.choice(KINDS), state, at * 50)
        events += post(state, [command], at * 50)
    entries, errors, _ = loader.load_string("".join(as_beancount(events)))
    assert errors == []
    touched = {leg.account for event in events for leg in event.legs}
    assert len([entry for entry in entries if isinstance(entry, Balance)]) == len(touched)
    assert len([entry for entry in entries if isinstance(entry, Transaction)]) == sum(
        bool(event.legs) for event in events
    )


def test_a_changed_amount_is_found_by_beancount() -> None:
    text = "".join(as_beancount(story().events))
    wrong = text.replace("500.00 CNY", "500.000001 CNY").replace("-500.00 CNY", "-500.000001 CNY")
    assert wrong != text
    _, errors, _ = loader.load_string(wrong)
    assert errors


@pytest.mark.parametrize(
    "pair", [("a-b", "a_b"), ("天府", "天.府"), ("a", "A"), ("a/b", "a-2f-b"), ("x", "X-x")]
)
def test_two_names_never_meet(pair: tuple[str, str]) -> None:
    one, other = (account_name(f"wallet:{name}") for name in pair)
    assert one != other
