"""A home made from a backup: the file is verified whole before anything is written, the home after."""

import time
from pathlib import Path

from suanwang.store.backup import Contents, Tally, groups, read_backup
from suanwang.store.home import Home
from suanwang.store.papers import Papers
from suanwang.units.errors import Fault, InvalidInput, InvariantBroken
from suanwang.units.text import Text

KEEP_PAPERS = 500
KEEP_BYTES = 16 << 20


def verify_backup(path: Path) -> Contents:
    """What a backup holds, read to its end. Raises InvalidInput where it is not what was written."""
    tally = Tally()
    for part in read_backup(path):
        if isinstance(part, list):
            tally.take(part)
        elif isinstance(part, bytes):
            tally.papers += 1
        elif part == tally.contents:
            return part
    what = Text("the backup does not hold what it says", "备份内容与其声明不符")
    raise InvalidInput([Fault(str(path), what, str(tally.contents), kind="backup")])


def restore(path: Path, home: Home) -> Contents:
    """Make the empty `home` from the backup at `path`; what is in it, read back from the home.

    Raises InvalidInput for a spoiled backup or a home that holds something: then nothing was written.
    """
    expected = verify_backup(path)
    # its leaders count on from here, above all who led the log before it was backed up, and since
    log, papers = home.writer(epoch_above=time.time_ns() // 1000), home.papers()
    try:
        if log.size or next(log.entries(), None) or next(papers.digests(), None):
            raise InvalidInput([_not_empty(home)])
        waiting: list[bytes] = []
        for part in read_backup(path):
            if isinstance(part, list):
                log.append(part)
            elif isinstance(part, bytes):
                waiting.append(part)
            is_last = isinstance(part, Contents)
            if is_last or len(waiting) >= KEEP_PAPERS or sum(map(len, waiting)) >= KEEP_BYTES:
                papers.keep(waiting)
                waiting = []
        found = _contents(home, papers)
    finally:
        log.close()
        papers.close()
    if found != expected:
        what = Text("the restored home is not what was backed up", "恢复后的内容与备份不符")
        raise InvariantBroken([Fault(home.place, what, str(found), Text(str(expected), str(expected)))])
    return found


def _contents(home: Home, papers: Papers) -> Contents:
    """What a home holds, every event and every paper read."""
    tally = Tally()
    log = home.reader()
    try:
        for group in groups(log.entries()):
            tally.take(group)
    finally:
        log.close()
    for digest in papers.digests():
        papers.read(digest)
        tally.papers += 1
    return tally.contents


def _not_empty(home: Home) -> Fault:
    return Fault(
        home.place,
        Text(
            "there is something already; a backup is restored into an empty place",
            "目标不为空，只能恢复到空的位置",
        ),
        expected=Text("no events, inputs or papers", "没有事件、输入与材料"),
        remedy=Text(
            "name an empty folder or database; remove what an interrupted restore left",
            "请指定空目录或空数据库；清除中断的恢复所留内容",
        ),
        kind="home-not-empty",
    )
