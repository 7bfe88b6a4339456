"""Small exports in memory, and ways to falsify them."""

from suanwang.audit.files import FilesInMemory
from suanwang.audit.hashing import SHA256, HashSuite
from suanwang.audit.keys import SigningKey, VerifierKey
from suanwang.audit.policy import Policy
from suanwang.audit.publish import GrowingTree
from suanwang.audit.tiles import ENTRIES, TILE_WIDTH, decode_bundle, encode_bundle, tile_in_row, tiles_of
from suanwang.audit.verify import Trust, Verification, verify_export

ORIGIN = "suanwang.example/log"
LOG_KEY = SigningKey(ORIGIN, 0x01, bytes(range(32)))
OTHER_KEY = SigningKey(ORIGIN, 0x01, bytes(range(1, 33)))


def witness_key(number: int, kind: int = 0x04) -> SigningKey:
    return SigningKey(f"witness{number}.example", kind, bytes([number]) * 32)


def event(number: int, word: str = "granted") -> bytes:
    return b'{"v":1,"n":%d,"kind":"%s"}' % (number, word.encode())


def events_to(size: int) -> list[bytes]:
    return [event(number) for number in range(size)]


def export_of(
    events: list[bytes], key: SigningKey = LOG_KEY, every: int = 100, suite: HashSuite = SHA256
) -> dict[str, bytes]:
    """An export of `events` with a checkpoint after each `every` of them and at the end."""
    tree = GrowingTree(ORIGIN, suite)
    files: dict[str, bytes] = {}
    for start in range(0, len(events), every):
        files |= tree.append(events[start : start + every])
        files |= tree.close(key)[1]
    if not events:
        files |= tree.close(key)[1]
    return files


def verify(files: dict[str, bytes], *keys: VerifierKey, trust: Trust | None = None) -> Verification:
    if trust is None:
        trust = Trust(Policy(keys or (LOG_KEY.verifier,)))
    return verify_export(FilesInMemory(files), trust)


def kinds(verification: Verification) -> set[str]:
    return {fault.kind for fault in verification.faults}


def said(verification: Verification) -> str:
    return "\n".join(fault.say("en") for fault in verification.faults)


def stored_events(files: dict[str, bytes], size: int) -> list[bytes]:
    events: list[bytes] = []
    for index in range(-(-size // TILE_WIDTH)):
        events += decode_bundle(files[tile_in_row(size, ENTRIES, index).path])[0]
    return events


def with_events(files: dict[str, bytes], size: int, events: list[bytes]) -> dict[str, bytes]:
    """The export with its bundles packed anew from `events`, as a forger would; the rest stays."""
    forged = {path: data for path, data in files.items() if not path.startswith("tile/entries/")}
    for index in range(-(-len(events) // TILE_WIDTH)):
        tile = tile_in_row(len(events), ENTRIES, index)
        forged[tile.path] = encode_bundle(events[index * TILE_WIDTH : (index + 1) * TILE_WIDTH])
    return forged


def without_old_partials(files: dict[str, bytes], size: int) -> dict[str, bytes]:
    wanted = {tile.path for tile in tiles_of(size)}
    return {path: data for path, data in files.items() if not path.startswith("tile/") or path in wanted}
