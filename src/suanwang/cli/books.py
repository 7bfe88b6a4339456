"""Whose books a money command works on: a log in a folder, or a platform's.

--log DIR                      that folder
--server URL, SUANWANG_SERVER  that platform; the whole books are an operator's and an auditor's to read
neither                        the folder suanwang-log
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.connection import SERVER_VARIABLE, Connection, add_server, connect
from suanwang.units.errors import Fault, InvalidInput, SuanwangError
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.engine.voucher_inputs import AnyVoucherInput
    from suanwang.ledger.commands import AnyCommand
    from suanwang.ledger.decide import Result

DEFAULT_LOG = Path("suanwang-log")


class ServerBooks:
    """The books of a platform."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def records(self) -> list[bytes]:
        """Every event of the log, as stored. Raises Answered for who may not read all of them."""
        from suanwang.cli.event_stream import records_of
        from suanwang.client.line import Answered
        from suanwang.model.api.tokens import Me

        role = self.connection.get("/v1/me", Me).role
        if role not in ("operator", "auditor"):
            what = Text("the whole books are not for this role", "该角色无权查看全部账目")
            remedy = Text("wallet show, statement, grant list and claim list show your own",
                          "wallet show、statement、grant list 与 claim list 可查看自己的")  # fmt: skip
            raise Answered(403, "forbidden", (Fault(self.connection.url, what, role, remedy=remedy),))
        return records_of(self.connection)

    def post(self, commands: "Sequence[AnyCommand]") -> "list[tuple[Result, bool]]":
        """Books the commands one after the other; each one's result, and whether it was known."""
        from suanwang.client.line import Answered
        from suanwang.ledger.decide import Result
        from suanwang.model.api.money import Booked

        found: list[tuple[Result, bool]] = []
        for command in commands:
            try:
                booked = self.connection.post("/v1/ledger/commands", command, Booked)
                found.append((Result(command.id, booked.sequence, ()), booked.repeated))
            except Answered as refusal:
                if refusal.kind != "refused":
                    raise
                found.append((Result(command.id, 0, refusal.faults), False))
        return found

    def ask(self, request: "AnyVoucherInput") -> int:
        """A request on a voucher route; how many events it led to."""
        from suanwang.model.api.network import Done

        return self.connection.post("/v1/vouchers", request, Done).events


Books = Path | ServerBooks


def add_books(parser: argparse.ArgumentParser, language: Language) -> None:
    """`--log DIR`, `--server URL` and `--token-file FILE`."""
    parser.add_argument(
        "--log",
        metavar="DIR",
        type=Path,
        help=Text(
            "folder of the log (default suanwang-log, where no server is named)",
            "日志目录（未指定服务器时默认 suanwang-log）",
        ).say(language),
    )
    add_server(parser, language)


def books_of(arguments: argparse.Namespace, language: Language) -> Books:
    """The books that flags and variables name. Raises InvalidInput where they name two."""
    if arguments.log is not None:
        if arguments.server is not None:
            what = Text("either a folder or a server", "目录与服务器二选一")
            raise InvalidInput([Fault("--log, --server", what)])
        return arguments.log
    if arguments.server is None and not os.environ.get(SERVER_VARIABLE):
        return DEFAULT_LOG
    if getattr(arguments, "at", None) is not None:
        what = Text("a platform books by its own time", "平台按自身时间入账")
        raise InvalidInput(
            [Fault("--at", what, str(arguments.at), remedy=Text("leave it out", "请去掉该选项"))]
        )
    return ServerBooks(connect(arguments, language))


def folder_of(books: Books, what: Text) -> Path:
    """The folder, for what only a folder has. Raises Unsupported on a server."""
    if isinstance(books, ServerBooks):
        raise not_there(what)
    return books


def not_there(what: Text) -> SuanwangError:
    """The error for what a server does not hand out."""
    from suanwang.units.errors import Unsupported

    return Unsupported([Fault("--server", what, remedy=Text("give it with the command", "请随命令给出"))])
