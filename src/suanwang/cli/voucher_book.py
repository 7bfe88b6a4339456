"""The voucher routes behind a log in a folder: reading the state, deciding a request, appending its group."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from suanwang.cli.books import Books, ServerBooks, folder_of
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.engine.dossier import AnyDossier, ClaimDossier, GrantDossier
    from suanwang.engine.voucher_events import DecisionRecord
    from suanwang.engine.voucher_inputs import AnyVoucherInput
    from suanwang.engine.voucher_state import Vouchers
    from suanwang.policy.rules import Rules


PAPERS = Text("a server does not hand out papers", "服务器不提供申请材料")


class Answer(NamedTuple):
    """What came of a request: whether it was known, and how many events its group has (0 where it was)."""

    repeated: bool
    events: int
    state: "Vouchers"


def rules_of(name: str, arguments: argparse.Namespace) -> "Rules":
    """The programme of that id, with the supplement that names it. Raises InvalidInput."""
    from suanwang.feeds.programme_folder import BUILT_IN, read_programme, read_programmes
    from suanwang.feeds.supplement_file import lay_over, read_supplement
    from suanwang.units.errors import Fault, InvalidInput
    from suanwang.units.text import same

    folder: Path = getattr(arguments, "programmes", None) or BUILT_IN
    supplements: list[Path] = getattr(arguments, "supplement", [])
    if not (folder / f"{name}.yaml").is_file() or "/" in name:
        known = ", ".join(rule.programme.programme for rule in read_programmes(folder))
        what = Text("no such programme", "没有这个方案")
        raise InvalidInput([Fault("programme", what, name, same(known))])
    mine = [path for path in supplements if read_supplement(path)[0].programme == name]
    return lay_over([read_programme(folder / f"{name}.yaml")], mine)[0]


def read_vouchers(books: Books) -> "Vouchers":
    """The state that the log makes. Raises InvalidInput where there is no log."""
    from suanwang.engine.voucher_apply import replay
    from suanwang.store.log_file_reader import FileLogReader

    if isinstance(books, ServerBooks):
        return replay(books.records())
    with closing(FileLogReader(books)) as log:
        return replay(log.read())


def ask(
    books: Books, request: "AnyVoucherInput", rules: "Rules", at: int, dossier: "AnyDossier | None" = None
) -> Answer:
    """Decides the request and makes its whole group durable: the outcome and the money, or neither.

    Papers are kept before the group that names them.
    """
    from suanwang.engine.dossier import dossier_bytes
    from suanwang.engine.voucher_apply import apply, replay
    from suanwang.engine.voucher_events import encode
    from suanwang.engine.voucher_inputs import input_digest
    from suanwang.engine.vouchers import decide
    from suanwang.model.log import Entry
    from suanwang.store.log_file import FileLogWriter
    from suanwang.store.paper_files import FilePapers

    if isinstance(books, ServerBooks):
        events = books.ask(request)
        return Answer(not events, events, read_vouchers(books))
    with closing(FileLogWriter(books)) as log:
        for repair in log.repairs:
            print(repair.say("en"), file=sys.stderr)
        state = replay(log.read())
        repeated = request.id in state.done
        events = decide(state, request, rules, at)
        if events:
            if dossier is not None:
                FilePapers(books).keep([dossier_bytes(dossier)])
            digest = bytes.fromhex(input_digest(request))
            log.append([Entry(request.id, digest, tuple(encode(event) for event in events))])
        for event in events:
            apply(state, event)
        return Answer(repeated, len(events), state)


def grant_dossier(books: Books, digest: str) -> "GrantDossier":
    """An application's papers, from beside the log. Raises InvalidInput."""
    from suanwang.engine.dossier import GrantDossier, read_dossier
    from suanwang.store.paper_files import FilePapers

    dossier = read_dossier(FilePapers(folder_of(books, PAPERS)).read(digest))
    assert isinstance(dossier, GrantDossier)
    return dossier


def claim_dossier(books: Books, digest: str) -> "ClaimDossier":
    """A claim's papers, from beside the log. Raises InvalidInput."""
    from suanwang.engine.dossier import ClaimDossier, read_dossier
    from suanwang.store.paper_files import FilePapers

    dossier = read_dossier(FilePapers(folder_of(books, PAPERS)).read(digest))
    assert isinstance(dossier, ClaimDossier)
    return dossier


def print_record(record: "DecisionRecord", rules: "Rules", language: Language) -> None:
    """The recorded decision with every clause and step."""
    from suanwang.cli.programme_tables import print_decision
    from suanwang.engine.voucher_events import recorded_decision

    print_decision(recorded_decision(record), rules, language)


def known_word(repeated: bool) -> Text:
    """How an answer begins."""
    return Text("recorded before", "此前已记录") if repeated else Text("recorded", "已记录")


def builtins(value: object) -> Any:
    """A struct as plain data for `--json`."""
    import msgspec

    return msgspec.to_builtins(value)
