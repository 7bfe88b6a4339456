"""Commands at random, for the state machine and the long run: mostly sensible, often wrong on purpose."""

from collections.abc import Callable, Sequence

from suanwang.ledger import commands as c
from suanwang.ledger.state import Ledger

Choose = Callable[[Sequence[str]], str]
Number = Callable[[int, int], int]

FUNDS, CENTRES = ("f0", "f1", "f2"), ("k0", "k1")
ENTERPRISES, PROGRAMMES = ("e0", "e1"), ("p0", "p1")
DAY = 1_000
"""A short day: the clock of these walks counts in thousands."""

OPENING: tuple[c.AnyCommand, ...] = (
    *(c.OpenFund(f"open-{fund}", fund, "CNY") for fund in FUNDS),
    *(c.OpenCentre(f"open-{centre}", centre, "CNY") for centre in CENTRES),
    c.OpenWallet("open-e0", "e0", "CNY", 0),
    c.OpenWallet("open-e1", "e1", "CNY", 3_000_000),
    c.OpenProgramme("open-p0", "p0", (c.FundWeight("f0", 7), c.FundWeight("f1", 3)), 50_000_000, 5_000_000),
    c.OpenProgramme("open-p1", "p1", (c.FundWeight("f2", 1),), 1_005_000, 3_000),
)

KINDS = (
    *("PlaceHold", "Capture") * 4,
    *("IssueGrant", "Refund", "Release", "ExtendHold", "TopUp", "Transfer") * 2,
    *("Appropriate", "PayIn", "Replenish", "Withdraw", "Journal", "SetCredit", "Expire", "ClawBack"),
    "Reimburse",
    *("Repay", "Settle", "Reconcile", "Resolve"),
)


