"""`suanwang audit verify --proof`: one proof against public keys, without the log."""

import argparse
from typing import TYPE_CHECKING

from suanwang.cli.audit_verify import after_seconds, fault_data
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.audit.hashing import HashSuite
    from suanwang.audit.proof import ConsistencyProof, InclusionProof
    from suanwang.units.errors import Fault


def verify_proof(arguments: argparse.Namespace, language: Language) -> int:
    """Verifies the proof in `--proof` and prints the verdict."""
    from suanwang.audit.findings import Findings
    from suanwang.audit.proof import parse_proof
    from suanwang.audit.trust import TrustedKeys
    from suanwang.cli.audit_inputs import read_bytes, read_policy, suite_of
    from suanwang.cli.check import print_json
    from suanwang.units.errors import Fault, InvalidInput

    policy = read_policy(arguments)
    if policy is None or not policy.logs:
        what = Text("a proof needs the log's key", "验证证明需要日志公钥")
        raise InvalidInput([Fault("--key", what, remedy=Text("give --key", "请给出 --key"), kind="flags")])
    proof = parse_proof(read_bytes(arguments.proof), str(arguments.proof))
    findings = Findings()
    keys = TrustedKeys(policy, (), findings)
    keys.check_signed(proof.signed, findings)
    keys.check_quorum(proof.signed, after_seconds(arguments), findings)
    findings.take(*_path_faults(arguments, proof, suite_of(arguments)))
    faults = findings.all()
    if arguments.json:
        head = proof.signed.checkpoint
        print_json({
            "holds": not faults,
            "origin": head.origin,
            "size": head.size,
            "index": getattr(proof, "index", None),
            "old_size": getattr(proof, "old_size", None),
            "faults": [fault_data(fault, language) for fault in faults],
        })  # fmt: skip
    else:
        for fault in faults:
            print(fault.say(language))
        print(_verdict(proof, len(faults)).say(language))
    return 1 if faults else 0


def _path_faults(
    arguments: argparse.Namespace,
    proof: "InclusionProof | ConsistencyProof",
    suite: "HashSuite",
) -> "list[Fault]":
    from suanwang.audit.proof import InclusionProof, consistency_faults, inclusion_faults
    from suanwang.cli.audit_inputs import read_bytes, read_checkpoints
    from suanwang.units.errors import Fault, InvalidInput

    if isinstance(proof, InclusionProof):
        event = proof.event if arguments.event is None else read_bytes(arguments.event)
        if event is None:
            what = Text("the proof has no event in it", "证明中不含事件")
            remedy = Text("give the event's bytes with --event", "请用 --event 给出事件字节")
            raise InvalidInput([Fault(str(arguments.proof), what, remedy=remedy, kind="flags")])
        return inclusion_faults(proof, event, suite)
    held = read_checkpoints(arguments.held)
    if not held:
        what = Text("a proof of consistency needs the older checkpoint", "一致性证明需要旧检查点")
        raise InvalidInput([Fault(str(arguments.proof), what, remedy=Text("--held", "--held"), kind="flags")])
    return [fault for old in held for fault in consistency_faults(proof, old, suite)]


def _verdict(proof: "InclusionProof | ConsistencyProof", faults: int) -> Text:
    from suanwang.audit.proof import InclusionProof

    head = proof.signed.checkpoint
    if faults:
        return Text(f"does NOT hold: {faults} faults", f"不成立：{faults} 处问题")
    if isinstance(proof, InclusionProof):
        return Text(
            f"holds: event {proof.index} is in {head.origin} of {head.size:,} events",
            f"成立：事件 {proof.index} 在 {head.origin} 的 {head.size:,} 个事件之中",
        )
    return Text(
        f"holds: {head.origin} of {head.size:,} events continues the one of {proof.old_size:,}",
        f"成立：{head.origin} 的 {head.size:,} 个事件延续了先前的 {proof.old_size:,} 个",
    )
