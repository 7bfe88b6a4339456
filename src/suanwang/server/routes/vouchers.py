"""Voucher routes: apply, review, claim, pay; grants and claims as they stand. Papers are kept first."""

from typing import Any, cast

import msgspec
from litestar import get, post
from litestar.params import JSONBody

from suanwang.engine.dossier import AnyDossier, dossier_bytes
from suanwang.engine.inputs import Redeem
from suanwang.engine.voucher_inputs import (
    AnyVoucherInput,
    ApplyGrant,
    CorrectClaim,
    FileClaim,
    WithdrawGrant,
)
from suanwang.engine.voucher_state import ApplicationFile, ClaimFile
from suanwang.ledger.figures import grant_figures
from suanwang.ledger.state import Ledger
from suanwang.model.api.money import Claims, ClaimTold, Grants, GrantTold
from suanwang.model.api.network import Done
from suanwang.server.door import Asked
from suanwang.server.problems import Forbidden
from suanwang.server.routes.money import OPERATOR_IDS
from suanwang.units.errors import Fault
from suanwang.units.text import Text


@post("/v1/vouchers", status_code=201)
async def ask_voucher(request: Asked, data: JSONBody[AnyVoucherInput]) -> Done:
    """A request on a voucher route; its `id` is its idempotency key. A firm asks for itself alone."""
    caller = request.caller
    if caller.role != "operator":
        check_own(request, data)
    name = f"{OPERATOR_IDS}{data.id}" if caller.role == "operator" else f"api/{caller.scope}/{data.id}"
    dossier = getattr(data, "dossier", None)
    if dossier is not None:
        await request.host.beside.keep_paper(dossier_bytes(cast(AnyDossier, dossier)))
    given: AnyVoucherInput = msgspec.structs.replace(data, id=name)
    return Done(name, len((await request.ask(Redeem(name, given))).events))


def check_own(request: Asked, data: JSONBody[AnyVoucherInput]) -> None:
    """Raises Forbidden for what is not a firm's to ask, or is another's."""
    vouchers, own = request.platform.state.vouchers, request.caller.enterprise
    match data:
        case ApplyGrant() | FileClaim():
            firm = data.dossier.enterprise.code
        case WithdrawGrant():
            known = vouchers.applications.get(data.application)
            firm = None if known is None else known.applied.enterprise
        case CorrectClaim():
            filed = vouchers.claims.get(data.dossier.claim.claim)
            same_firm = filed is not None and filed.filed.enterprise == data.dossier.enterprise.code
            firm = data.dossier.enterprise.code if same_firm else None
        case _:
            firm = None
    if firm is None or firm != own:
        what = Text("not this firm's to ask", "非本企业可提出的请求")
        raise Forbidden([Fault("request", what, str(data.__struct_config__.tag))])


@get("/v1/grants")
async def list_grants(request: Asked) -> Grants:
    """Grants and applications that the caller sees."""
    vouchers = request.platform.state.vouchers
    return Grants(
        tuple(
            grant_told(vouchers.ledger, name, file)
            for name, file in vouchers.applications.items()
            if request.caller.sees(file.applied.enterprise)
        )
    )


def grant_told(ledger: Ledger, name: str, file: ApplicationFile) -> GrantTold:
    """A grant or its application."""
    state, standing = standing_of(file)
    told = GrantTold(name, file.applied.programme, file.applied.enterprise, state, standing)
    if name not in ledger.grants:
        return told
    figures = grant_figures(ledger, name)
    return msgspec.structs.replace(
        told,
        issued_micro=figures.issued_micro,
        available_micro=figures.available_micro,
        held_micro=figures.held_micro,
        spent_micro=figures.spent_micro,
        expired_micro=figures.expired_micro,
        expires_at=figures.expires_at,
    )


@get("/v1/claims")
async def list_claims(request: Asked) -> Claims:
    """Claims that the caller sees."""
    found = request.platform.state.vouchers.claims
    return Claims(
        tuple(
            ClaimTold(name, file.filed.programme, file.filed.enterprise, file.filed.round, *standing_of(file))
            for name, file in found.items()
            if request.caller.sees(file.filed.enterprise)
        )
    )


def standing_of(file: ApplicationFile | ClaimFile) -> tuple[str, dict[str, Any]]:
    """The state's name and all that it holds."""
    return str(file.state.__struct_config__.tag), cast(dict[str, Any], msgspec.to_builtins(file.state))


ROUTES = (ask_voucher, list_grants, list_claims)
