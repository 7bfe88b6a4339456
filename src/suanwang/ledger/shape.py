"""The form of a command, before the state is asked: names, amounts, instants, and how its parts fit.

Every fault of a command is found in one pass. Nothing here depends on the state, so a malformed command is
never recorded: it raises, where a well-formed one that the books cannot follow is *refused*.
"""

import re
from collections.abc import Callable

import msgspec

from suanwang.ledger.commands import (
    COMMANDS,
    AnyCommand,
    Capture,
    ClaimLine,
    Command,
    Draw,
    ExtendHold,
    FundWeight,
    IssueGrant,
    Journal,
    Leg,
    OpenProgramme,
    PlaceHold,
    Reconcile,
    Settle,
    Transfer,
)
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

AMOUNT_MAX_MICRO = 10**18
"""A million million yuan: anything larger is a mistake of unit, and sums still fit in 64 bits."""

NAME = re.compile(r"[\w./+-]{1,60}")
ID = re.compile(r"[\w./+-]{1,200}")
ID_BYTES_MAX = 255
ACCOUNT = re.compile(r"[a-z_]{1,30}(?::[\w./+-]{1,60}){1,2}")
CURRENCY = re.compile(r"[A-Z]{3}")

Check = Callable[[object], bool]


class Rule(msgspec.Struct, frozen=True):
    """What a field must be: a test, and its words."""

    holds: Check
    expected: Text


