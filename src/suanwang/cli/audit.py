"""`suanwang audit verify | prove | export | checkpoint | keys`: proof that nobody changed the log."""

import argparse

from suanwang.units.text import Language, Text

KINDS: dict[str, Text] = {
    "verify": Text(
        "is this export, event for event, what trusted keys signed?", "导出的日志是否逐条与受信密钥所签一致？"
    ),
    "prove": Text(
        "print a proof that an event is in the log, or that the log continues an older one",
        "打印某事件在日志中、或日志延续旧日志的证明",
    ),
    "export": Text(
        "write the signed log as files that anyone can verify", "将已签名的日志写成任何人可验证的文件"
    ),
    "checkpoint": Text(
        "sign the log as it stands, or cosign it as a witness", "签署当前日志，或作为见证者联署"
    ),
    "keys": Text("make, show and rotate keys", "生成、查看与轮换密钥"),
}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Add the commands below `audit`."""
    # Light as this module: what they work with is loaded when they run.
    from suanwang.cli import audit_checkpoint, audit_export, audit_keys, audit_prove, audit_verify

    modules = {
        "verify": audit_verify,
        "prove": audit_prove,
        "export": audit_export,
        "checkpoint": audit_checkpoint,
        "keys": audit_keys,
    }
    spoken = argparse.ArgumentParser(add_help=False)
    spoken.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    kinds = parser.add_subparsers(
        dest="audit_kind", metavar=Text("KIND", "类型").say(language), required=True
    )
    for name, about in KINDS.items():
        kind = kinds.add_parser(
            name,
            help=about.say(language),
            description=about.say(language),
            parents=[spoken],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        modules[name].describe(kind, language)
        kind.set_defaults(audit=modules[name].execute)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Run the command asked for."""
    return int(arguments.audit(arguments, language))
