"""What a platform shows each of its money, whoever asks: wallets, grants, claims, settlements, statements."""

import argparse
import re
from collections.abc import Sequence
from itertools import repeat

from suanwang.cli.connection import Connection, part
from suanwang.cli.tables import Column, money, print_table, print_told
from suanwang.model.api.money import (
    Claims,
    Grants,
    Settlements,
    StatementTold,
    Wallets,
    WalletTold,
)
from suanwang.units.instants import iso
from suanwang.units.text import Language, Text, same

AMOUNT = re.compile(r"-?[\d,]*(?:\.\d+)?")


def show_wallets(connection: Connection, arguments: argparse.Namespace, language: Language) -> int:
    """`wallet show`."""
    if arguments.enterprise:
        told = Wallets((connection.get(f"/v1/wallets/{part(arguments.enterprise)}", WalletTold),))
    else:
        told = connection.get("/v1/wallets", Wallets)
    columns = (
        (Text("enterprise", "企业"), "left"),
        *figures(
            Text("available ¥", "可用 ¥"),
            Text("held ¥", "冻结 ¥"),
            Text("credit limit ¥", "授信额度 ¥"),
            Text("vouchers available ¥", "算力券可用 ¥"),
            Text("vouchers held ¥", "算力券冻结 ¥"),
        ),
    )
    rows = [
        (
            one.enterprise,
            money(one.available_micro),
            money(one.held_micro),
            money(one.credit_micro),
            money(one.voucher_available_micro),
            money(one.voucher_held_micro),
        )
        for one in told.wallets
    ]
    return show(told, columns, rows, arguments, language)


def show_grants(connection: Connection, arguments: argparse.Namespace, language: Language) -> int:
    """`grant list`."""
    told = connection.get("/v1/grants", Grants)
    columns = (
        (Text("grant", "额度"), "left"),
        (Text("programme", "方案"), "left"),
        (Text("enterprise", "企业"), "left"),
        (Text("state", "状态"), "left"),
        *figures(
            Text("issued ¥", "发放 ¥"),
            Text("available ¥", "可用 ¥"),
            Text("held ¥", "冻结 ¥"),
            Text("spent ¥", "已核销 ¥"),
            Text("lapsed ¥", "失效 ¥"),
        ),
    )
    rows = [
        (
            one.application,
            one.programme,
            one.enterprise,
            one.state,
            *map(
                money_or_nothing,
                (
                    one.issued_micro,
                    one.available_micro,
                    one.held_micro,
                    one.spent_micro,
                    one.expired_micro,
                ),
            ),
        )
        for one in told.grants
    ]
    return show(told, columns, rows, arguments, language)


def show_claims(connection: Connection, arguments: argparse.Namespace, language: Language) -> int:
    """`claim list`."""
    told = connection.get("/v1/claims", Claims)
    columns = (
        (Text("claim", "申报"), "left"),
        (Text("programme", "方案"), "left"),
        (Text("enterprise", "企业"), "left"),
        (Text("round", "轮次"), "right"),
        (Text("state", "状态"), "left"),
    )
    rows = [(one.claim, one.programme, one.enterprise, str(one.round), one.state) for one in told.claims]
    return show(told, columns, rows, arguments, language)


def show_settlements(connection: Connection, arguments: argparse.Namespace, language: Language) -> int:
    """`settlement list`."""
    told = connection.get("/v1/settlements", Settlements)
    columns = (
        (Text("centre", "算力中心"), "left"),
        (Text("period", "期间"), "left"),
        *figures(
            Text("brought ¥", "上期结转 ¥"),
            Text("earned ¥", "本期所得 ¥"),
            Text("paid ¥", "本次支付 ¥"),
            Text("carried on ¥", "结转下期 ¥"),
        ),
    )
    rows = [
        (
            one.centre,
            one.period,
            money(one.brought_micro),
            money(one.earned_micro),
            money(one.paid_micro),
            money(one.carried_micro),
        )
        for one in told.settlements
    ]
    return show(told, columns, rows, arguments, language)


def statement_of(connection: Connection, kind: str, name: str, from_at: int, to_at: int) -> StatementTold:
    """A statement, as the platform makes it in the language asked for."""
    path = f"/v1/statements/{kind}/{part(name or '-')}"
    return connection.get(path, StatementTold, from_at=from_at, to_at=to_at)


def print_statement(told: StatementTold, language: Language) -> None:
    """A statement's tables."""
    print(f"{told.title} · {told.subject} · {iso(told.from_at)} – {iso(told.to_at)} · {told.currency}\n")
    for section in told.sections:
        print(section.title)
        cells = zip(*section.rows, strict=True)
        sides = ["right" if all(map(AMOUNT.fullmatch, column)) else "left" for column in cells]
        columns = [
            (same(title), side) for title, side in zip(section.columns, sides or repeat("left"), strict=False)
        ]
        print_table(columns, section.rows, language)
    for note in told.notes:
        print(note)


def money_or_nothing(amount_micro: int | None) -> str:
    """An amount, where there is one."""
    return "" if amount_micro is None else money(amount_micro)


def figures(*titles: Text) -> tuple[Column, ...]:
    """Columns of amounts."""
    return tuple((title, "right") for title in titles)


def show(
    told: object,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    arguments: argparse.Namespace,
    language: Language,
) -> int:
    """For people or programs."""
    if arguments.json:
        print_told(told)
    else:
        print_table(columns, rows, language)
    return 0
