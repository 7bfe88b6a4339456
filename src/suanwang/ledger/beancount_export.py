"""The ledger as a beancount file (plain-text double entry), for auditors with their own tools.

Each event with legs is one transaction, each account opens on the day of its first leg, and every closing
balance is asserted, so that `bean-check` proves the file against the ledger's own balances. Beancount counts
days in local time (+08:00) and allows few letters in names, so names are spelt reversibly.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from suanwang.ledger.apply import apply
from suanwang.ledger.events import AnyEvent
from suanwang.ledger.state import empty_ledger
from suanwang.units.instants import iso, local_time
from suanwang.units.money import exact_yuan

ROOTS: dict[str, str] = {
    **dict.fromkeys(("bank", "treasury", "reserve", "receivable"), "Assets:Money"),
    **dict.fromkeys(
        ("wallet", "wallet_held", "payable", "voucher_payable", "disputed", "funding"), "Liabilities:Money"
    ),
    "expense": "Expenses:Money",
    "income": "Income:Money",
    "capital": "Equity:Money",
    "appropriation": "Assets:Budget",
    **dict.fromkeys(("budget", "available", "held", "spent", "expired"), "Liabilities:Budget"),
}


def account_name(name: str) -> str:
    """The beancount account of a ledger account: `wallet:acme` is `Liabilities:Money:Wallet:X-acme`.

    Letters and digits of ASCII stay, every other letter is written `-` with its code point in hex and `-`,
    so two names never meet.
    """
    kind, *owners = name.split(":")
    words = "".join(part.capitalize() for part in kind.split("_"))
    return ":".join([ROOTS[kind], words, *("X-" + _spelt(owner) for owner in owners)])


def _spelt(owner: str) -> str:
    return "".join(
        letter if letter.isascii() and letter.isalnum() else f"-{ord(letter):x}-" for letter in owner
    )


def as_beancount(events: Iterable[AnyEvent], title: str = "Suanwang ledger") -> Iterator[str]:
    """The lines of the file, in order of time, with a balance assertion for every account at the end."""
    state = empty_ledger()
    seen: dict[str, None] = {}
    currencies: set[str] = set()
    yield f'option "title" {_quoted(title)}\n'
    last = date(1970, 1, 1)
    for event in events:
        apply(state, event)
        if not event.legs:
            continue
        last = local_time(event.at).date()
        for leg in event.legs:
            if leg.account not in seen:
                seen[leg.account] = None
                currency = state.accounts[leg.account].currency
                currencies.add(currency)
                yield f"{last} open {account_name(leg.account)} {currency}\n"
        kind = str(event.__struct_config__.tag)
        yield f"{last} * {_quoted(kind)} {_quoted(event.id)}\n  at: {_quoted(iso(event.at))}\n"
        for leg in event.legs:
            currency = state.accounts[leg.account].currency
            yield f"  {account_name(leg.account)}  {exact_yuan(leg.amount_micro)} {currency}\n"
    after = last + timedelta(days=1)
    for name in seen:
        account = state.accounts[name]
        # an exact balance: beancount would otherwise allow twice the last digit
        yield (
            f"{after} balance {account_name(name)}  "
            f"{exact_yuan(account.balance_micro)} ~ 0 {account.currency}\n"
        )


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
