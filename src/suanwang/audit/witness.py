"""A witness cosigns a checkpoint only where it continues the last that it cosigned (C2SP tlog-witness)."""

from collections.abc import Sequence

from suanwang.audit.checkpoint import SignedCheckpoint
from suanwang.audit.findings import base64_text
from suanwang.audit.hashing import HashSuite
from suanwang.audit.keys import SigningKey, VerifierKey
from suanwang.audit.note import SignedNote, check_signatures
from suanwang.audit.proof import ConsistencyProof, consistency_faults
from suanwang.units.errors import Fault, InvalidInput, SuanwangError
from suanwang.units.text import Text, same


class CosignatureRefused(SuanwangError):
    """The witness does not cosign: the checkpoint is not signed by its log, or not a continuation."""

    exit_code = 1


def cosign(
    request: ConsistencyProof,
    last: SignedCheckpoint | None,
    log_keys: Sequence[VerifierKey],
    witness: SigningKey,
    time_seconds: int,
    suite: HashSuite,
) -> SignedNote:
    """The request's checkpoint with the witness's cosignature.

    `last` is the checkpoint that this witness cosigned last for the log, None for none yet; the caller keeps
    the result in its place, durably, before it hands the cosignature out. `time_seconds` is POSIX time.
    """
    if not witness.verifier.type.timed:
        what = Text("a witness cosigns with a witness's key", "见证者须用见证密钥签名")
        raise InvalidInput([_refusal("key", what, witness.verifier.text, "0x04, 0x06")])
    head, where = request.signed.checkpoint, request.signed.where
    own = [key for key in log_keys if key.name == head.origin]
    check = check_signatures(request.signed.note, own, where)
    faults = list(check.faults)
    if not check.signers and not faults:
        what = Text("the checkpoint is not signed by its log", "检查点未由其日志签名")
        faults.append(_refusal(where, what, head.origin, ", ".join(key.text for key in own)))
    if last is not None:
        faults += consistency_faults(request, last, suite)
    elif request.old_size or request.path:
        what = Text("nothing was cosigned for this log so far", "此前未为该日志签过见证")
        faults.append(_refusal(where, what, f"old {request.old_size}", "old 0"))
    if head.size == 0 and head.root != suite.empty():
        what = Text("an empty tree with another root than the empty one", "空树的根不正确")
        faults.append(_refusal(where, what, base64_text(head.root), base64_text(suite.empty())))
    if faults:
        raise CosignatureRefused(faults)
    return request.signed.note.signed_by(witness, time_seconds)


def _refusal(where: str, what: Text, found: str, expected: str) -> Fault:
    remedy = Text("do not cosign; ask the log's operator", "不要签名；询问日志运营方")
    return Fault(where, what, found, same(expected), remedy, "cosignature-refused")
