"""Money: wallets, commands of the ledger, entries, statements, settlements, quotas, statistics."""

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from suanwang.engine.holding import Holding, holding_key
from suanwang.engine.inputs import Book, SetQuota
from suanwang.engine.platform import Platform
from suanwang.ledger.commands import AnyCommand, Settle
from suanwang.ledger.events import Refused as BooksRefused
from suanwang.ledger.refusals import fault_of
from suanwang.model.api.money import (
    Booked,
    EntryPage,
    QuotaAsked,
    Quotas,
    QuotaTold,
    SettlementAsked,
    Settlements,
    SettlementTold,
    StatementKind,
    StatementTold,
    Statistics,
    UsageTold,
    Wallets,
    WalletTold,
)
from suanwang.model.bounds import INSTANT_MOST
from suanwang.server.door import Asked, not_found
from suanwang.server.history import entries_of_log, statement_of_log
from suanwang.server.problems import Forbidden, Refused
from suanwang.server.tally import Used
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

OPERATOR_IDS = "op/"
"""Ids that come from outside begin so: the platform's own cannot be taken."""
Instant = Annotated[int, QueryParameter(ge=0, le=INSTANT_MOST, description="UTC microseconds")]


@get("/v1/wallets")
async def list_wallets(request: Asked) -> Wallets:
    """Wallets that the caller sees."""
    caller, ledger = request.caller, request.platform.state.vouchers.ledger
    return Wallets(
        tuple(wallet_told(request.platform, name) for name in ledger.enterprises if caller.sees(name))
    )


@get("/v1/wallets/{enterprise:str}")
async def show_wallet(request: Asked, enterprise: FromPath[str]) -> WalletTold:
    """One wallet, with what its vouchers hold."""
    known = request.platform.state.vouchers.ledger.enterprises
    if enterprise not in known or not request.caller.sees(enterprise):
        raise not_found("enterprise", enterprise)
    return wallet_told(request.platform, enterprise)


def wallet_told(platform: Platform, name: str) -> WalletTold:
    """A wallet; balances on the enterprise's side."""
    ledger = platform.state.vouchers.ledger
    firm, accounts = ledger.enterprises[name], ledger.accounts
    wallet = accounts[f"wallet:{name}"]
    return WalletTold(
        name,
        firm.currency,
        wallet.natural_micro,
        accounts[f"wallet_held:{name}"].natural_micro,
        -wallet.floor_micro,
        sum(accounts[f"available:{grant}"].natural_micro for grant in firm.grants),
        sum(accounts[f"held:{grant}"].natural_micro for grant in firm.grants),
    )


@post("/v1/ledger/commands", status_code=201)
async def book_command(request: Asked, data: JSONBody[AnyCommand]) -> Booked:
    """A command of the ledger: open a wallet, top up, a refund… Its `id` is its idempotency key."""
    name = f"{OPERATOR_IDS}{data.id}"
    return await booked(request, Book(name, msgspec.structs.replace(data, id=name)))


async def booked(request: Asked, given: Book) -> Booked:
    """Books it. Raises Refused with the ledger's reasons."""
    ticket = await request.ask(given)
    for event in ticket.events:
        if isinstance(event, BooksRefused):
            raise Refused([fault_of(reason) for reason in event.reasons])
    done = request.platform.state.vouchers.ledger.done.get(given.command.id)
    return Booked(given.id, 0 if done is None else done.sequence, ticket.repeated)


@get("/v1/ledger/entries")
async def list_entries(
    request: Asked,
    account: Annotated[str, QueryParameter(max_length=150)] = "",
    after: Annotated[int, QueryParameter(ge=0, le=10**15, description="`next` of the page before")] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1_000)] = 100,
) -> EntryPage:
    """Entries of the ledger, in the order of the log; of one account or of all."""
    return await request.host.side.run(entries_of_log, after, account, limit)


