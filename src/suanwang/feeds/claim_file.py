"""A claim with its contract and invoices, from one YAML file; every fault at once."""

from pathlib import Path

import msgspec

from suanwang.feeds.purchase_file import read_file
from suanwang.model.purchase import Claim, Contract, Invoice


class ClaimPapers(msgspec.Struct, frozen=True):
    """The papers of a claim. Whether they agree with each other is for the check to say."""

    claim: Claim
    contract: Contract
    invoices: tuple[Invoice, ...]


def read_claim(path: Path) -> ClaimPapers:
    """The papers in a file. Raises InvalidInput with every fault of shape and value."""
    return read_file(path, ClaimPapers)
