"""The ledger: transfers, holds and captures in memory, and replay of a log's bytes.

Baselines of the same run: sqlite3 in memory, row by row, with the same checks in SQL (an id once, no account
below its floor, both legs or none), and beancount loading the same entries from its text.
"""

import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from beancount import loader
from benchmarks.row import Row

from suanwang.ledger.apply import apply, replay
from suanwang.ledger.beancount_export import as_beancount
from suanwang.ledger.commands import (
    AnyCommand,
    Appropriate,
    Capture,
    Draw,
    FundWeight,
    IssueGrant,
    OpenCentre,
    OpenFund,
    OpenProgramme,
    OpenWallet,
    PayIn,
    PlaceHold,
    Replenish,
    TopUp,
    Transfer,
)
from suanwang.ledger.decide import decide, post
from suanwang.ledger.events import AnyEvent, Refused, decode, encode
from suanwang.ledger.state import Ledger, empty_ledger
from suanwang.ledger.validate import validate

ENTERPRISES = 1_000
YUAN = 1_000_000
LARGE_MICRO = 10**15


def run(quick: bool) -> list[Row]:
    """All rows; `quick` uses a tenth of the commands."""
    count = 100_000 if quick else 1_000_000
    return [_transfers(count // 2), _jobs(count // 10), _replayed(count, count // 50)]


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _opening() -> Iterator[AnyCommand]:
    """Two funds, a programme, ten centres, and enterprises with a full wallet and a grant each."""
    yield OpenFund("f1", "city", "CNY")
    yield OpenFund("f2", "district", "CNY")
    yield OpenProgramme("p", "voucher", (FundWeight("city", 7), FundWeight("district", 3)), LARGE_MICRO, 0)
    yield PayIn("i1", "city", 100 * LARGE_MICRO, "")
    yield PayIn("i2", "district", 100 * LARGE_MICRO, "")
    yield Appropriate("a", "voucher", ENTERPRISES * 10**12)
    yield Replenish("r", "voucher")
    for number in range(10):
        yield OpenCentre(f"c{number}", f"centre{number}", "CNY")
    for number in range(ENTERPRISES):
        yield OpenWallet(f"w{number}", f"firm{number}", "CNY", 0)
        yield TopUp(f"t{number}", f"firm{number}", 10**12, "")
        yield IssueGrant(f"g{number}", f"grant{number}", "voucher", f"firm{number}", 10**12, 0, 10**15)


def _transfer(number: int) -> Transfer:
    one, other = f"wallet:firm{number % ENTERPRISES}", f"wallet:firm{(number * 7 + 1) % ENTERPRISES}"
    return Transfer(f"transfer-{number}", one, other if one != other else "bank:CNY", 1 + number % 999)


def _job(number: int) -> tuple[PlaceHold, Capture]:
    """A hold of 20 yuan, 30 % from the voucher, and the capture of most of it, which releases the rest."""
    firm = number % ENTERPRISES
    draws = (Draw(f"grant{firm}", 6 * YUAN),)
    hold = PlaceHold(
        f"hold-{number}", f"job-{number}", f"firm{firm}", f"centre{number % 10}", draws, 14 * YUAN
    )
    spent = 11 * YUAN + number % 7_919
    return hold, Capture(f"capture-{number}", f"job-{number}", spent, 3 * YUAN, 0, 3_600_000, True)


def _posted(state: Ledger, commands: Iterable[AnyCommand], at: int) -> int:
    """Decides and applies; how many were accepted. Every one must be."""
    done = 0
    for command in commands:
        for event in decide(state, command, at):
            apply(state, event)
            assert not isinstance(event, Refused), event
            done += 1
    return done


def _transfers(count: int) -> Row:
    """Two legs between a thousand wallets: id, form, accounts, currency, floors; decided and applied."""
    commands = [move for move in map(_transfer, range(count)) if move.credit != "bank:CNY"]
    best = max(_speed_of(commands) for _ in range(3))
    few = commands[: len(commands) // 10]
    sql = _sqlite(
        [(move.id, ((move.debit, move.amount_micro), (move.credit, -move.amount_micro))) for move in few]
    )
    return Row(
        "two-leg transfers decided and applied, in memory",
        best,
        "transfers/s",
        100_000,
        200_000,
        "sqlite3 in memory, row by row",
        len(few) / sql,
        note="best of three",
    )


def _speed_of(commands: Sequence[AnyCommand]) -> float:
    """Commands a second on fresh books; all invariants hold afterwards."""
    state = empty_ledger()
    post(state, _opening(), 0)
    seconds = _seconds(lambda: _posted(state, commands, 1))
    validate(state)
    return len(commands) / seconds


def _jobs(count: int) -> Row:
    """Hold and closing capture of a job over one voucher, two funds and the wallet, paid from the reserve."""
    commands = [command for number in range(count) for command in _job(number)]
    speed = _speed_of(commands)
    again = empty_ledger()
    post(again, _opening(), 0)
    events = post(again, commands[: len(commands) // 10], 1)
    sql = _sqlite(
        [(event.id, tuple((leg.account, leg.amount_micro) for leg in event.legs)) for event in events]
    )
    return Row(
        "holds and closing captures (voucher, two funds, wallet, reserve)",
        speed,
        "commands/s",
        None,
        50_000,
        "sqlite3 writing the same legs, already decided",
        len(events) / sql,
    )


def _sqlite(entries: Sequence[tuple[str, tuple[tuple[str, int], ...]]]) -> float:
    """Seconds for the entries in SQL, each a transaction of its own."""
    base = sqlite3.connect(":memory:", isolation_level=None)
    base.execute("create table account (name text primary key, balance integer, least integer) without rowid")
    base.execute("create table entry (id text primary key) without rowid")
    base.execute("create table leg (entry text, account text, amount integer)")
    names = {name for _, legs in entries for name, _ in legs}
    base.executemany("insert into account values (?, 0, ?)", [(name, -(10**18)) for name in names])

    def write() -> None:
        for name, legs in entries:
            base.execute("begin")
            base.execute("insert into entry values (?)", (name,))
            for account, amount in legs:
                changed = base.execute(
                    "update account set balance = balance + ? where name = ? and balance + ? >= least",
                    (amount, account, amount),
                )
                assert changed.rowcount == 1
                base.execute("insert into leg values (?, ?, ?)", (name, account, amount))
            base.execute("commit")

    return _seconds(write)


def _mixed(count: int) -> list[bytes]:
    """The log of `count` entries: half transfers, a quarter holds, a quarter captures."""
    state = empty_ledger()
    records = [encode(event) for event in post(state, _opening(), 0)]
    number = 0
    while len(records) < count:
        for command in (*_job(number), _transfer(2 * number), _transfer(2 * number + 1)):
            for event in decide(state, command, 1):
                apply(state, event)
                records.append(encode(event))
        number += 1
    return records[:count]


def _replayed(count: int, few: int) -> Row:
    """The state from the stored bytes of `count` entries; beancount loads `few` of them, and is scaled up."""
    records = _mixed(count)
    states: list[Ledger] = []
    seconds = _seconds(lambda: states.append(replay(records))) * 1_000_000 / count
    validate(states.pop())
    bean = _beancount([decode(record) for record in records[:few]]) * 1_000_000 / few
    return Row(
        f"replay of {count:,} entries from their bytes",
        seconds,
        "s per million",
        15,
        10,
        f"beancount loading {few:,} of them",
        bean,
        lower_is_better=True,
    )


def _beancount(events: Sequence[AnyEvent]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.beancount"
        file.write_text("".join(as_beancount(events)), "utf-8")
        errors: list[object] = []
        seconds = _seconds(lambda: errors.extend(loader.load_file(str(file))[1]))
        assert not errors
        return seconds
