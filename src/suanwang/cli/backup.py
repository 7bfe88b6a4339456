"""`suanwang backup`: log, inputs and papers of a platform in one file."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.home_inputs import add_home, home_of
from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.store.backup import Contents


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `backup`."""
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help=Text("the file to write", "写出的文件").say(language),
    )
    add_home(parser, language)
    add_json(parser, language)
    parser.epilog = Text(
        "The platform may run meanwhile. The file holds scripts and personal data: keep it closed.\n\n"
        "Examples:\n  suanwang backup --out monday.backup\n  suanwang backup --log log --out log.backup",
        "备份时平台可以继续运行。文件含脚本与个人数据，请妥善保管。\n\n"
        "示例：\n  suanwang backup --out monday.backup\n  suanwang backup --log log --out log.backup",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Writes the file and tells what is in it."""
    from suanwang.store.backup import write_backup
    from suanwang.units.errors import Fault, InvalidInput

    out: Path = arguments.out
    with closing(home_of(arguments)) as home:
        try:
            contents = write_backup(home, out)
        except OSError as error:
            what = Text("the backup cannot be written", "无法写出备份")
            remedy = Text("name another file, on a disk with space", "请指定空间充足的磁盘上的文件")
            found = error.strerror or str(error)
            raise InvalidInput([Fault(str(out), what, found, remedy=remedy, kind="backup")]) from None
    tell(str(out), contents, arguments, language)
    return 0


def tell(place: str, contents: "Contents", arguments: argparse.Namespace, language: Language) -> None:
    """What a backup or a restored home holds."""
    from suanwang.cli.check import print_json

    if arguments.json:
        print_json({
            "place": place,
            "events": contents.events,
            "inputs": contents.inputs,
            "papers": contents.papers,
            "root": contents.root,
        })  # fmt: skip
        return
    words = Text(
        f"{place}: {contents.events:,} events of {contents.inputs:,} inputs, {contents.papers:,} papers\n"
        f"Merkle root {contents.root}",
        f"{place}：{contents.inputs:,} 个输入的 {contents.events:,} 个事件，{contents.papers:,} 份材料\n"
        f"Merkle 根 {contents.root}",
    )
    print(words.say(language))
