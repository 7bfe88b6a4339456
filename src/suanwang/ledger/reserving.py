"""The reserve (备用金): cash that pays the centres' voucher part at once and is filled again from the funds.

`level` is what it is filled to, `floor` where its alarm begins (*low*). When a payment does not fit, the
programme is *short*: the voucher part stays payable, no reserve payment overtakes it, new holds are refused,
until a replenishment has paid everything that waits.
"""

from suanwang.ledger.commands import Replenish
from suanwang.ledger.entry import Entry
from suanwang.ledger.events import Alarm, CentreAmount, FundAmount, Reason, Replenished
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.state import Ledger
from suanwang.units.money import MICRO_PER_FEN, split, whole_fen


def waiting_micro(state: Ledger, entry: Entry, programme: str, centre: str) -> int:
    """What the reserve of `programme` owes `centre` and could pay, in whole 分, once `entry` is booked."""
    return whole_fen(max(0, entry.natural_after(state, f"voucher_payable:{centre}:{programme}")))


def pay_at_once(state: Ledger, entry: Entry, programme: str, centre: str) -> Alarm:
    """Adds the reserve's payment of what waits for `centre`, where it fits; the alarm afterwards."""
    known = state.programmes[programme]
    due = waiting_micro(state, entry, programme, centre)
    there = entry.natural_after(state, f"reserve:{programme}")
    if known.alarm == "short" or due > there:
        return "short"
    entry.move(f"voucher_payable:{centre}:{programme}", f"reserve:{programme}", due)
    return "low" if there - due < known.reserve_floor_micro else "ok"


def draw_from_funds(state: Ledger, entry: Entry, programme: str) -> tuple[FundAmount, ...]:
    """Adds the transfers that fill the reserve to its level and cover what waits for it.

    Each fund pays its own share, in whole 分, as far as its treasury reaches; none pays for another.
    """
    known = state.programmes[programme]
    waiting = sum(waiting_micro(state, entry, programme, centre) for centre in known.centres)
    missing = known.reserve_level_micro + waiting - entry.natural_after(state, f"reserve:{programme}")
    fen = max(0, missing) // MICRO_PER_FEN
    drawn: list[FundAmount] = []
    for fund, share in zip(known.funds, split(fen, [w.weight for w in known.funds]), strict=True):
        treasury = f"treasury:{fund.fund}"
        amount = min(share * MICRO_PER_FEN, entry.natural_after(state, treasury))
        if amount:
            entry.move(f"reserve:{programme}", treasury, amount)
            drawn.append(FundAmount(fund.fund, amount))
    return tuple(drawn)


def pay_waiting(state: Ledger, entry: Entry, programme: str, centre: str) -> int:
    """Adds what the reserve can pay of what waits for `centre`; how much that is."""
    due = waiting_micro(state, entry, programme, centre)
    paid = min(due, entry.natural_after(state, f"reserve:{programme}"))
    entry.move(f"voucher_payable:{centre}:{programme}", f"reserve:{programme}", paid)
    return paid


def alarm_after(state: Ledger, entry: Entry, programme: str) -> Alarm:
    """The alarm once `entry` is booked."""
    known = state.programmes[programme]
    if any(waiting_micro(state, entry, programme, centre) for centre in known.centres):
        return "short"
    there = entry.natural_after(state, f"reserve:{programme}")
    return "low" if there < known.reserve_floor_micro else "ok"


def decide_replenish(state: Ledger, command: Replenish, at: int, digest: str) -> Replenished:
    """Fills the reserve and pays what waits, centre by centre in the order in which they first earned."""
    known = state.programmes.get(command.programme)
    if known is None:
        raise Refusal([Reason("unknown", f"reserve:{command.programme}")])
    entry = Entry()
    drawn = draw_from_funds(state, entry, command.programme)
    paid = [
        CentreAmount(centre, pay_waiting(state, entry, command.programme, centre)) for centre in known.centres
    ]
    alarm = alarm_after(state, entry, command.programme)
    legs = entry.booked(state)
    some = tuple(payment for payment in paid if payment.amount_micro)
    return Replenished(at, command.id, digest, legs, command.programme, drawn, some, alarm)
