"""`suanwang quote`: what a job would cost now, in each place; nothing is reserved."""

import argparse

from suanwang.cli.connection import add_connection
from suanwang.cli.job_reading import add_jobs
from suanwang.units.text import Language, Text


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `quote`."""
    add_jobs(parser, language, several=False)
    add_connection(parser, language)
    parser.epilog = Text(
        "Exit code 0: there is a place; 1: there is none, with the reason.\n\n"
        "Examples:\n  suanwang quote finetune.yaml\n  suanwang quote train.sbatch --region 510100 --json",
        "退出码 0：有可用位置；1：没有，并说明原因。\n\n"
        "示例：\n  suanwang quote finetune.yaml\n  suanwang quote train.sbatch --region 510100 --json",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Asks and shows."""
    from suanwang.cli.candidates import print_quote
    from suanwang.cli.connection import connect
    from suanwang.cli.job_reading import read_jobs
    from suanwang.cli.job_sending import quote_of
    from suanwang.cli.tables import print_told

    (read,) = read_jobs(arguments, takes_along=False)
    quote = quote_of(connect(arguments, language), read, arguments.enterprise)
    if arguments.json:
        print_told(quote)
    else:
        print_quote(quote, language)
    return 0 if quote.candidates else 1
