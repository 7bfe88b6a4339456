"""What a platform shows each of its money, whoever asks: wallets, grants, claims, settlements, statements."""

import argparse
import re
from itertools import repeat

from suanwang.cli.connection import Connection, part
from suanwang.cli.tables import Field, amount, print_table, show
from suanwang.model.api.money import (
    Claims,
    ClaimTold,
    Grants,
    GrantTold,
    Settlements,
    SettlementTold,
    StatementTold,
    Wallets,
    WalletTold,
)
from suanwang.units.instants import iso
from suanwang.units.text import Language, Text, same

AMOUNT = re.compile(r"-?[\d,]*(?:\.\d+)?")


WALLET: tuple[Field[WalletTold], ...] = (
    Field(Text("enterprise", "企业"), lambda one: one.enterprise),
    amount(Text("available ¥", "可用 ¥"), lambda one: one.available_micro),
    amount(Text("held ¥", "冻结 ¥"), lambda one: one.held_micro),
    amount(Text("credit limit ¥", "授信额度 ¥"), lambda one: one.credit_micro),
    amount(Text("vouchers available ¥", "算力券可用 ¥"), lambda one: one.voucher_available_micro),
    amount(Text("vouchers held ¥", "算力券冻结 ¥"), lambda one: one.voucher_held_micro),
)
GRANT: tuple[Field[GrantTold], ...] = (
    Field(Text("grant", "额度"), lambda one: one.application),
    Field(Text("programme", "方案"), lambda one: one.programme),
    Field(Text("enterprise", "企业"), lambda one: one.enterprise),
    Field(Text("state", "状态"), lambda one: one.state),
    amount(Text("issued ¥", "发放 ¥"), lambda one: one.issued_micro),
    amount(Text("available ¥", "可用 ¥"), lambda one: one.available_micro),
    amount(Text("held ¥", "冻结 ¥"), lambda one: one.held_micro),
    amount(Text("spent ¥", "已核销 ¥"), lambda one: one.spent_micro),
    amount(Text("lapsed ¥", "失效 ¥"), lambda one: one.expired_micro),
)
CLAIM: tuple[Field[ClaimTold], ...] = (
    Field(Text("claim", "申报"), lambda one: one.claim),
    Field(Text("programme", "方案"), lambda one: one.programme),
    Field(Text("enterprise", "企业"), lambda one: one.enterprise),
    Field(Text("round", "轮次"), lambda one: str(one.round), "right"),
    Field(Text("state", "状态"), lambda one: one.state),
)
SETTLEMENT: tuple[Field[SettlementTold], ...] = (
    Field(Text("centre", "算力中心"), lambda one: one.centre),
    Field(Text("period", "期间"), lambda one: one.period),
    amount(Text("brought ¥", "上期结转 ¥"), lambda one: one.brought_micro),
    amount(Text("earned ¥", "本期所得 ¥"), lambda one: one.earned_micro),
    amount(Text("paid ¥", "本次支付 ¥"), lambda one: one.paid_micro),
    amount(Text("carried on ¥", "结转下期 ¥"), lambda one: one.carried_micro),
)


def show_wallets(connection: Connection, arguments: argparse.Namespace, language: Language) -> int:
    """`wallet show`."""
    if arguments.enterprise:
        told = Wallets((connection.get(f"/v1/wallets/{part(arguments.enterprise)}", WalletTold),))
    else:
        told = connection.get("/v1/wallets", Wallets)
    return show(told, told.wallets, WALLET, arguments.json, language)


def show_grants(connection: Connection, arguments: argparse.Namespace, language: Language) -> int:
    """`grant list`."""
    told = connection.get("/v1/grants", Grants)
    return show(told, told.grants, GRANT, arguments.json, language)


def show_claims(connection: Connection, arguments: argparse.Namespace, language: Language) -> int:
    """`claim list`."""
    told = connection.get("/v1/claims", Claims)
    return show(told, told.claims, CLAIM, arguments.json, language)


def show_settlements(connection: Connection, arguments: argparse.Namespace, language: Language) -> int:
    """`settlement list`."""
    told = connection.get("/v1/settlements", Settlements)
    return show(told, told.settlements, SETTLEMENT, arguments.json, language)


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
