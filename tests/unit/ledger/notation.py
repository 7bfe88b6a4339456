"""A ledger in its own notation, for tests.

One command a line: `[id |] command argument …`, the arguments in the order of its fields, amounts in
yuan, `d5` the fifth day, lists as `name=amount,…` and `-` for none. `! code,code` expects that refusal.
`@ 5` moves the ledger's time to day 5. `= account amount` expects a balance on the account's own side.
`# …` says something to the reader. After every command all invariants are asked.
"""

import msgspec

from suanwang.ledger.apply import apply, replay
from suanwang.ledger.commands import COMMANDS, AnyCommand, Command
from suanwang.ledger.decide import decide
from suanwang.ledger.events import AnyEvent, Refused, encode
from suanwang.ledger.state import Ledger, empty_ledger
from suanwang.ledger.validate import validate
from suanwang.units.money import exact_yuan, micro_from_yuan

DAY = 86_400 * 1_000_000


class Played(msgspec.Struct):
    """The state that a text led to, and the events on the way."""

    state: Ledger
    events: list[AnyEvent]


def command(words: list[str], name: str) -> AnyCommand:
    """The command that a line spells."""
    kind: type[Command] = COMMANDS[words[0]]
    fields = [field for field in msgspec.structs.fields(kind) if field.name != "id"]
    assert len(fields) == len(words) - 1, (
        f"{words[0]} takes {[field.name for field in fields]}, not {words[1:]}"
    )
    values = {field.name: _value(field.name, word) for field, word in zip(fields, words[1:], strict=True)}
    return msgspec.convert({"do": words[0], "id": name, **values}, AnyCommand)


def _value(field: str, word: str) -> object:
    if field in ("draws", "funds", "legs", "lines"):
        return [_part(field, *part.split("=")) for part in word.split(",")] if word != "-" else []
    if field.endswith("_micro"):
        return micro_from_yuan(word)
    if field.endswith("_at"):
        return int(word.removeprefix("d")) * DAY
    if field in ("usage_milli", "tolerance_bp"):
        return int(word)
    return {"yes": True, "no": False}[word] if field == "closes" else word


def _part(field: str, name: str, amount: str) -> object:
    if field == "draws":
        return {"grant": name, "amount_micro": micro_from_yuan(amount)}
    if field == "funds":
        return {"fund": name, "weight": int(amount)}
    if field == "legs":
        return [name, micro_from_yuan(amount)]
    claimed, usage = amount.split("/")
    return {"hold": name, "amount_micro": micro_from_yuan(claimed), "usage_milli": int(usage)}


def play(text: str, played: Played | None = None) -> Played:
    """Plays the lines of `text`, from nothing or on top of `played`; asserts what they expect."""
    played = played or Played(empty_ledger(), [])
    state, at = played.state, played.state.at
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        if line.startswith("@"):
            at = int(line[1:]) * DAY
        elif line.startswith("="):
            account, amount = line[1:].split()
            found = exact_yuan(state.accounts[account].natural_micro)
            assert found == exact_yuan(micro_from_yuan(amount)), f"line {number}: {line}, found {found}"
        else:
            line, _, codes = line.partition("!")
            name, bar, rest = line.partition("|")
            words = (rest if bar else name).split()
            made = command(words, name.strip() if bar else f"auto/{len(played.events) + 1}")
            for event in decide(state, made, at):
                apply(state, event)
                played.events.append(event)
                refused = [reason.code for reason in event.reasons] if isinstance(event, Refused) else []
                assert refused == [code for code in codes.strip().split(",") if code], (
                    f"line {number}: {line}"
                )
            validate(state)
    again = replay(encode(event) for event in played.events)
    assert again == state, "balances differ from replay"
    return played


def naturals(state: Ledger) -> dict[str, int]:
    """Every balance that is not 0, on the account's own side."""
    return {name: account.natural_micro for name, account in state.accounts.items() if account.balance_micro}
