"""Why the ledger says no: every code with its words and its remedy."""

from suanwang.ledger.events import Reason
from suanwang.units.errors import Fault, SuanwangError
from suanwang.units.text import Text, same


class Refusal(Exception):
    """Raised while deciding; carries every reason found. `decide` turns it into a `Refused` event."""

    def __init__(self, reasons: list[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(", ".join(reason.code for reason in reasons))


class IdConflict(SuanwangError):
    """The id was used for another body: nothing is booked, and the first result stands."""

    exit_code = 1

    def __init__(self, name: str) -> None:
        what = Text("this id was used for another request", "该编号已用于另一请求")
        remedy = Text("use a new id for a new request", "新请求请使用新编号")
        super().__init__([Fault(name, what, remedy=remedy, kind="id_conflict")])


class CorruptLog(SuanwangError):
    """An event that this ledger cannot have written: it does not balance or follows nothing."""


TEXTS: dict[str, tuple[Text, Text]] = {
    "exists": (Text("it is already open", "已经开立"), Text("use another name", "请换一个名称")),
    "unknown": (
        Text("there is no such thing", "不存在"),
        Text("open it first, or correct the name", "请先开立，或更正名称"),
    ),
    "currency": (
        Text("the accounts differ in currency", "币种不一致"),
        Text("use accounts of one currency", "请使用同一币种的账户"),
    ),
    "overdraft": (
        Text("not enough is available (what is held does not count)", "可用余额不足（冻结部分不可用）"),
        Text("top up, or ask for less", "请充值或减少金额"),
    ),
    "closed_to_journals": (
        Text("transfers and journals may not touch this account", "该账户不接受手工分录"),
        Text("use the operation that owns it", "请使用相应的业务操作"),
    ),
    "unbalanced": (
        Text("the legs do not balance", "借贷不平衡"),
        Text("make debits equal credits in each book and currency", "请使每本账、每个币种借贷相等"),
    ),
    "part_fen": (
        Text("a payment is in whole fen", "付款须为整分"),
        Text("round to 0.01 yuan; the remainder stays payable", "请取整到 0.01 元，余数保留为应付"),
    ),
    "not_owner": (
        Text("the grant belongs to another enterprise", "该额度属于其他企业"),
        Text("use the enterprise's own grants", "请使用本企业的额度"),
    ),
    "not_started": (
        Text("the grant is not yet valid", "额度尚未生效"),
        Text("wait, or use another grant", "请等待或使用其他额度"),
    ),
    "expired": (Text("the grant has expired", "额度已过期"), Text("use another grant", "请使用其他额度")),
    "withdrawn": (
        Text("the grant was withdrawn", "额度已被收回"),
        Text("use another grant", "请使用其他额度"),
    ),
    "reserve_short": (
        Text("the programme's reserve is short: no new holds", "该方案备用金不足，暂停新冻结"),
        Text("replenish the reserve, or pay from the wallet", "请补足备用金，或由钱包支付"),
    ),
    "resolved": (
        Text("the hold is already resolved", "冻结已了结"),
        Text("a hold resolves once; place another", "冻结只能了结一次，请另行冻结"),
    ),
    "exceeds_hold": (
        Text("more than the hold has left", "超过冻结余额"),
        Text("extend the hold first", "请先追加冻结"),
    ),
    "exceeds_capture": (
        Text("more than is left of the capture", "超过该笔核销的剩余金额"),
        Text("refund at most what was captured and not yet refunded", "退款不得超过尚未退还的核销额"),
    ),
    "reimbursed": (
        Text("this was paid out to the firm, no centre can give it back", "该笔已兑付给企业，无中心可退款"),
        Text("claw it back from the firm", "请向企业追回"),
    ),
    "exceeds_spent": (
        Text("more than the grant has spent", "超过该额度已核销的金额"),
        Text("claw back at most what was spent, net of refunds", "追回不得超过净核销额"),
    ),
    "exceeds_receivable": (
        Text("more than the firm owes", "超过企业应退金额"),
        Text("pay at most what was clawed back", "还款不得超过被追回的金额"),
    ),
    "already_settled": (
        Text("the centre's period is already settled", "该中心该期已结算"),
        Text("read that settlement; later items fall into the next", "请查看该次结算，后续款项计入下期"),
    ),
    "period_open": (
        Text("the period is not over", "该期尚未结束"),
        Text("settle after its end", "请在期末之后结算"),
    ),
    "period_overlap": (
        Text("the period overlaps one that is settled", "该期与已结算的期间重叠"),
        Text("begin where the last settled period ended", "请从上一结算期末开始"),
    ),
    "already_reconciled": (
        Text("the centre's claim for the period is already reconciled", "该中心该期申报已对账"),
        Text("resolve its disputes", "请处理其争议"),
    ),
    "dispute_closed": (
        Text("the dispute is already resolved", "争议已处理"),
        Text("read its resolution", "请查看处理结果"),
    ),
}


def fault_of(reason: Reason) -> Fault:
    """The reason in words, both languages."""
    what, remedy = TEXTS[reason.code]
    return Fault(
        where=reason.where,
        what=what,
        found=reason.found,
        expected=same(reason.needed),
        remedy=remedy,
        kind=reason.code,
    )
