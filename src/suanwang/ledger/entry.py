"""Building one entry: legs in the order they are thought, and the floors that the whole must respect."""

from suanwang.ledger.chart import KINDS
from suanwang.ledger.commands import Leg
from suanwang.ledger.events import Reason
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.state import Grant, Ledger
from suanwang.units.money import MICRO_PER_FEN, exact_yuan


class Entry:
    """Legs under construction. Every `move` balances, so the entry does; all are checked together."""

    __slots__ = ("legs", "net")

    def __init__(self) -> None:
        self.legs: list[Leg] = []
        self.net: dict[str, int] = {}

    def move(self, debit: str, credit: str, amount_micro: int) -> None:
        """Debits `amount_micro` ≥ 0 to one account and credits another of the same book; 0 adds no legs."""
        if amount_micro == 0:
            return
        self.legs.append(Leg(debit, amount_micro))
        self.legs.append(Leg(credit, -amount_micro))
        self.net[debit] = self.net.get(debit, 0) + amount_micro
        self.net[credit] = self.net.get(credit, 0) - amount_micro

    def natural_after(self, state: Ledger, name: str) -> int:
        """The balance of `name` on its own side once this entry is booked; 0 where it is not open."""
        account = state.accounts.get(name)
        balance = account.balance_micro if account is not None else 0
        return KINDS[name.partition(":")[0]].side * (balance + self.net.get(name, 0))

    def reasons(self, state: Ledger) -> list[Reason]:
        """Why it cannot be booked: every account that it would draw below its floor, every part of a 分."""
        reasons: list[Reason] = []
        for name, change in self.net.items():
            account = state.accounts.get(name)
            if account is None:
                continue  # opened by this event: a receivable that grows, or a payable without floor
            moved = account.side * change
            if moved < 0 and account.natural_micro + moved < account.floor_micro:
                room = max(0, account.natural_micro - account.floor_micro)
                reasons.append(Reason("overdraft", name, exact_yuan(room), exact_yuan(-moved)))
            if account.cash and change % MICRO_PER_FEN:
                reasons.append(Reason("part_fen", name, exact_yuan(abs(change))))
        return reasons

    def booked(self, state: Ledger) -> tuple[Leg, ...]:
        """The legs, checked. Raises Refusal with every reason."""
        reasons = self.reasons(state)
        if reasons:
            raise Refusal(reasons)
        return tuple(self.legs)


def unused_account(name: str, grant: Grant, at: int) -> str:
    """Where money returning to a grant goes at `at`: available, or lapsed once the grant ended."""
    return f"expired:{name}" if grant.withdrawn or at >= grant.expires_at else f"available:{name}"
