"""`suanwang audit keys new | show | rotate`: the keys of logs and witnesses."""

import argparse
import os
import sys
from pathlib import Path

from suanwang.cli.audit_inputs import add_hash
from suanwang.units.text import Language, Text, same

TYPES = {"log": 0x01, "witness": 0x04, "witness-ml-dsa-44": 0x06}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds `new`, `show` and `rotate`."""
    spoken = argparse.ArgumentParser(add_help=False)
    spoken.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    kinds = parser.add_subparsers(
        dest="keys_kind", metavar=Text("ACTION", "动作").say(language), required=True
    )
    new = kinds.add_parser("new", parents=[spoken], help=Text("make a private key", "生成私钥").say(language))
    new.add_argument(
        "name",
        metavar="NAME",
        help=Text("the key's name; a log's origin", "密钥名称，即日志标识").say(language),
    )
    new.add_argument(
        "--for",
        dest="role",
        choices=tuple(TYPES),
        default="log",
        help=Text("whose key (default: log)", "用途（默认 log）").say(language),
    )
    new.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help=Text("where to write it, for its owner's eyes only", "写入的文件，仅属主可读").say(language),
    )
    new.set_defaults(keys=make)
    show = kinds.add_parser(
        "show",
        parents=[spoken],
        help=Text("print the public half of private keys", "打印私钥对应的公钥").say(language),
    )
    show.add_argument("files", metavar="FILE", type=Path, nargs="+")
    show.set_defaults(keys=print_public)
    rotate = kinds.add_parser(
        "rotate",
        parents=[spoken],
        help=Text("let a new key take over a log", "以新密钥接替日志的旧密钥").say(language),
    )
    rotate.add_argument("log", metavar="LOG", type=Path, help=Text("a log folder", "日志目录").say(language))
    rotate.add_argument("--old", type=Path, required=True, metavar="FILE")
    rotate.add_argument("--new", type=Path, required=True, metavar="FILE")
    add_hash(rotate, language)
    rotate.set_defaults(keys=hand_over)
    parser.epilog = Text(
        "Examples:\n  suanwang audit keys new suanwang.example/log --out log.key\n"
        "  suanwang audit keys show log.key > log.vkey\n"
        "  suanwang audit keys rotate log --old log.key --new log-2.key",
        "示例：\n  suanwang audit keys new suanwang.example/log --out log.key\n"
        "  suanwang audit keys show log.key > log.vkey\n"
        "  suanwang audit keys rotate log --old log.key --new log-2.key",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Does what was asked."""
    return int(arguments.keys(arguments, language))


def make(arguments: argparse.Namespace, language: Language) -> int:
    """A fresh key from the system's randomness, in a file that nobody else may read."""
    from suanwang.audit.keys import SigningKey, name_faults
    from suanwang.audit.signatures import SEED_BYTES
    from suanwang.units.errors import Fault, InvalidInput

    out: Path = arguments.out
    faults = name_faults(arguments.name, "NAME")
    if out.exists():
        what = Text("the file exists", "文件已存在")
        remedy = Text("name another file: keys are never overwritten", "请换文件名：不会覆盖密钥")
        faults.append(Fault(str(out), what, expected=same(""), remedy=remedy, kind="file"))
    if faults:
        raise InvalidInput(faults)
    key = SigningKey(arguments.name, TYPES[arguments.role], os.urandom(SEED_BYTES))
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.text + "\n")
    print(key.verifier.text)
    print(Text(f"private key in {out}", f"私钥已写入 {out}").say(language), file=sys.stderr)
    return 0


def print_public(arguments: argparse.Namespace, language: Language) -> int:
    """The verifier keys, a line each."""
    from suanwang.cli.audit_inputs import read_signing_key

    del language
    for key in [read_signing_key(path) for path in arguments.files]:
        print(key.verifier.text)
    return 0


def hand_over(arguments: argparse.Namespace, language: Language) -> int:
    """Writes the rotation beside the log's checkpoint."""
    from suanwang.cli.audit_inputs import read_signing_key, suite_of
    from suanwang.store.publication import PUBLISHED, Publication

    old, new = read_signing_key(arguments.old), read_signing_key(arguments.new)
    publication = Publication(arguments.log / PUBLISHED, suite_of(arguments))
    try:
        path = publication.rotate(old, new)
    finally:
        publication.close()
    print(new.verifier.text)
    print(Text(f"written: {path}", f"已写入：{path}").say(language), file=sys.stderr)
    return 0
