"""What can be wrong with an input before any rule is asked."""

from suanwang.engine.voucher_state import Vouchers
from suanwang.ledger.shape import NAME_RULE
from suanwang.model.credit_code import is_credit_code
from suanwang.model.enterprise import Enterprise
from suanwang.model.programme import Programme
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

ANOTHER = Text("use another name", "请换一个名称")
REQUEST_LETTERS_MOST = 120
"""An input's id; the ids of its ledger commands, which begin with it, still fit in the log."""


def refuse(faults: list[Fault]) -> None:
    """Raises InvalidInput with the faults, where there are any."""
    if faults:
        raise InvalidInput(faults)


def unknown(name: str, what: Text) -> InvalidInput:
    """The error of a name that stands for nothing."""
    return InvalidInput([Fault(name, what, remedy=Text("correct the name", "更正名称"), kind="unknown")])


def name_faults(
    state: Vouchers, name: str, asked: str, firm: Enterprise, programme: Programme
) -> list[Fault]:
    """A new application or claim has a name that is free and fits, a firm with a code, and its programme."""
    faults: list[Fault] = []
    if not NAME_RULE.holds(name):
        faults.append(Fault(name, Text("not a valid name", "名称无效"), name, NAME_RULE.expected, ANOTHER))
    if name in state.applications or name in state.claims or name in state.ledger.grants:
        faults.append(Fault(name, Text("this name is taken", "名称已被占用"), remedy=ANOTHER, kind="taken"))
    if not is_credit_code(firm.code):
        faults.append(
            Fault(
                "enterprise.code",
                Text("not a valid unified social credit code", "统一社会信用代码无效"),
                firm.code,
                Text("18 characters of GB 32100", "GB 32100 的 18 位代码"),
            )
        )
    if asked != programme.programme:
        what = Text("not the programme of these rules", "与所用方案不符")
        faults.append(Fault("programme", what, asked, same(programme.programme)))
    return faults