class Walk:
    """Makes the next command from choices; remembers the last few names of each kind that it gave out."""

    def __init__(self, choose: Choose, number: Number) -> None:
        self.choose, self.number = choose, number
        self.count = 0
        self.grants: list[str] = ["g0"]
        self.holds: list[str] = ["h0"]
        self.captures: list[str] = ["x0"]
        self.disputes: list[str] = ["d0"]
        self.settled: dict[str, int] = dict.fromkeys(CENTRES, 0)

    def amount(self) -> int:
        size = self.number(0, 6)
        return self.number(1, 9 * 10**size + 1)

    def fen(self) -> int:
        odd = self.number(0, 9) == 0
        return self.number(1, 900) * 10_000 + (1 if odd else 0)

    def recent(self, names: list[str]) -> str:
        del names[:-6]
        return self.choose(names)

    def draws(self) -> tuple[c.Draw, ...]:
        names = dict.fromkeys(self.recent(self.grants) for _ in range(self.number(0, 2)))
        return tuple(c.Draw(name, self.amount()) for name in names)

    def command(self, kind: str, state: Ledger, at: int) -> c.AnyCommand:
        self.count += 1
        return getattr(self, kind)(f"x{self.count}", state, at)

    def PlaceHold(self, name: str, state: Ledger, at: int) -> c.PlaceHold:  # noqa: N802
        draws = self.draws()
        hold = f"h{self.count}" if self.number(0, 20) else self.recent(self.holds)
        self.holds.append(hold)
        owner = state.grants[draws[0].grant].enterprise if draws and draws[0].grant in state.grants else ""
        who = owner if owner and self.number(0, 9) else self.choose(ENTERPRISES)
        wallet = self.amount() if not draws or self.number(0, 1) else 0
        return c.PlaceHold(name, hold, who, self.choose(CENTRES), draws, wallet)

    def ExtendHold(self, name: str, state: Ledger, at: int) -> c.ExtendHold:  # noqa: N802
        return c.ExtendHold(name, self.recent(self.holds), self.draws(), self.amount())

    def Capture(self, name: str, state: Ledger, at: int) -> c.Capture:  # noqa: N802
        self.captures.append(name)
        parts = (self.amount(), self.amount() if self.number(0, 1) else 0, 0)
        return c.Capture(name, self.recent(self.holds), *parts, self.number(0, 99), self.number(0, 2) == 0)

    def Release(self, name: str, state: Ledger, at: int) -> c.Release:  # noqa: N802
        return c.Release(name, self.recent(self.holds))

    def Refund(self, name: str, state: Ledger, at: int) -> c.Refund:  # noqa: N802
        capture = self.recent(self.captures)
        record = state.captures.get(capture)
        whole = record.left_micro if record is not None and self.number(0, 2) == 0 else 0
        return c.Refund(name, capture, whole or self.amount(), "outage")

    def IssueGrant(self, name: str, state: Ledger, at: int) -> c.IssueGrant:  # noqa: N802
        grant = f"g{self.count}" if self.number(0, 9) else self.recent(self.grants)
        self.grants.append(grant)
        starts = max(0, at + self.number(-2, 1) * DAY)
        ends = starts + self.number(1, 40) * DAY
        who, programme = self.choose(ENTERPRISES), self.choose(PROGRAMMES)
        return c.IssueGrant(name, grant, programme, who, self.amount() * 10, starts, ends)

    def Expire(self, name: str, state: Ledger, at: int) -> c.Expire:  # noqa: N802
        return c.Expire(name, self.choose(PROGRAMMES))

    def ClawBack(self, name: str, state: Ledger, at: int) -> c.ClawBack:  # noqa: N802
        grant = self.recent(self.grants)
        account = state.accounts.get(f"spent:{grant}")
        whole = account.natural_micro if account is not None and self.number(0, 1) else 0
        return c.ClawBack(name, grant, whole or (self.number(0, 3) and self.amount()), "not entitled")

    def Reimburse(self, name: str, state: Ledger, at: int) -> c.Reimburse:  # noqa: N802
        self.captures.append(name)
        grant = self.recent(self.grants)
        account = state.accounts.get(f"available:{grant}")
        there = account.natural_micro if account is not None and self.number(0, 1) else 0
        return c.Reimburse(name, grant, there // 10_000 * 10_000 or self.fen(), "remittance")

    def Repay(self, name: str, state: Ledger, at: int) -> c.Repay:  # noqa: N802
        who = self.choose(ENTERPRISES)
        owed = sum(
            state.accounts[f"receivable:{who}:{f}"].natural_micro for f in state.enterprises[who].receivables
        )
        some = owed // self.number(1, 3) // 10_000 * 10_000
        return c.Repay(name, who, some or self.fen(), "slip")

    def TopUp(self, name: str, state: Ledger, at: int) -> c.TopUp:  # noqa: N802
        return c.TopUp(name, self.choose(ENTERPRISES), self.fen(), "slip")

    def Withdraw(self, name: str, state: Ledger, at: int) -> c.Withdraw:  # noqa: N802
        return c.Withdraw(name, self.choose(ENTERPRISES), self.fen(), "slip")

    def Transfer(self, name: str, state: Ledger, at: int) -> c.Transfer:  # noqa: N802
        here, there = f"wallet:{self.choose(ENTERPRISES)}", f"wallet:{self.choose(ENTERPRISES)}"
        return c.Transfer(name, here, there, self.amount())

    def Journal(self, name: str, state: Ledger, at: int) -> c.Journal:  # noqa: N802
        first, second = self.amount(), self.amount()
        last = -first - second + (self.number(0, 9) == 0)
        legs = ((f"wallet:{self.choose(ENTERPRISES)}", amount) for amount in (first, second, last))
        return c.Journal(name, tuple(c.Leg(account, amount or -1) for account, amount in legs), "by hand")

    def SetCredit(self, name: str, state: Ledger, at: int) -> c.SetCredit:  # noqa: N802
        return c.SetCredit(name, "e1", self.amount())

    def Appropriate(self, name: str, state: Ledger, at: int) -> c.Appropriate:  # noqa: N802
        amount = self.amount() * 30
        return c.Appropriate(name, self.choose(PROGRAMMES), amount if self.number(0, 5) else -amount)

    def PayIn(self, name: str, state: Ledger, at: int) -> c.PayIn:  # noqa: N802
        amount = self.fen()
        return c.PayIn(name, self.choose(FUNDS), amount if self.number(0, 5) else -amount, "remittance")

    def Replenish(self, name: str, state: Ledger, at: int) -> c.Replenish:  # noqa: N802
        return c.Replenish(name, self.choose(PROGRAMMES))

    def Settle(self, name: str, state: Ledger, at: int) -> c.Settle:  # noqa: N802
        centre = self.choose(CENTRES)
        start = self.settled[centre] - (self.number(0, 9) == 0)
        end = max(start + 1, at + self.number(-DAY, 2))
        if start >= self.settled[centre] and end <= at:
            self.settled[centre] = end
        return c.Settle(name, centre, f"to{end}", max(0, start), max(1, end))

    def Reconcile(self, name: str, state: Ledger, at: int) -> c.Reconcile:  # noqa: N802
        lines: dict[str, c.ClaimLine] = {}
        for _ in range(self.number(0, 3)):
            hold = self.recent(self.holds)
            known = state.holds.get(hold)
            amount = known.captured_micro if known is not None and self.number(0, 1) else self.amount()
            recent = [state.captures[x] for x in self.captures if x in state.captures]
            usage = sum(record.usage_milli for record in recent if record.hold == hold)
            lines[hold] = c.ClaimLine(hold, amount, usage)
            self.disputes.append(f"{name}/{hold}")
        start = max(0, at - 20 * DAY)
        period, tolerance = f"to{at}", self.number(0, 2) * 100
        return c.Reconcile(
            name, self.choose(CENTRES), period, start, at + 1, tuple(lines.values()), tolerance
        )

    def Resolve(self, name: str, state: Ledger, at: int) -> c.Resolve:  # noqa: N802
        return c.Resolve(name, self.recent(self.disputes), self.number(0, 1) and self.amount(), "meter read")
