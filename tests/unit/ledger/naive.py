"""A deliberately naive ledger: one dict of balances, copied before each command, put back if it fails.

It knows no sides, no events and no legs; it is written from the rules of `docs/ledger.md`, operation by
operation, to disagree with the real one wherever either is wrong.
"""

from collections import defaultdict
from copy import deepcopy
from typing import Any

from suanwang.ledger import commands as c

FEN = 10_000


class No(Exception):
    """The naive ledger refuses."""


def share_out(amount: int, weights: list[int]) -> list[int]:
    """Largest remainders, the slow way: hand out one micro-yuan at a time to whoever is owed the most."""
    total = sum(weights)
    given = [amount * weight // total for weight in weights]
    owed = [amount * weight % total for weight in weights]
    for _ in range(amount - sum(given)):
        index = max(range(len(weights)), key=lambda i: (owed[i], -i))
        given[index] += 1
        owed[index] = -1
    return given


class Naive:
    """Balances by name, each on its natural side, and the facts beside them."""

    def __init__(self) -> None:
        self.money: dict[str, int] = defaultdict(int)
        self.credit: dict[str, int] = {}
        self.programmes: dict[str, dict[str, Any]] = {}
        self.grants: dict[str, dict[str, Any]] = {}
        self.holds: dict[str, dict[str, Any]] = {}
        self.captures: dict[str, dict[str, Any]] = {}
        self.funds: set[str] = set()
        self.centres: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.claims: set[tuple[str, str]] = set()

    def do(self, command: c.Command, at: int) -> bool:
        """True where it was done; nothing has changed where it was not."""
        before = dict(self.money)
        try:
            undo = getattr(self, type(command).__name__)(command, at)
            for name, amount in self.money.items():
                kind, _, rest = name.partition(":")
                least = -self.credit.get(rest, 0) if kind == "wallet" else 0
                free = kind in ("payable", "voucher_payable", "funding", "expense", "income", "capital")
                if not free and amount < least and amount < before.get(name, 0):
                    raise No
                if kind in ("bank", "treasury", "reserve") and amount % FEN:
                    raise No
        except No:
            self.money = defaultdict(int, before)
            return False
        if undo is not None:
            undo()  # what is left to write down once it is certain
        return True

    def need(self, *facts: bool) -> None:
        if not all(facts):
            raise No

    def OpenFund(self, x: c.OpenFund, at: int) -> Any:  # noqa: N802
        self.need(x.fund not in self.funds)
        return lambda: self.funds.add(x.fund)

    def OpenCentre(self, x: c.OpenCentre, at: int) -> Any:  # noqa: N802
        self.need(x.centre not in self.centres)
        centre = {"items": [], "voucher": [], "carried": 0, "to": None, "done": set()}
        return lambda: self.centres.update({x.centre: centre})

    def OpenWallet(self, x: c.OpenWallet, at: int) -> Any:  # noqa: N802
        self.need(x.enterprise not in self.credit)
        return lambda: self.credit.update({x.enterprise: x.credit_limit_micro})

    def SetCredit(self, x: c.SetCredit, at: int) -> Any:  # noqa: N802
        self.need(x.enterprise in self.credit, self.money[f"wallet:{x.enterprise}"] >= -x.credit_limit_micro)
        return lambda: self.credit.update({x.enterprise: x.credit_limit_micro})

    def OpenProgramme(self, x: c.OpenProgramme, at: int) -> Any:  # noqa: N802
        self.need(x.programme not in self.programmes, all(w.fund in self.funds for w in x.funds))
        facts = {"funds": [(w.fund, w.weight) for w in x.funds], "level": x.reserve_level_micro}
        facts |= {"floor": x.reserve_floor_micro, "short": False, "centres": []}
        return lambda: self.programmes.update({x.programme: facts})

    def Appropriate(self, x: c.Appropriate, at: int) -> None:  # noqa: N802
        self.need(x.programme in self.programmes)
        self.money[f"appropriation:{x.programme}"] += x.amount_micro
        self.money[f"budget:{x.programme}"] += x.amount_micro

    def PayIn(self, x: c.PayIn, at: int) -> None:  # noqa: N802
        self.need(x.fund in self.funds)
        self.money[f"treasury:{x.fund}"] += x.amount_micro
        self.money[f"funding:{x.fund}"] += x.amount_micro

    def TopUp(self, x: c.TopUp, at: int) -> None:  # noqa: N802
        self.need(x.enterprise in self.credit)
        self.money["bank:CNY"] += x.amount_micro
        self.money[f"wallet:{x.enterprise}"] += x.amount_micro

    def Withdraw(self, x: c.Withdraw, at: int) -> None:  # noqa: N802
        self.need(x.enterprise in self.credit, self.money[f"wallet:{x.enterprise}"] >= x.amount_micro)
        self.money["bank:CNY"] -= x.amount_micro
        self.money[f"wallet:{x.enterprise}"] -= x.amount_micro

    def Transfer(self, x: c.Transfer, at: int) -> None:  # noqa: N802
        for name in (x.debit, x.credit):
            self.need(name.startswith("wallet:"), name.removeprefix("wallet:") in self.credit)
        self.need(x.debit != x.credit)
        self.money[x.debit] -= x.amount_micro
        self.money[x.credit] += x.amount_micro

    def Journal(self, x: c.Journal, at: int) -> None:  # noqa: N802
        self.need(sum(leg.amount_micro for leg in x.legs) == 0)
        for leg in x.legs:
            self.need(leg.account.removeprefix("wallet:") in self.credit)
            self.money[leg.account] -= leg.amount_micro

    def IssueGrant(self, x: c.IssueGrant, at: int) -> Any:  # noqa: N802
        self.need(x.grant not in self.grants, x.programme in self.programmes, x.enterprise in self.credit)
        self.need(at < x.expires_at)
        self.money[f"budget:{x.programme}"] -= x.amount_micro
        self.money[f"available:{x.grant}"] += x.amount_micro
        facts = {"programme": x.programme, "enterprise": x.enterprise, "withdrawn": False, "captures": []}
        facts |= {"starts": x.starts_at, "ends": x.expires_at, "issued": x.amount_micro}
        return lambda: self.grants.update({x.grant: facts})

    def Expire(self, x: c.Expire, at: int) -> None:  # noqa: N802
        self.need(x.programme in self.programmes)
        for name, grant in self.grants.items():
            if grant["programme"] == x.programme and at >= grant["ends"]:
                self.money[f"expired:{name}"] += self.money[f"available:{name}"]
                self.money[f"available:{name}"] = 0

    def freeze(self, enterprise: str, draws: tuple[c.Draw, ...], wallet: int, at: int) -> dict[str, int]:
        self.need(enterprise in self.credit)
        for draw in draws:
            self.need(draw.grant in self.grants)
            grant = self.grants[draw.grant]
            self.need(grant["enterprise"] == enterprise, grant["starts"] <= at < grant["ends"])
            self.need(not grant["withdrawn"], not self.programmes[grant["programme"]]["short"])
            self.money[f"available:{draw.grant}"] -= draw.amount_micro
            self.money[f"held:{draw.grant}"] += draw.amount_micro
        self.money[f"wallet:{enterprise}"] -= wallet
        self.money[f"wallet_held:{enterprise}"] += wallet
        return {draw.grant: draw.amount_micro for draw in draws}

    def PlaceHold(self, x: c.PlaceHold, at: int) -> Any:  # noqa: N802
        self.need(x.hold not in self.holds, x.centre in self.centres)
        parts = self.freeze(x.enterprise, x.draws, x.wallet_micro, at)
        facts = {"parts": parts, "wallet": x.wallet_micro, "enterprise": x.enterprise, "centre": x.centre}
        return lambda: self.holds.update({x.hold: facts | {"open": True}})

    def ExtendHold(self, x: c.ExtendHold, at: int) -> Any:  # noqa: N802
        self.need(x.hold in self.holds, self.holds.get(x.hold, {}).get("open", False))
        hold = self.holds[x.hold]
        parts = self.freeze(hold["enterprise"], x.draws, x.wallet_micro, at)

        def write() -> None:
            for grant, amount in parts.items():
                hold["parts"][grant] = hold["parts"].get(grant, 0) + amount
            hold["wallet"] += x.wallet_micro

        return write

    def home(self, grant: str, at: int) -> str:
        gone = self.grants[grant]["withdrawn"] or at >= self.grants[grant]["ends"]
        return f"expired:{grant}" if gone else f"available:{grant}"

    def let_go(self, hold: dict[str, Any], parts: dict[str, int], wallet: int, at: int) -> None:
        for grant, amount in parts.items():
            self.money[f"held:{grant}"] -= amount
            self.money[self.home(grant, at)] += amount
        self.money[f"wallet_held:{hold['enterprise']}"] -= wallet
        self.money[f"wallet:{hold['enterprise']}"] += wallet

    def Release(self, x: c.Release, at: int) -> Any:  # noqa: N802
        self.need(x.hold in self.holds, self.holds.get(x.hold, {}).get("open", False))
        hold = self.holds[x.hold]
        self.let_go(hold, hold["parts"], hold["wallet"], at)
        return lambda: hold.update(open=False, parts={}, wallet=0)

    def Capture(self, x: c.Capture, at: int) -> Any:  # noqa: N802
        self.need(x.hold in self.holds, self.holds.get(x.hold, {}).get("open", False))
        hold = self.holds[x.hold]
        charge = x.compute_micro + x.energy_micro + x.data_micro
        self.need(charge <= sum(hold["parts"].values()) + hold["wallet"])
        *taken, wallet = share_out(charge, [*hold["parts"].values(), hold["wallet"]])
        centre, borne, touched = hold["centre"], {}, []
        for grant, part in zip(hold["parts"], taken, strict=True):
            programme = self.grants[grant]["programme"]
            funds = self.programmes[programme]["funds"]
            self.money[f"held:{grant}"] -= part
            self.money[f"spent:{grant}"] += part
            self.money[f"voucher_payable:{centre}:{programme}"] += part
            for (fund, _), share in zip(funds, share_out(part, [w for _, w in funds]), strict=True):
                self.money[f"funding:{fund}"] -= share
                if share:
                    borne[grant, fund] = share
            if part:
                touched.append((programme, grant, part))
        self.money[f"wallet_held:{hold['enterprise']}"] -= wallet
        self.money[f"payable:{centre}"] += wallet
        left = {g: hold["parts"][g] - part for g, part in zip(hold["parts"], taken, strict=True)}
        if x.closes:
            self.let_go(hold, left, hold["wallet"] - wallet, at)
        shorts = []
        for programme in dict.fromkeys(p for p, _, _ in touched):
            owed = self.waiting(centre, programme)
            if self.programmes[programme]["short"] or owed > self.money[f"reserve:{programme}"]:
                shorts.append(programme)
            else:
                self.money[f"reserve:{programme}"] -= owed
                self.money[f"voucher_payable:{centre}:{programme}"] -= owed

        def write() -> None:
            hold.update(parts={} if x.closes else left, wallet=0 if x.closes else hold["wallet"] - wallet)
            hold["open"] = not x.closes
            facts = {"hold": x.hold, "at": at, "left": charge, "usage": x.usage_milli, "wallet": wallet}
            self.captures[x.id] = facts | {"borne": borne}
            self.centres[centre]["items"].append((at, wallet))
            for programme, grant, part in touched:
                self.grants[grant]["captures"].append(x.id)
                self.centres[centre]["voucher"].append((at, programme, part))
                if centre not in self.programmes[programme]["centres"]:
                    self.programmes[programme]["centres"].append(centre)
            for programme in shorts:
                self.programmes[programme]["short"] = True

        return write

    def waiting(self, centre: str, programme: str) -> int:
        owed = self.money[f"voucher_payable:{centre}:{programme}"]
        return owed // FEN * FEN if owed > 0 else 0

    def give(self, name: str, amount: int, at: int) -> Any:
        capture = self.captures[name]
        hold = self.holds[capture["hold"]]
        keys = list(capture["borne"])
        *parts, wallet = share_out(amount, [*capture["borne"].values(), capture["wallet"]])
        for (grant, fund), part in zip(keys, parts, strict=True):
            programme = self.grants[grant]["programme"]
            self.money[f"voucher_payable:{hold['centre']}:{programme}"] -= part
            self.money[f"funding:{fund}"] += part
            self.money[f"spent:{grant}"] -= part
            self.money[self.home(grant, at)] += part
        self.money[f"payable:{hold['centre']}"] -= wallet
        self.money[f"wallet:{hold['enterprise']}"] += wallet

        def write() -> int:
            for key, part in zip(keys, parts, strict=True):
                capture["borne"][key] -= part
                programme = self.grants[key[0]]["programme"]
                if part:
                    self.centres[hold["centre"]]["voucher"].append((at, programme, -part))
            capture["wallet"] -= wallet
            capture["left"] -= amount
            return wallet

        return write

    def Refund(self, x: c.Refund, at: int) -> Any:  # noqa: N802
        self.need(x.capture in self.captures)
        self.need(self.captures[x.capture]["hold"] != "")
        self.need(x.amount_micro <= self.captures[x.capture]["left"])
        give = self.give(x.capture, x.amount_micro, at)
        centre = self.centres[self.holds[self.captures[x.capture]["hold"]]["centre"]]
        return lambda: centre["items"].append((at, -give()))

    def Reimburse(self, x: c.Reimburse, at: int) -> Any:  # noqa: N802
        self.need(x.grant in self.grants, x.amount_micro % FEN == 0)
        grant = self.grants[x.grant]
        self.need(grant["starts"] <= at < grant["ends"], not grant["withdrawn"])
        self.money[f"available:{x.grant}"] -= x.amount_micro
        self.money[f"spent:{x.grant}"] += x.amount_micro
        funds = self.programmes[grant["programme"]]["funds"]
        borne = {}
        for (fund, _), share in zip(
            funds, share_out(x.amount_micro // FEN, [w for _, w in funds]), strict=True
        ):
            self.money[f"treasury:{fund}"] -= share * FEN
            self.money[f"funding:{fund}"] -= share * FEN
            if share:
                borne[x.grant, fund] = share * FEN

        def write() -> None:
            facts = {"hold": "", "at": at, "left": x.amount_micro, "usage": 0, "wallet": 0, "borne": borne}
            self.captures[x.id] = facts
            grant["captures"].append(x.id)

        return write

    def ClawBack(self, x: c.ClawBack, at: int) -> Any:  # noqa: N802
        self.need(x.grant in self.grants)
        grant = self.grants[x.grant]
        self.need(not (grant["withdrawn"] and x.spent_micro == 0))
        self.need(x.spent_micro <= self.money[f"spent:{x.grant}"])
        self.money[f"expired:{x.grant}"] += self.money[f"available:{x.grant}"] + x.spent_micro
        self.money[f"available:{x.grant}"] = 0
        self.money[f"spent:{x.grant}"] -= x.spent_micro
        left, moved = x.spent_micro, []
        for name in grant["captures"]:
            borne = {f: v for (g, f), v in self.captures[name]["borne"].items() if g == x.grant}
            part = min(left, sum(borne.values()))
            left -= part
            for fund, share in zip(
                borne, share_out(part, list(borne.values())) if part else (), strict=False
            ):
                self.money[f"receivable:{grant['enterprise']}:{fund}"] += share
                self.money[f"funding:{fund}"] += share
                moved.append((name, fund, share))

        def write() -> None:
            grant["withdrawn"] = True
            for name, fund, share in moved:
                self.captures[name]["borne"][x.grant, fund] -= share
                self.captures[name]["wallet"] += share

        return write

    def Repay(self, x: c.Repay, at: int) -> None:  # noqa: N802
        self.need(x.enterprise in self.credit, x.amount_micro % FEN == 0)
        names = [n for n in self.money if n.startswith(f"receivable:{x.enterprise}:")]
        owed = [self.money[name] // FEN for name in names]
        self.need(x.amount_micro // FEN <= sum(owed))
        for name, fen in zip(names, share_out(x.amount_micro // FEN, owed), strict=True):
            self.money[name] -= fen * FEN
            self.money[f"treasury:{name.split(':')[2]}"] += fen * FEN

    def fill(self, programme: str) -> None:
        facts = self.programmes[programme]
        missing = facts["level"] + sum(self.waiting(centre, programme) for centre in facts["centres"])
        missing = max(0, missing - self.money[f"reserve:{programme}"]) // FEN
        for (fund, _), fen in zip(
            facts["funds"], share_out(missing, [w for _, w in facts["funds"]]), strict=True
        ):
            cash = min(fen * FEN, self.money[f"treasury:{fund}"])
            self.money[f"treasury:{fund}"] -= cash
            self.money[f"reserve:{programme}"] += cash

    def pay(self, centre: str, programme: str) -> None:
        cash = min(self.waiting(centre, programme), self.money[f"reserve:{programme}"])
        self.money[f"reserve:{programme}"] -= cash
        self.money[f"voucher_payable:{centre}:{programme}"] -= cash

    def still_short(self, programme: str) -> bool:
        return any(self.waiting(centre, programme) for centre in self.programmes[programme]["centres"])

    def Replenish(self, x: c.Replenish, at: int) -> Any:  # noqa: N802
        self.need(x.programme in self.programmes)
        self.fill(x.programme)
        for centre in self.programmes[x.programme]["centres"]:
            self.pay(centre, x.programme)
        short = self.still_short(x.programme)
        return lambda: self.programmes[x.programme].update(short=short)

    def Settle(self, x: c.Settle, at: int) -> Any:  # noqa: N802
        self.need(x.centre in self.centres)
        centre = self.centres[x.centre]
        self.need(x.period not in centre["done"], at >= x.to_at)
        self.need(centre["to"] is None or x.from_at >= centre["to"])
        due = centre["carried"] + sum(amount for when, amount in centre["items"] if when < x.to_at)
        paid = min(max(0, due) // FEN * FEN, self.money["bank:CNY"])
        self.money["bank:CNY"] -= paid
        self.money[f"payable:{x.centre}"] -= paid
        touched = dict.fromkeys(p for when, p, _ in centre["voucher"] if when < x.to_at)
        touched |= dict.fromkeys(p for p in self.programmes if self.waiting(x.centre, p))
        shorts = {}
        for programme in touched:
            self.fill(programme)
            self.pay(x.centre, programme)
            shorts[programme] = self.still_short(programme)

        def write() -> None:
            centre["carried"] = due - paid
            centre["items"] = [item for item in centre["items"] if item[0] >= x.to_at]
            centre["voucher"] = [item for item in centre["voucher"] if item[0] >= x.to_at]
            centre["to"] = x.to_at
            centre["done"].add(x.period)
            for programme, short in shorts.items():
                self.programmes[programme]["short"] = short

        return write

    def theirs(self, centre: str, hold: str, start: int, end: int) -> list[str]:
        return [
            name
            for name, capture in self.captures.items()
            if capture["hold"] == hold
            and self.holds[hold]["centre"] == centre
            and start <= capture["at"] < end
        ]

    def Reconcile(self, x: c.Reconcile, at: int) -> Any:  # noqa: N802
        self.need(x.centre in self.centres, (x.centre, x.period) not in self.claims)
        found = {}
        for line in x.lines:
            ours = [self.captures[n] for n in self.theirs(x.centre, line.hold, x.from_at, x.to_at)]
            money, usage = sum(o["left"] for o in ours), sum(o["usage"] for o in ours)
            near = abs(line.amount_micro - money) * 10_000 <= x.tolerance_bp * money
            if near and abs(line.usage_milli - usage) * 10_000 <= x.tolerance_bp * usage:
                continue
            kept = min(max(0, money - line.amount_micro), sum(o["wallet"] for o in ours))
            kept = min(kept, max(0, self.money[f"payable:{x.centre}"]))
            self.money[f"payable:{x.centre}"] -= kept
            self.money[f"disputed:{x.centre}"] += kept
            facts = {"centre": x.centre, "hold": line.hold, "kept": kept, "open": True}
            found[f"{x.id}/{line.hold}"] = facts | {"from": x.from_at, "to": x.to_at}

        def write() -> None:
            self.disputes.update(found)
            self.claims.add((x.centre, x.period))
            self.centres[x.centre]["carried"] -= sum(f["kept"] for f in found.values())

        return write

    def Resolve(self, x: c.Resolve, at: int) -> Any:  # noqa: N802
        self.need(x.dispute in self.disputes, self.disputes.get(x.dispute, {}).get("open", False))
        dispute = self.disputes[x.dispute]
        centre = self.centres[dispute["centre"]]
        names = self.theirs(dispute["centre"], dispute["hold"], dispute["from"], dispute["to"])
        self.money[f"disputed:{dispute['centre']}"] -= dispute["kept"]
        self.money[f"payable:{dispute['centre']}"] += dispute["kept"]
        excess = sum(self.captures[name]["left"] for name in names) - x.awarded_micro
        writes = []
        for name in reversed(names):
            part = min(max(0, excess), self.captures[name]["left"])
            if part:
                writes.append(self.give(name, part, at))
            excess -= part if part else 0
        extra = max(0, -excess)
        self.money["expense:disputes.CNY"] += extra
        self.money[f"payable:{dispute['centre']}"] += extra

        def write() -> None:
            dispute["open"] = False
            centre["carried"] += dispute["kept"] + extra - sum(one() for one in writes)

        return write

    def balances(self) -> dict[str, int]:
        """Every balance that is not 0."""
        return {name: amount for name, amount in self.money.items() if amount}

    def copy(self) -> "Naive":
        """Another one like it."""
        return deepcopy(self)