def _whole(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def _text(pattern: re.Pattern[str]) -> Check:
    return lambda value: type(value) is str and pattern.fullmatch(value) is not None


_WORDS = Text("at most 200 printable characters", "不超过 200 个可见字符")
NAME_RULE = Rule(
    _text(NAME), Text("a name of 1 to 60 letters, digits, _ . / + -", "1 至 60 个字母、数字或 _ . / + -")
)
ID_RULE = Rule(
    lambda value: type(value) is str and bool(ID.fullmatch(value)) and len(value.encode()) <= ID_BYTES_MAX,
    Text(
        "1 to 200 letters, digits, _ . / + -, at most 255 bytes",
        "1 至 200 个字母、数字或 _ . / + -，不超过 255 字节",
    ),
)
ACCOUNT_RULE = Rule(_text(ACCOUNT), Text("an account such as wallet:acme", "账户名，如 wallet:acme"))
POSITIVE = Rule(
    _whole(1, AMOUNT_MAX_MICRO),
    Text("a whole number of micro-yuan above 0, at most 1e18", "大于 0 的整数（微元），不超过 1e18"),
)
NOT_NEGATIVE = Rule(_whole(0, AMOUNT_MAX_MICRO), Text("a whole number from 0 to 1e18", "0 至 1e18 的整数"))
SIGNED = Rule(
    lambda value: type(value) is int and value != 0 and abs(value) <= AMOUNT_MAX_MICRO,
    Text(
        "a whole number of micro-yuan, not 0, at most 1e18 in size", "非 0 的整数（微元），绝对值不超过 1e18"
    ),
)
WORDS = Rule(lambda value: type(value) is str and len(value) <= 200 and value.isprintable(), _WORDS)

RULES: dict[str, Rule] = {
    **dict.fromkeys(
        ("fund", "centre", "enterprise", "programme", "grant", "hold", "period"),
        NAME_RULE,
    ),
    **dict.fromkeys(("id", "capture", "dispute"), ID_RULE),
    **dict.fromkeys(("account", "debit", "credit"), ACCOUNT_RULE),
    **dict.fromkeys(("reference", "reason", "memo"), WORDS),
    **dict.fromkeys(
        (
            "credit_limit_micro",
            "reserve_level_micro",
            "reserve_floor_micro",
            "wallet_micro",
            "compute_micro",
            "energy_micro",
            "data_micro",
            "spent_micro",
            "awarded_micro",
            "usage_milli",
            "starts_at",
            "expires_at",
            "from_at",
            "to_at",
        ),
        NOT_NEGATIVE,
    ),
    "amount_micro": POSITIVE,
    "weight": POSITIVE,
    "currency": Rule(_text(CURRENCY), Text("three capital letters such as CNY", "三个大写字母，如 CNY")),
    "closes": Rule(lambda value: type(value) is bool, same("true / false")),
    "tolerance_bp": Rule(_whole(0, 10_000), Text("basis points from 0 to 10,000", "0 至 10000 个基点")),
}

OVERRIDES: dict[tuple[str, str], Rule] = {
    ("Appropriate", "amount_micro"): SIGNED,
    ("PayIn", "amount_micro"): SIGNED,
    ("Leg", "amount_micro"): SIGNED,
    ("ClaimLine", "amount_micro"): NOT_NEGATIVE,
}

PARTS: dict[str, type[msgspec.Struct]] = {"funds": FundWeight, "draws": Draw, "lines": ClaimLine, "legs": Leg}


def _plan(struct: type[msgspec.Struct]) -> tuple[tuple[str, Rule], ...]:
    return tuple(
        (field, OVERRIDES.get((struct.__name__, field)) or RULES[field])
        for field in struct.__struct_fields__
        if field not in PARTS
    )


_PLANS: dict[type[msgspec.Struct], tuple[tuple[str, Rule], ...]] = {
    struct: _plan(struct) for struct in (*COMMANDS.values(), *PARTS.values())
}
_PART_FIELDS: dict[type[Command], tuple[str, ...]] = {
    command: tuple(field for field in command.__struct_fields__ if field in PARTS)
    for command in COMMANDS.values()
}


def check_shape(command: Command) -> None:
    """Raises InvalidInput with every fault of the command's form."""
    if (
        type(command) is Transfer
        and type(command.amount_micro) is int
        and 0 < command.amount_micro <= AMOUNT_MAX_MICRO
        and command.id.isascii()
        and ID.fullmatch(command.id)
        and type(command.debit) is str
        and type(command.credit) is str
    ):
        return  # the fastest path: the accounts must exist, which is all that their names' form could add
    faults = shape_faults(command)
    if faults:
        raise InvalidInput(faults)


def shape_faults(command: Command) -> list[Fault]:
    """Every fault of the command's form."""
    where = f"{command.__struct_config__.tag} {command.id}"
    faults = _field_faults(command, where)
    for field in _PART_FIELDS[type(command)]:
        for index, part in enumerate(getattr(command, field)):
            faults += _field_faults(part, f"{where} {field}[{index}]")
    return faults or _sum_faults(command, where)


def _field_faults(struct: msgspec.Struct, where: str) -> list[Fault]:
    return [
        Fault(
            where=f"{where}.{field}",
            what=Text("not a valid value", "取值无效"),
            found=str(getattr(struct, field)),
            expected=rule.expected,
            remedy=Text("correct it and send the command again", "更正后重新提交"),
            kind=field,
        )
        for field, rule in _plan_of(struct)
        if not rule.holds(getattr(struct, field))
    ]


def _plan_of(struct: msgspec.Struct) -> tuple[tuple[str, Rule], ...]:
    return _PLANS[type(struct)]


def _sum_faults(command: Command, where: str) -> list[Fault]:
    """What the parts of a command must be together; only asked where each part is right by itself."""
    faults: list[Fault] = []

    def expect(holds: bool, field: str, expected: Text) -> None:
        if not holds:
            what = Text("the parts do not fit together", "各部分不相符")
            faults.append(Fault(f"{where}.{field}", what, expected=expected, kind=field))

    if isinstance(command, OpenProgramme):
        names = [weight.fund for weight in command.funds]
        expect(
            bool(names) and len(set(names)) == len(names), "funds", Text("each fund once", "每项资金出现一次")
        )
        low = command.reserve_floor_micro <= command.reserve_level_micro
        expect(low, "reserve_floor_micro", Text("at most the reserve's level", "不高于备用金额度"))
    elif isinstance(command, PlaceHold | ExtendHold):
        names = [draw.grant for draw in command.draws]
        expect(len(set(names)) == len(names), "draws", Text("each grant once", "每个额度出现一次"))
        total = sum(draw.amount_micro for draw in command.draws) + command.wallet_micro
        expect(total > 0, "wallet_micro", Text("more than 0 in all", "合计大于 0"))
    elif isinstance(command, Capture):
        charge = command.compute_micro + command.energy_micro + command.data_micro
        expect(
            charge > 0, "compute_micro", Text("a charge above 0 (else release)", "核销额大于 0（否则请释放）")
        )
    elif isinstance(command, IssueGrant):
        expect(command.starts_at < command.expires_at, "expires_at", Text("after starts_at", "晚于生效时间"))
    elif isinstance(command, Journal):
        expect(len(command.legs) >= 2, "legs", Text("at least two legs", "至少两条分录"))
    elif isinstance(command, Settle | Reconcile):
        expect(command.from_at < command.to_at, "to_at", Text("after from_at", "晚于期初"))
        if isinstance(command, Reconcile):
            holds = [line.hold for line in command.lines]
            expect(len(set(holds)) == len(holds), "lines", Text("each hold once", "每笔冻结出现一次"))
    return faults


def read_command(record: bytes, where: str) -> AnyCommand:
    """The command of one JSON object. Raises InvalidInput with everything that is wrong with it."""
    try:
        raw: object = msgspec.json.decode(record)
    except msgspec.DecodeError as error:
        raise InvalidInput([Fault(where, Text("not JSON", "不是 JSON"), expected=same(str(error)))]) from None
    fields = dict(raw) if isinstance(raw, dict) else {}  # pyright: ignore[reportUnknownArgumentType]
    kind = COMMANDS.get(str(fields.pop("do", "")))
    if kind is None:
        known = same(", ".join(COMMANDS))
        raise InvalidInput([Fault(f"{where}.do", Text("no such command", "没有这种命令"), expected=known)])
    faults: list[Fault] = []
    values: dict[str, object] = {}
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    known = same(", ".join(types))
    unknown = Text("no such field", "没有这个字段")
    faults += [Fault(f"{where}.{name}", unknown, expected=known) for name in fields if name not in types]
    for name, field_type in types.items():
        if name not in fields:
            faults.append(Fault(f"{where}.{name}", Text("the field is missing", "缺少字段")))
            continue
        try:
            values[name] = msgspec.convert(fields[name], field_type)
        except msgspec.ValidationError as error:
            wrong = Text("the value has the wrong type", "值的类型不对")
            faults.append(
                Fault(f"{where}.{name}", wrong, found=str(fields[name])[:80], expected=same(str(error)))
            )
    if faults:
        raise InvalidInput(faults)
    command = msgspec.convert({"do": kind.__struct_config__.tag, **values}, AnyCommand)
    check_shape(command)
    return command