@get("/v1/statements/{kind:str}/{name:str}")
async def show_statement(
    request: Asked, kind: FromPath[str], name: FromPath[str], from_at: Instant, to_at: Instant
) -> StatementTold:
    """A statement for [from_at, to_at): of an enterprise, a centre, a programme or the platform."""
    caller = request.caller
    whole = caller.role in ("operator", "auditor")
    own = (caller.role == "agent" and kind == "centre") or (
        caller.enterprise is not None and kind == "enterprise"
    )
    if not whole and not (own and name == caller.holder):
        raise Forbidden([Fault("statement", Text("another's", "属于他人"), f"{kind} {name}"[:80])])
    if kind not in ("enterprise", "centre", "programme", "platform"):
        raise not_found("kind", kind)
    if from_at >= to_at:
        raise InvalidInput([Fault("to_at", Text("it ends before it begins", "结束早于开始"), str(to_at))])
    made: StatementKind = kind
    return await request.host.side.run(statement_of_log, made, name, from_at, to_at, request.language)


@post("/v1/settlements", status_code=201)
async def settle(request: Asked, data: JSONBody[SettlementAsked]) -> Booked:
    """Settles a centre for a period that is over."""
    name = f"{OPERATOR_IDS}settle/{data.centre}/{data.period}"
    return await booked(request, Book(name, Settle(name, data.centre, data.period, data.from_at, data.to_at)))


@get("/v1/settlements")
async def list_settlements(request: Asked, centre: FromQuery[str] = "") -> Settlements:
    """Settlements that the caller sees."""
    caller = request.caller
    if caller.role == "agent":
        centre = caller.holder
    found = request.platform.state.vouchers.ledger.settlements.values()
    return Settlements(
        tuple(
            SettlementTold(
                one.centre,
                one.period,
                one.from_at,
                one.to_at,
                one.brought_micro,
                one.earned_micro,
                one.paid_micro,
                one.carried_micro,
            )
            for one in found
            if centre in ("", one.centre)
        )
    )


@post("/v1/quotas", status_code=201)
async def set_quota(request: Asked, data: JSONBody[QuotaAsked]) -> QuotaTold:
    """A quota of an enterprise or of one of its projects, new or replaced."""
    name, one = request.input_id(), data
    await request.ask(SetQuota(name, one.enterprise, one.project, one.milli_most, one.jobs_most, one.weight))
    return quota_told(request.platform, holding_key(data.enterprise, data.project))


@get("/v1/quotas")
async def list_quotas(request: Asked) -> Quotas:
    """Quotas that the caller sees, with what is held of each."""
    caller, platform = request.caller, request.platform
    return Quotas(
        tuple(
            quota_told(platform, holder)
            for holder in platform.state.quotas
            if caller.sees(holder.partition(":")[0])
        )
    )


def quota_told(platform: Platform, holder: str) -> QuotaTold:
    """A quota with what is held."""
    quota, held = platform.state.quotas[holder], platform.state.holdings.get(holder, Holding())
    return QuotaTold(holder, quota.milli_most, quota.jobs_most, quota.weight, held.milli, held.jobs)


@get("/v1/statistics")
async def show_statistics(
    request: Asked, by: FromQuery[Literal["centre", "region", "enterprise"]] = "centre"
) -> Statistics:
    """Attempts, device-hours, energy and carbon of what is over; an enterprise's or a centre's own alone."""
    caller, state = request.caller, request.platform.state
    sums: dict[str, Used] = {}
    for (centre, enterprise), used in request.lead.views.tally.used.items():
        if (centre == caller.holder) if caller.role == "agent" else caller.sees(enterprise):
            row = state.centres[centre].row
            key = {"centre": centre, "region": row.region, "enterprise": enterprise}[by]
            sums.setdefault(key, Used()).add(used)
    rows = tuple(
        UsageTold(
            key,
            one.attempts,
            {str(outcome): count for outcome, count in one.by_outcome.items()},
            one.milli_s / 3_600_000,
            one.energy_wh,
            one.metered_wh,
            one.carbon_mg / 1000,
            None,
        )
        for key, one in sorted(sums.items())
    )
    return Statistics(by, rows)


ROUTES = (
    list_wallets,
    show_wallet,
    book_command,
    list_entries,
    show_statement,
    settle,
    list_settlements,
    set_quota,
    list_quotas,
    show_statistics,
)
