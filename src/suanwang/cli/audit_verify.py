"""`suanwang audit verify`: an export, or one proof, against public keys."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suanwang.cli.audit_inputs import add_hash, add_trust
from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.audit.verify import Verification
    from suanwang.units.errors import Fault


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `audit verify`."""
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        nargs="?",
        help=Text(
            "an export, or a log folder (then the log itself is compared too)",
            "导出目录，或日志目录（此时也比对日志本身）",
        ).say(language),
    )
    add_trust(parser, language)
    parser.add_argument(
        "--held",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=Text(
            "a checkpoint kept from before: finds forks and rollbacks; may repeat",
            "以前留存的检查点：用于发现分叉与回退，可重复",
        ).say(language),
    )
    parser.add_argument(
        "--anchor",
        type=Path,
        metavar="FILE",
        help=Text("checkpoints remembered elsewhere", "在别处锚定的检查点").say(language),
    )
    parser.add_argument(
        "--cosigned-after",
        type=datetime.fromisoformat,
        metavar="TIME",
        help=Text(
            "count no cosignature older than this (ISO 8601; UTC unless it has an offset)",
            "不计早于此时刻的联署（ISO 8601，缺省为 UTC）",
        ).say(language),
    )
    parser.add_argument(
        "--proof",
        type=Path,
        metavar="FILE",
        help=Text(
            "verify this proof instead; a proof of consistency needs --held",
            "改为验证此证明；一致性证明需配合 --held",
        ).say(language),
    )
    parser.add_argument(
        "--event",
        type=Path,
        metavar="FILE",
        help=Text(
            "the event's stored bytes, for a proof without them", "事件原始字节，用于不含事件的证明"
        ).say(language),
    )
    add_hash(parser, language)
    add_json(parser, language)
    parser.epilog = Text(
        "Exit code 0: it holds; 1: it does not, with every fault named; 2: bad input.\n\n"
        "Examples:\n  suanwang audit verify export --key log.vkey\n"
        "  suanwang audit verify export --policy policy.txt --held last-month.checkpoint\n"
        "  suanwang audit verify --proof 17.tlog-proof --key log.vkey",
        "退出码 0：成立；1：不成立，逐条列出；2：输入有误。\n\n"
        "示例：\n  suanwang audit verify export --key log.vkey\n"
        "  suanwang audit verify export --policy policy.txt --held last-month.checkpoint\n"
        "  suanwang audit verify --proof 17.tlog-proof --key log.vkey",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Verifies and prints the verdict."""
    from suanwang.units.errors import Fault, InvalidInput

    if (arguments.folder is None) == (arguments.proof is None):
        what = Text("name an export or a proof, one of the two", "请指定导出目录或证明之一")
        raise InvalidInput([Fault("FOLDER, --proof", what, kind="flags")])
    if arguments.proof is not None:
        from suanwang.cli.audit_proof_check import verify_proof

        return verify_proof(arguments, language)
    return verify_folder(arguments, language)


def verify_folder(arguments: argparse.Namespace, language: Language) -> int:
    """An export against the auditor's trust."""
    from suanwang.audit.checkpoint import parse_checkpoint
    from suanwang.audit.files import CHECKPOINT
    from suanwang.audit.verify import Trust, verify_export
    from suanwang.cli.audit_inputs import (
        export_folder,
        read_anchor,
        read_bytes,
        read_checkpoints,
        read_policy,
        suite_of,
    )
    from suanwang.store.folder_files import open_export

    folder = export_folder(arguments.folder)
    files = open_export(folder)
    policy = read_policy(arguments)
    held = read_checkpoints(arguments.held)
    warnings: list[Fault] = []
    if policy is None or not policy.logs:
        policy, warnings = keys_of_export(folder, policy)
    head = parse_checkpoint(read_bytes(folder / CHECKPOINT), CHECKPOINT)
    suite = suite_of(arguments)
    anchored = read_anchor(arguments.anchor, head.checkpoint.origin)
    trust = Trust(policy, held, anchored, after_seconds(arguments), suite)
    verdict = verify_export(files, trust)
    faults = [*warnings, *verdict.faults, *log_faults(arguments.folder, folder, verdict, suite.name)]
    holds = not any(not fault.warning for fault in faults)
    show(verdict, faults, holds, arguments.json, language)
    return 0 if holds else 1


def after_seconds(arguments: argparse.Namespace) -> int:
    """`--cosigned-after` as POSIX seconds; 0 where it was not given."""
    after: datetime | None = arguments.cosigned_after
    if after is None:
        return 0
    return int((after if after.tzinfo else after.replace(tzinfo=UTC)).timestamp())


def keys_of_export(folder: Path, policy: Any) -> tuple[Any, "list[Fault]"]:
    """The export's own keys, with the warning that they prove nothing about who signed."""
    from suanwang.audit.files import KEYS
    from suanwang.audit.policy import Policy
    from suanwang.cli.audit_inputs import verifier_keys
    from suanwang.units.errors import Fault, InvalidInput

    keys, faults = verifier_keys("key", [str(folder / KEYS)])
    if faults:
        raise InvalidInput(faults)
    warning = Fault(
        KEYS,
        Text(
            "no key was given: the export is verified with its own keys, so anyone may have made it",
            "未给出密钥：以导出自带的密钥验证，因此可能由任何人制作",
        ),
        remedy=Text("give the log's key with --key", "请用 --key 给出日志公钥"),
        kind="key-from-export",
        warning=True,
    )
    if policy is None:
        return Policy(tuple(keys)), [warning]
    return Policy(tuple(keys), policy.witnesses, policy.groups, policy.quorum), [warning]


def log_faults(given: Path, folder: Path, verdict: "Verification", hash_name: str) -> "tuple[Fault, ...]":
    """For a log folder, where its own events differ from the published ones."""
    from suanwang.audit.hashing import HASH_SUITES
    from suanwang.store.folder_files import FolderFiles
    from suanwang.store.log_file_reader import EVENTS_FILE, FileLogReader
    from suanwang.store.publication import log_findings

    if given == folder or not (given / EVENTS_FILE).is_file() or not verdict.holds:
        return ()
    return log_findings(FileLogReader(given), FolderFiles(folder), verdict.size, HASH_SUITES[hash_name])


def fault_data(fault: "Fault", language: Language) -> dict[str, Any]:
    """A fault for `--json`."""
    return {
        "kind": fault.kind,
        "where": fault.where,
        "what": fault.what.say(language),
        "found": fault.found,
        "expected": fault.expected.say(language),
        "remedy": fault.remedy.say(language),
        "warning": fault.warning,
    }


def show(
    verdict: "Verification", faults: "list[Fault]", holds: bool, as_json: bool, language: Language
) -> None:
    """The verdict as JSON or as lines."""
    from suanwang.cli.check import print_json

    if as_json:
        print_json({
            "holds": holds,
            "origin": verdict.origin,
            "size": verdict.size,
            "root": verdict.root,
            "signed_by": list(verdict.signers),
            "cosigned_by": list(verdict.cosigners),
            "checkpoints": verdict.checkpoints,
            "rotations": verdict.rotations,
            "faults": [fault_data(fault, language) for fault in faults],
        })  # fmt: skip
        return
    for fault in faults:
        print(fault.say(language), file=sys.stderr if fault.warning else sys.stdout)
    names = ", ".join(key.split("+")[0] for key in verdict.cosigners)
    if holds:
        text = Text(
            f"holds: {verdict.origin}, {verdict.size:,} events, root {verdict.root}, "
            f"{verdict.checkpoints:,} checkpoints" + (f", cosigned by {names}" if names else ""),
            f"成立：{verdict.origin}，{verdict.size:,} 个事件，根 {verdict.root}，"
            f"{verdict.checkpoints:,} 个检查点" + (f"，联署：{names}" if names else ""),
        )
    else:
        wrong = sum(not fault.warning for fault in faults)
        text = Text(f"does NOT hold: {wrong} faults", f"不成立：{wrong} 处问题")
    print(text.say(language))
