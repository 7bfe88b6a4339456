"""What is read of the whole log, in the child process: events, entries of the ledger, statements."""

from collections.abc import Callable
from itertools import islice

import msgspec

from suanwang.ledger import statements
from suanwang.ledger.apply import read_events
from suanwang.ledger.events import AnyEvent, decode
from suanwang.ledger.period import Period, read_period
from suanwang.ledger.statement import Statement, notes_of, rows_of
from suanwang.model.api.money import (
    EntryLeg,
    EntryPage,
    EntryTold,
    SectionTold,
    StatementKind,
    StatementTold,
)
from suanwang.server.side_work import Place, open_home
from suanwang.units.text import Language

ENTRIES_LOOKED_AT = 200_000
"""So many events are passed over in one page before it is handed out as it is."""


def events_of_log(place: Place, index: int, most: int) -> list[bytes]:
    """Stored bytes from event `index` on."""
    home = open_home(place)
    log = home.reader()
    try:
        return list(log.read(index, index + most))
    finally:
        log.close()
        home.close()


def entries_of_log(place: Place, index: int, account: str, most: int) -> EntryPage:
    """Entries of the ledger from event `index` on; `account`: only those that touch it."""
    home = open_home(place)
    log = home.reader()
    found: list[EntryTold] = []
    try:
        size = log.size
        for record in islice(log.read(index), ENTRIES_LOOKED_AT):
            entry = entry_of(record, index)
            index += 1
            if entry is not None and (not account or any(leg.account == account for leg in entry.legs)):
                found.append(entry)
                if len(found) >= most:
                    break
    finally:
        log.close()
        home.close()
    return EntryPage(tuple(found), index if index < size else None)


def entry_of(record: bytes, index: int) -> EntryTold | None:
    """The entry of an event; None where it moves no money."""
    try:
        event: AnyEvent = decode(record)
    except msgspec.ValidationError:
        return None
    legs = tuple(EntryLeg(leg.account, leg.amount_micro) for leg in event.legs)
    tag = str(event.__struct_config__.tag)
    return EntryTold(index, event.at, event.id, tag, legs) if legs else None


MAKE: dict[StatementKind, Callable[[Period, str], Statement]] = {
    "enterprise": statements.enterprise_statement,
    "centre": statements.centre_statement,
    "programme": statements.programme_statement,
    "platform": lambda period, name: statements.platform_statement(period),
}


def statement_of_log(
    place: Place, kind: StatementKind, name: str, from_at: int, to_at: int, language: Language
) -> StatementTold:
    """A statement of [from_at, to_at). Raises InvalidInput where the name is not known."""
    home = open_home(place)
    log = home.reader()
    try:
        period = read_period(read_events(log.read()), from_at, to_at)
    finally:
        log.close()
        home.close()
    made = MAKE[kind](period, name)
    sections = tuple(
        SectionTold(
            section.title.say(language),
            tuple(head.title.say(language) for head in section.heads),
            tuple(tuple(row) for row in rows_of(section, language, exact=True)),
            bool(section.total),
        )
        for section in made.sections
    )
    notes = tuple(notes_of(made, language, exact=True))
    return StatementTold(
        made.title.say(language), made.subject, made.from_at, made.to_at, made.currency, sections, notes
    )
