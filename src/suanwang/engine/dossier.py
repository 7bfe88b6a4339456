"""The papers of an application or a claim. They lie beside the log; events hold their SHA-256.

So they can be erased by who must, and a decision can be made again for as long as they are kept.
"""

from hashlib import sha256

import msgspec

from suanwang.model.enterprise import Enterprise
from suanwang.model.purchase import Claim, Contract, Invoice, Purchase


class GrantDossier(msgspec.Struct, frozen=True, tag="grant_dossier.1", tag_field="dossier"):
    """Who applies, and what for."""

    enterprise: Enterprise
    purchase: Purchase | None


class ClaimDossier(msgspec.Struct, frozen=True, tag="claim_dossier.1", tag_field="dossier"):
    """Who claims, what, under which contract, and the invoices named."""

    enterprise: Enterprise
    claim: Claim
    contract: Contract
    invoices: tuple[Invoice, ...]


AnyDossier = GrantDossier | ClaimDossier

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[AnyDossier] = msgspec.json.Decoder(AnyDossier)


def dossier_bytes(dossier: AnyDossier) -> bytes:
    """The dossier as one JSON object in field order: what is kept beside the log."""
    return _encode(dossier)


def read_dossier(data: bytes) -> AnyDossier:
    """The dossier of these bytes. Raises msgspec.DecodeError."""
    return _decoder.decode(data)


def dossier_digest(dossier: AnyDossier) -> str:
    """SHA-256 of the dossier's bytes, in hex."""
    return sha256(_encode(dossier)).hexdigest()
