"""A purchase, and where the books stand for it, from YAML files; every fault at once."""

from pathlib import Path
from typing import TypeVar

import msgspec

from suanwang.feeds.yaml_shape import read_yaml
from suanwang.model.credit_code import is_credit_code
from suanwang.model.purchase import COST_KINDS, Purchase
from suanwang.policy.decision import Position
from suanwang.policy.inputs import DECLARED
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Positions(msgspec.Struct, frozen=True):
    """The position of an enterprise in each programme, by the programme's id."""

    positions: dict[str, Position] = {}


def read_file(path: Path, shape: type[Shape]) -> Shape:
    """The struct in a YAML file. Raises InvalidInput with every fault, or that it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            [
                Fault(
                    str(path),
                    Text("cannot be read", "无法读取"),
                    str(error.strerror or error),
                    remedy=Text("check the path", "检查路径"),
                )
            ]
        ) from error
    return read_yaml(data, path.name, shape)


def read_purchase(path: Path) -> Purchase:
    """A purchase from a file, checked."""
    purchase = read_file(path, Purchase)
    faults = purchase_faults(purchase, path.name)
    if faults:
        raise InvalidInput(faults)
    return purchase


def read_positions(path: Path) -> dict[str, Position]:
    """Positions from a file, checked: no negative amounts."""
    positions = read_file(path, Positions).positions
    faults: list[Fault] = []
    for programme, position in positions.items():
        amounts = [("paid", paid.amount_micro) for paid in position.paid]
        amounts += [("beside", beside.amount_micro) for beside in position.beside]
        if position.pool_left_micro is not None:
            amounts.append(("pool_left", position.pool_left_micro))
        faults.extend(
            Fault(f"{path.name} {programme}.{name}", Text("negative", "为负"), str(amount), same("≥ 0"))
            for name, amount in amounts
            if amount < 0
        )
    if faults:
        raise InvalidInput(faults)
    return positions


def purchase_faults(purchase: Purchase, file: str) -> list[Fault]:
    """What is wrong with a purchase beyond its shape."""
    faults: list[Fault] = []
    if not purchase.lines:
        faults.append(Fault(f"{file} lines", Text("no cost lines", "没有费用明细")))
    for index, line in enumerate(purchase.lines):
        place = f"{file} lines[{index}]"
        if line.kind not in COST_KINDS:
            faults.append(
                Fault(
                    f"{place}.kind",
                    Text("no such kind of cost", "没有这种费用类型"),
                    line.kind,
                    same(", ".join(COST_KINDS)),
                )
            )
        for name, amount in (("net_yuan", line.net_micro), ("vat_yuan", line.vat_micro)):
            if amount < 0:
                faults.append(Fault(f"{place}.{name}", Text("negative", "为负"), str(amount), same("≥ 0")))
    if purchase.supplier and not is_credit_code(purchase.supplier):
        faults.append(
            Fault(
                f"{file} supplier",
                Text("not a valid unified social credit code", "统一社会信用代码无效"),
                purchase.supplier,
                Text("18 characters of GB 32100", "GB 32100 的 18 位代码"),
                Text("leave it empty where it is not known", "未知则留空"),
            )
        )
    if purchase.starts is not None and purchase.ends is not None and purchase.starts > purchase.ends:
        faults.append(
            Fault(f"{file} ends", Text("ends before it begins", "结束早于开始"), str(purchase.ends))
        )
    faults.extend(
        Fault(
            f"{file} facts.{fact.name}",
            Text("already a declared input", "已是声明的输入"),
            fact.name,
            remedy=Text("use the field, or rename the fact", "使用对应字段或改名"),
        )
        for fact in purchase.facts
        if fact.name in DECLARED
    )
    return faults
