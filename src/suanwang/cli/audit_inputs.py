"""What the audit commands share: flags, and how keys, policies and checkpoints given with them are read."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.audit.anchor import AnchorRecord
    from suanwang.audit.checkpoint import SignedCheckpoint
    from suanwang.audit.hashing import HashSuite
    from suanwang.audit.keys import SigningKey, VerifierKey
    from suanwang.audit.policy import Policy
    from suanwang.units.errors import Fault


def add_hash(parser: argparse.ArgumentParser, language: Language) -> None:
    """The flag that chooses the hash."""
    parser.add_argument(
        "--hash",
        choices=("sha256", "sm3"),
        default="sha256",
        help=Text(
            "hash of the tree; sm3 is for Chinese commercial cryptography and outside the C2SP form",
            "树的哈希；sm3 用于国密场景，不属于 C2SP 格式",
        ).say(language),
    )


def add_trust(parser: argparse.ArgumentParser, language: Language) -> None:
    """The flags that say whom the auditor trusts."""
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="VKEY",
        help=Text("a key of the log, or a file of keys; may repeat", "日志公钥或公钥文件，可重复").say(
            language
        ),
    )
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="VKEY",
        help=Text("a key of a witness, or a file of keys; may repeat", "见证者公钥或公钥文件，可重复").say(
            language
        ),
    )
    parser.add_argument(
        "--quorum",
        type=int,
        metavar="N",
        help=Text("how many witnesses must have cosigned (default: all)", "须联署的见证者数（默认全部）").say(
            language
        ),
    )
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help=Text(
            "logs, witnesses and quorum in one file (C2SP tlog-policy), instead of the flags above",
            "以一个文件给出日志、见证者与法定数（C2SP tlog-policy），代替上述选项",
        ).say(language),
    )


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises InvalidInput where it cannot be read."""
    from suanwang.units.errors import Fault, InvalidInput

    try:
        return path.read_bytes()
    except OSError as error:
        what = Text("the file cannot be read", "文件无法读取")
        remedy = Text("check the path", "请检查路径")
        raise InvalidInput(
            [Fault(str(path), what, error.strerror or "", remedy=remedy, kind="file")]
        ) from None


def verifier_keys(flag: str, values: Sequence[str]) -> "tuple[list[VerifierKey], list[Fault]]":
    """The keys that a flag names, as text or in files, and the faults of those that are none."""
    from suanwang.audit.keys import parse_verifier_key
    from suanwang.units.errors import Fault, InvalidInput

    keys: list[VerifierKey] = []
    faults: list[Fault] = []
    for value in values:
        lines = [(f"--{flag}", value)]
        if "+" not in value or _is_file(value):
            try:
                text = read_bytes(Path(value)).decode(errors="replace")
            except InvalidInput as error:
                faults += error.faults
                continue
            lines = [(f"{value}:{number}", line) for number, line in enumerate(text.split("\n"), 1)]
        for where, line in lines:
            if line.strip() and not line.startswith("#"):
                try:
                    keys.append(parse_verifier_key(line, where))
                except InvalidInput as error:
                    faults += error.faults
    return list(dict.fromkeys(keys)), faults


def _is_file(value: str) -> bool:
    try:
        return Path(value).is_file()
    except (OSError, ValueError):  # a long key is no name of a file
        return False


def read_policy(arguments: argparse.Namespace) -> "Policy | None":
    """The policy of `--policy` or of `--key`, `--witness`, `--quorum`; None where nothing was given."""
    from suanwang.audit.policy import flat_policy, parse_policy, policy_faults
    from suanwang.units.errors import Fault, InvalidInput

    if arguments.policy is not None:
        if arguments.key or arguments.witness or arguments.quorum is not None:
            what = Text("--policy excludes --key, --witness and --quorum", "--policy 不能与其他信任选项并用")
            remedy = Text("put the keys into the policy", "请把密钥写入策略文件")
            raise InvalidInput([Fault("--policy", what, str(arguments.policy), remedy=remedy, kind="flags")])
        return parse_policy(read_bytes(arguments.policy), str(arguments.policy))
    logs, faults = verifier_keys("key", arguments.key)
    witnesses, more = verifier_keys("witness", arguments.witness)
    faults += more
    threshold = len(witnesses) if arguments.quorum is None else arguments.quorum
    if not 0 <= threshold <= len(witnesses):
        what = Text("the quorum is out of reach", "法定数无法达到")
        expected = Text(f"0 to {len(witnesses)}", f"0 至 {len(witnesses)}")
        faults.append(Fault("--quorum", what, str(threshold), expected, kind="flags"))
        threshold = 0
    policy = flat_policy(logs, witnesses, threshold)
    faults += policy_faults(policy, "--key, --witness")
    if faults:
        raise InvalidInput(faults)
    return policy if logs or witnesses else None


def read_checkpoints(paths: Sequence[Path]) -> "tuple[SignedCheckpoint, ...]":
    """The checkpoints in files. Raises InvalidInput with the faults of all of them."""
    from suanwang.audit.checkpoint import parse_checkpoint
    from suanwang.units.errors import InvalidInput

    checkpoints: list[SignedCheckpoint] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            checkpoints.append(parse_checkpoint(read_bytes(path), str(path)))
        except InvalidInput as error:
            faults += error.faults
    if faults:
        raise InvalidInput(faults)
    return tuple(checkpoints)


def read_signing_key(path: Path) -> "SigningKey":
    """The private key in a file."""
    from suanwang.audit.keys import parse_signing_key

    return parse_signing_key(read_bytes(path).decode(errors="replace"), str(path))


def read_anchor(path: Path | None, origin: str) -> "tuple[AnchorRecord, ...]":
    """What an anchor file remembers of a log; it must be there where it was asked for."""
    from suanwang.store.anchor_file import FileAnchor

    if path is None:
        return ()
    read_bytes(path)
    return tuple(FileAnchor(path).records(origin))


def export_folder(folder: Path) -> Path:
    """The export that `folder` is, or the one that a log folder holds."""
    from suanwang.audit.files import CHECKPOINT
    from suanwang.store.publication import PUBLISHED

    inner = folder / PUBLISHED
    return inner if not (folder / CHECKPOINT).is_file() and inner.is_dir() else folder


def suite_of(arguments: argparse.Namespace) -> "HashSuite":
    """The hash that was chosen."""
    from suanwang.audit.hashing import HASH_SUITES

    return HASH_SUITES[arguments.hash]
