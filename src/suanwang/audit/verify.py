"""The offline verifier: whether an export is, event for event, what trusted keys signed.

It needs the exported files and the public keys, and goes on after each fault so that all are named at once:
keys and rotations → the checkpoint's signatures and cosignatures → tiles and events against its root →
every earlier checkpoint against the same tree → checkpoints that the auditor held before.
"""

from collections.abc import Sequence

import msgspec

from suanwang.audit.anchor import AnchorRecord, anchor_digest
from suanwang.audit.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint
from suanwang.audit.event_check import check_events
from suanwang.audit.files import CHECKPOINT, Files, history_size, is_rotation, required
from suanwang.audit.findings import Findings, base64_text
from suanwang.audit.hashing import SHA256, HashSuite
from suanwang.audit.merkle import CompactRange
from suanwang.audit.policy import Policy
from suanwang.audit.rotation import Rotation, parse_rotation
from suanwang.audit.tile_check import Rows, authenticate, check_other_tiles, read_rows
from suanwang.audit.tiles import TILE_WIDTH, decode_row
from suanwang.audit.trust import TrustedKeys
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


class Verification(msgspec.Struct, frozen=True):
    """The verdict on an export: what its checkpoint says, who signed it, and every fault found."""

    origin: str
    size: int
    root: str
    signers: tuple[str, ...]
    cosigners: tuple[str, ...]
    checkpoints: int
    rotations: int
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against the export (warnings do not)."""
        return not any(not fault.warning for fault in self.faults)


class Trust(msgspec.Struct, frozen=True):
    """What the verifier brings along: the policy, checkpoints held from before, what an anchor remembers.

    A cosignature made before `cosigned_after_seconds` (POSIX) does not count towards the quorum.
    """

    policy: Policy
    held: tuple[SignedCheckpoint, ...] = ()
    anchored: tuple[AnchorRecord, ...] = ()
    cosigned_after_seconds: int = 0
    suite: HashSuite = SHA256


def verify_export(files: Files, trust: Trust) -> Verification:
    """Verify an export. Raises InvalidInput only where there is no export: no checkpoint to begin with."""
    findings = Findings()
    head = parse_checkpoint(required(files, CHECKPOINT, "export-missing"), CHECKPOINT)
    rotations = _read_rotations(files, findings)
    keys = TrustedKeys(trust.policy, rotations, findings)
    signers = keys.check_signed(head, findings)
    cosigners = keys.check_quorum(head, trust.cosigned_after_seconds, findings)

    size = head.checkpoint.size
    rows = (
        Rows(size) if _is_hopeless(files, size, findings) else read_rows(files, size, trust.suite, findings)
    )
    proven = authenticate(rows, head.checkpoint.root, trust.suite, findings)
    leaves = _leaves(rows)
    sound = _sound_leaves(rows) if proven else 0
    check_events(rows, leaves, findings)
    check_other_tiles(files, rows, findings)

    history = _read_history(files, findings)
    earlier = [*history, *(rotation.signed for rotation in rotations), *trust.held]
    sizes = {each.checkpoint.size for each in earlier if each.checkpoint.size <= size}
    sizes |= {record.size for record in trust.anchored if record.size <= sound}
    roots = _roots(leaves, {*sizes, size}, trust.suite)
    _check_head(head, proven, roots[size], earlier, roots, findings)
    for each in earlier:
        held = any(each is known for known in trust.held)
        if keys.check_signed(each, findings) or held:
            _check_earlier(each, head, each.checkpoint.size <= sound, roots, findings)
    for record in trust.anchored:
        _check_anchored(record, head.checkpoint, roots, sound, findings)
    return Verification(
        head.checkpoint.origin,
        size,
        base64_text(head.checkpoint.root),
        tuple(signers),
        tuple(cosigners),
        len({size, *(each.checkpoint.size for each in history)}),
        len(rotations),
        findings.all(),
    )


def _is_hopeless(files: Files, size: int, findings: Findings) -> bool:
    """Whether so many bundles are missing that the checkpoint cannot belong to these files."""
    bundles = sum(path.startswith("tile/entries/") for path in files.paths())
    needed = -(-size // TILE_WIDTH)
    if needed <= 2 * bundles + 100:
        return False
    what = Text(
        f"the checkpoint is of {size} events, the folder has not half of their bundles",
        f"检查点为 {size} 个事件，目录中的事件包不足其半",
    )
    findings.add("bundle-missing", CHECKPOINT, what, str(bundles), same(str(needed)))
    return True


def _read_rotations(files: Files, findings: Findings) -> list[Rotation]:
    rotations: list[Rotation] = []
    for path in sorted(filter(is_rotation, files.paths())):
        try:
            rotations.append(parse_rotation(required(files, path, "rotation-invalid"), path))
        except InvalidInput as error:
            findings.take(*error.faults)
    return rotations


def _read_history(files: Files, findings: Findings) -> list[SignedCheckpoint]:
    """The kept checkpoints by size; each must lie under its own size."""
    history: list[SignedCheckpoint] = []
    sizes = {path: history_size(path) for path in files.paths()}
    for path, size in sorted((path, size) for path, size in sizes.items() if size is not None):
        try:
            kept = parse_checkpoint(required(files, path, "checkpoint-malformed"), path)
        except InvalidInput as error:
            findings.take(*error.faults)
            continue
        if kept.checkpoint.size != size:
            what = Text(
                "a kept checkpoint lies under another size than its own", "检查点与文件名的事件数不符"
            )
            findings.add("checkpoint-misplaced", path, what, str(kept.checkpoint.size), same(str(size)))
        history.append(kept)
    return sorted(history, key=lambda each: each.checkpoint.size)


def _leaves(rows: Rows) -> list[bytes]:
    """The leaf hashes to hold the events against: authentic where known, else as stored, else as hashed."""
    leaves: list[bytes] = []
    if rows.stored:
        for index, authentic in enumerate(rows.authentic[0]):
            row = authentic or rows.stored[0][index] or rows.computed[0][index]
            leaves += decode_row(row) or [b""] * min(TILE_WIDTH, rows.size - index * TILE_WIDTH)
    return leaves


def _sound_leaves(rows: Rows) -> int:
    """How many leaves from the first on stand in tiles that the signed root proves."""
    broken = (index for index, row in enumerate(rows.authentic[0] if rows.authentic else []) if row is None)
    return min(rows.size, next(broken, rows.size) * TILE_WIDTH)


def _roots(leaves: Sequence[bytes], sizes: set[int], suite: HashSuite) -> dict[int, bytes]:
    """The root at each of `sizes`; sizes past the leaves are left out."""
    compact = CompactRange(suite)
    roots: dict[int, bytes] = {}
    for size in sorted(size for size in sizes if size <= len(leaves)):
        compact.extend(leaves[compact.size : size])
        roots[size] = compact.root()
    return {size: roots.get(size, b"") for size in sizes}


def _check_head(
    head: SignedCheckpoint,
    proven: bool,
    root: bytes,
    earlier: Sequence[SignedCheckpoint],
    roots: dict[int, bytes],
    findings: Findings,
) -> None:
    """Where the tree is not the signed one, say between which two checkpoints it parts from it."""
    if proven:
        return
    size, sound = head.checkpoint.size, 0
    broken = size
    for each in sorted(earlier, key=lambda each: each.checkpoint.size):
        if each.checkpoint.size <= size:
            if roots[each.checkpoint.size] == each.checkpoint.root:
                sound = max(sound, each.checkpoint.size)
            elif each.checkpoint.size > sound:
                broken = min(broken, each.checkpoint.size)
    what = Text(
        f"the tree of {size} events does not have the signed root: "
        f"an event from {sound} to {broken - 1} was changed, dropped, reordered or inserted",
        f"{size} 个事件的树与已签名的根不符：事件 {sound} 至 {broken - 1} 中有改动、删除、换序或插入",
    )
    findings.add(
        "root-mismatch", CHECKPOINT, what, base64_text(root), same(base64_text(head.checkpoint.root))
    )


def _check_earlier(
    each: SignedCheckpoint,
    head: SignedCheckpoint,
    known: bool,
    roots: dict[int, bytes],
    findings: Findings,
) -> None:
    """An earlier checkpoint must be of the same log, not past the head, and a prefix of the same tree.

    Where the leaves up to its size are not proven (`known`), what differs was named already; two roots for
    one size contradict each other whatever the tree.
    """
    then, now = each.checkpoint, head.checkpoint
    if then.origin != now.origin:
        what = Text("a checkpoint of another log", "属于另一日志的检查点")
        findings.add("origin-mismatch", each.where, what, then.origin, same(now.origin))
    elif then.size > now.size:
        what = Text(
            f"the log was rolled back: its checkpoint has {now.size} events, this earlier one {then.size}",
            f"日志被回退：当前检查点为 {now.size} 个事件，而此检查点为 {then.size} 个",
        )
        findings.add(
            "rollback", each.where, what, str(now.size), Text(f"at least {then.size}", f"至少 {then.size}")
        )
    elif (known and roots[then.size] != then.root) or (then.size == now.size and then.root != now.root):
        what = Text(
            f"the log was forked: at {then.size} events its tree has another root than this checkpoint",
            f"日志已分叉：在 {then.size} 个事件处，树的根与此检查点不同",
        )
        found = now.root if then.size == now.size else roots[then.size]
        findings.add("fork", each.where, what, base64_text(found), same(base64_text(then.root)))


def _check_anchored(
    record: AnchorRecord, head: Checkpoint, roots: dict[int, bytes], sound: int, findings: Findings
) -> None:
    """What an anchor remembers must be a prefix of the proven tree."""
    if record.size > head.size:
        what = Text(
            f"the log was rolled back: it has {head.size} events, the anchor remembers {record.size}",
            f"日志被回退：现有 {head.size} 个事件，锚定处记有 {record.size} 个",
        )
        findings.add("rollback", record.place, what, str(head.size), same(str(record.size)))
    elif record.size <= sound:
        digest = anchor_digest(Checkpoint(head.origin, record.size, roots[record.size]))
        if digest != record.digest:
            what = Text(
                f"the log was forked: the anchor remembers another tree of {record.size} events",
                f"日志已分叉：锚定处记录的 {record.size} 个事件的树与此不同",
            )
            findings.add("fork", record.place, what, digest.hex(), same(record.digest.hex()))
