"""A log of version 1, byte for byte: it replays to the balances it had when written, whatever the code.

`SUANWANG_GOLDEN=write pytest` on this file writes a *new* file; the old ones never change.
"""

import json
import os
from pathlib import Path

from tests.unit.ledger.notation import naturals, play
from tests.unit.ledger.story import FIRST_DAY, STORY

from suanwang.ledger.apply import replay
from suanwang.ledger.events import EVENT_TAGS, decode, encode
from suanwang.ledger.validate import validate

FOLDER = Path(__file__).parent / "golden"
LOG, BALANCES = FOLDER / "ledger-1.jsonl", FOLDER / "ledger-1.balances.json"

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


def test_the_log_of_version_1_replays_to_its_balances() -> None:
    if os.environ.get("SUANWANG_GOLDEN") == "write" and not LOG.exists():
        played = play(EVERYTHING)
        LOG.write_bytes(b"".join(encode(event) + b"\n" for event in played.events))
        BALANCES.write_text(json.dumps(naturals(played.state), ensure_ascii=False, indent=1) + "\n", "utf-8")
    records = LOG.read_bytes().splitlines()
    state = replay(records)
    validate(state)
    assert naturals(state) == json.loads(BALANCES.read_text("utf-8"))
    assert [encode(decode(record)) for record in records] == records
    assert {json.loads(record)["event"] for record in records} == EVENT_TAGS


def test_todays_code_still_writes_it() -> None:
    """Not for ever: a new tag may answer the same command one day. Then write a second golden log."""
    assert [encode(event) for event in play(EVERYTHING).events] == LOG.read_bytes().splitlines()
