"""Key rotation: a checkpoint, signed by the old key and the new, that says from which size the new one signs.

    ORIGIN
    SIZE
    ROOT
    suanwang/key-rotation/v1
    retire VKEY
    adopt VKEY

The old key's signature vouches for the new key; the new key's shows that its owner holds it. A verifier who
knows either key follows the chain to the other. Checkpoints of at most SIZE events are the old key's,
checkpoints of at least SIZE the new one's.
"""

from collections.abc import Sequence

import msgspec

from suanwang.audit.checkpoint import SIZE_MAX, Checkpoint, SignedCheckpoint, parse_checkpoint
from suanwang.audit.keys import SigningKey, VerifierKey, parse_verifier_key
from suanwang.audit.note import SignedNote, check_signatures
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

ROTATION_LINE = "suanwang/key-rotation/v1"


class Rotation(msgspec.Struct, frozen=True):
    """A rotation as read: its checkpoint, the key retired there and the key adopted."""

    signed: SignedCheckpoint
    retired: VerifierKey
    adopted: VerifierKey

    @property
    def size(self) -> int:
        """The size of the tree at which the keys change."""
        return self.signed.checkpoint.size


class KeySpan(msgspec.Struct, frozen=True):
    """A key may sign checkpoints of `first_size` to `last_size` events, both included."""

    key: VerifierKey
    first_size: int
    last_size: int


def make_rotation(head: Checkpoint, old: SigningKey, new: SigningKey) -> SignedNote:
    """The rotation from `old` to `new` at `head`. Raises InvalidInput where they are not two log keys."""
    if old.verifier == new.verifier or old.verifier.type.timed or new.verifier.type.timed:
        raise InvalidInput([
            _fault(
                "rotation",
                Text("a rotation needs two different keys of a log", "轮换需要两个不同的日志密钥"),
                new.verifier.text,
            )
        ])  # fmt: skip
    lines = (ROTATION_LINE, f"retire {old.verifier.text}", f"adopt {new.verifier.text}")
    return Checkpoint(head.origin, head.size, head.root, lines).signed(old, new)


def parse_rotation(data: bytes, where: str) -> Rotation:
    """The rotation in `data`, its signatures not yet verified. Raises InvalidInput with every fault."""
    signed = parse_checkpoint(data, where)
    lines = signed.checkpoint.extensions
    if (
        len(lines) != 3
        or lines[0] != ROTATION_LINE
        or not lines[1].startswith("retire ")
        or not lines[2].startswith("adopt ")
    ):
        what = Text("this checkpoint is no key rotation", "该检查点不是密钥轮换")
        raise InvalidInput([_fault(where, what, "\n".join(lines)[:80])])
    faults: list[Fault] = []
    keys: list[VerifierKey] = []
    for line in lines[1:]:
        word, _, text = line.partition(" ")
        try:
            keys.append(parse_verifier_key(text, f"{where}: {word}"))
        except InvalidInput as error:
            faults += error.faults
    if faults:
        raise InvalidInput(faults)
    return Rotation(signed, keys[0], keys[1])


def follow_rotations(
    trusted: Sequence[VerifierKey], rotations: Sequence[Rotation]
) -> tuple[list[KeySpan], list[Fault]]:
    """The keys that follow from the trusted ones, each with its span, and the rotations that do not hold."""
    spans = {key: KeySpan(key, 0, SIZE_MAX) for key in trusted}
    faults: list[Fault] = []
    waiting = sorted(rotations, key=lambda rotation: rotation.size)
    while waiting:
        ready = [each for each in waiting if each.retired in spans or each.adopted in spans]
        if not ready:
            break
        for rotation in ready:
            waiting.remove(rotation)
            where = rotation.signed.where
            check = check_signatures(rotation.signed.note, (rotation.retired, rotation.adopted), where)
            faults += check.faults
            if len(check.signers) == 2 and rotation.retired != rotation.adopted:
                _apply(rotation, spans)
            elif not check.faults:
                what = Text("a rotation lacks a signature of one of its keys", "轮换缺少其中一个密钥的签名")
                faults.append(_fault(where, what, ", ".join(key.text for key in check.signers)))
    for rotation in waiting:
        what = Text("a rotation leads to no trusted key", "轮换与受信密钥无关")
        faults.append(_fault(rotation.signed.where, what, rotation.retired.text))
    return list(spans.values()), faults


def _apply(rotation: Rotation, spans: dict[VerifierKey, KeySpan]) -> None:
    """Close the retired key's span and open the adopted key's, whichever of the two was known."""
    old = spans.get(rotation.retired, KeySpan(rotation.retired, 0, SIZE_MAX))
    new = spans.get(rotation.adopted, KeySpan(rotation.adopted, 0, SIZE_MAX))
    spans[rotation.retired] = KeySpan(old.key, old.first_size, min(old.last_size, rotation.size))
    spans[rotation.adopted] = KeySpan(new.key, max(new.first_size, rotation.size), new.last_size)


def _fault(where: str, what: Text, found: str) -> Fault:
    return Fault(
        where,
        what,
        found,
        same(f"{ROTATION_LINE}, retire VKEY, adopt VKEY"),
        Text("ask the log's operator for the rotation", "请向日志运营方索取轮换文件"),
        "rotation-invalid",
    )
