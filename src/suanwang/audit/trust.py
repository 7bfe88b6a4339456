"""Which keys count for which checkpoint: a policy's keys, the rotations that follow from them, the quorum."""

from collections.abc import Sequence

from suanwang.audit.checkpoint import SIZE_MAX, SignedCheckpoint
from suanwang.audit.findings import Findings
from suanwang.audit.keys import VerifierKey
from suanwang.audit.note import check_signatures
from suanwang.audit.policy import NO_QUORUM, Policy
from suanwang.audit.rotation import KeySpan, Rotation, follow_rotations
from suanwang.units.text import Text, same


class TrustedKeys:
    """The log's keys with their spans, and the witnesses of a policy."""

    def __init__(self, policy: Policy, rotations: Sequence[Rotation], findings: Findings) -> None:
        self.policy = policy
        spans, faults = follow_rotations(policy.logs, rotations)
        self.spans: list[KeySpan] = spans
        findings.take(*faults)

    def check_signed(self, signed: SignedCheckpoint, findings: Findings) -> list[str]:
        """The log keys that signed, as text; a finding where none did that may at this size."""
        head = signed.checkpoint
        own = [span for span in self.spans if span.key.name == head.origin]
        check = check_signatures(signed.note, [span.key for span in own], signed.where)
        findings.take(*check.faults)
        valid = [
            span.key
            for span in own
            if span.key in check.signers and span.first_size <= head.size <= span.last_size
        ]
        if not valid and not check.faults:
            self._name_unsigned(signed, [span for span in own if span.key in check.signers], findings)
        return [key.text for key in valid]

    def _name_unsigned(
        self, signed: SignedCheckpoint, out_of_span: list[KeySpan], findings: Findings
    ) -> None:
        size = signed.checkpoint.size
        for span in out_of_span:
            retired = size > span.last_size
            what = (
                Text(
                    f"a checkpoint of {size} events is signed by a key that was retired at {span.last_size}",
                    f"{size} 个事件的检查点由已在 {span.last_size} 处停用的密钥签名",
                )
                if retired
                else Text(
                    f"a checkpoint of {size} events is signed by a key that was adopted at {span.first_size}",
                    f"{size} 个事件的检查点由在 {span.first_size} 处才启用的密钥签名",
                )
            )
            findings.add("key-retired", signed.where, what, span.key.text, same(self._expected(size)))
        if not out_of_span:
            what = Text(
                "no trusted key of this log signed the checkpoint", "没有受信任的该日志密钥签署此检查点"
            )
            names = ", ".join(f"{each.name}+{each.key_id.hex()}" for each in signed.note.signatures)
            findings.add("key-unknown", signed.where, what, names, same(self._expected(size)))

    def _expected(self, size: int) -> str:
        keys = [
            span.key.text for span in self.spans if span.first_size <= size <= min(span.last_size, SIZE_MAX)
        ]
        return ", ".join(keys) or "--key"

    def check_quorum(self, signed: SignedCheckpoint, after_seconds: int, findings: Findings) -> list[str]:
        """The witnesses that cosigned, as text; a finding where they are no quorum."""
        witnesses = self.policy.witnesses
        check = check_signatures(signed.note, witnesses.values(), signed.where)
        findings.take(*check.faults)
        cosigned = [name for name, key in witnesses.items() if key in check.signers]
        stale = [name for name in cosigned if self._time(signed, witnesses[name]) < after_seconds]
        counted = [name for name in cosigned if name not in stale]
        for name in stale:
            time_seconds = self._time(signed, witnesses[name])
            what = Text(
                f"the cosignature of {witnesses[name].name} is too old: the checkpoint may be a replay",
                f"{witnesses[name].name} 的见证签名过旧：检查点可能是重放",
            )
            expected = Text(f"at or after {after_seconds}", f"不早于 {after_seconds}")
            findings.add("cosignature-stale", signed.where, what, str(time_seconds), expected)
        if self.policy.quorum != NO_QUORUM and not self.policy.witnessed(self.policy.quorum, counted):
            missing = ", ".join(self.policy.missing(counted))
            what = Text(
                f"the quorum of witnesses is not met; missing: {missing}",
                f"见证者未达法定数；缺少：{missing}",
            )
            found = ", ".join(counted) or "none"
            findings.add("quorum-missing", signed.where, what, found, same(self.policy.rule()))
        return [witnesses[name].text for name in counted]

    def _time(self, signed: SignedCheckpoint, key: VerifierKey) -> int:
        return min(each.time_seconds for each in signed.note.signatures if each.is_by(key))
