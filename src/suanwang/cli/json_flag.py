"""`--json`: one JSON document on standard output and nothing else, in every command that has it."""

import argparse

from suanwang.units.text import Language, Text


def add_json(parser: argparse.ArgumentParser, language: Language) -> None:
    """The flag that asks for JSON."""
    parser.add_argument(
        "--json",
        action="store_true",
        help=Text("one JSON document on standard output", "在标准输出打印一个 JSON 文档").say(language),
    )
