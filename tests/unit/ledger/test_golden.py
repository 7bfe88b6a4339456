"""A log of version 1, byte for byte: it replays to the balances it had when written, whatever the code.

`SUANWANG_GOLDEN=write pytest` on this file writes a *new* file; the old ones never change.
"""

import json
import os
from pathlib import Path

import pytest
from tests.unit.ledger.notation import naturals, play
from tests.unit.ledger.story import FIRST_DAY, STORY

from suanwang.ledger.apply import replay
from suanwang.ledger.events import EVENT_TAGS, decode, encode
from suanwang.ledger.validate import validate

FOLDER = Path(__file__).parent / "golden"
VERSIONS = (1, 2)

EVERYTHING = (
    STORY
    + f"""
open_account income:fees CNY
set_credit beta/lab 60
transfer wallet:acme wallet:beta/lab 100
journal wallet:acme=1,wallet:beta/lab=1,income:fees=-2 monthly-fee
withdraw beta/lab 5.50 slip-10
place_hold h5 acme lingang - 10
extend_hold h5 - 5
capture h5 12 1 0.5 7200000 yes
replenish 券-2026
c | reconcile lingang 2026-04 d{FIRST_DAY + 31} d{FIRST_DAY + 61} h5=10/7200000,h0=1/1 50
resolve c/h5 11 read-together
resolve c/h0 0 not-ours
"""
)


REIMBURSED = f"""
@ {FIRST_DAY}
open_fund city CNY
open_fund district CNY
open_wallet acme CNY 0
open_programme refund-2026 city=7,district=3 0 0
pay_in city 500 remittance-1
pay_in district 500 remittance-2
appropriate refund-2026 1000
issue_grant c1 refund-2026 acme 100.03 d{FIRST_DAY} d{FIRST_DAY + 60}
p1 | reimburse c1 60 remittance-3
p2 | reimburse c1 40.03 remittance-4
claw_back c1 50 not-entitled
repay acme 20 slip-1
"""

TEXTS = {1: EVERYTHING, 2: REIMBURSED}


def log_of(version: int) -> Path:
    return FOLDER / f"ledger-{version}.jsonl"


def balances_of(version: int) -> Path:
    return FOLDER / f"ledger-{version}.balances.json"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_log_of_a_version_replays_to_its_balances(version: int) -> None:
    log, balances = log_of(version), balances_of(version)
    if os.environ.get("SUANWANG_GOLDEN") == "write" and not log.exists():
        played = play(TEXTS[version])
        log.write_bytes(b"".join(encode(event) + b"\n" for event in played.events))
        balances.write_text(json.dumps(naturals(played.state), ensure_ascii=False, indent=1) + "\n", "utf-8")
    records = log.read_bytes().splitlines()
    state = replay(records)
    validate(state)
    assert naturals(state) == json.loads(balances.read_text("utf-8"))
    assert [encode(decode(record)) for record in records] == records


def test_the_logs_together_hold_every_event() -> None:
    records = [record for version in VERSIONS for record in log_of(version).read_bytes().splitlines()]
    assert {json.loads(record)["event"] for record in records} == EVENT_TAGS


@pytest.mark.parametrize("version", VERSIONS)
def test_todays_code_still_writes_it(version: int) -> None:
    """Not for ever: a new tag may answer the same command one day. Then write another golden log."""
    events = play(TEXTS[version]).events
    assert [encode(event) for event in events] == log_of(version).read_bytes().splitlines()
