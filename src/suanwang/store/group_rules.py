"""What every home of the log holds a group to: fit entries, and one result for each input id."""

from collections.abc import Callable, Sequence

from suanwang.audit.publish import event_faults
from suanwang.model.log import DIGEST_BYTES, INPUT_ID_BYTES_MAX, Appended, Entry, InputConflict, Recorded
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


def check_entries(entries: Sequence[Entry], first_index: int) -> None:
    """Raises InvalidInput with every reason why no log can hold these entries."""
    faults: list[Fault] = []
    for number, entry in enumerate(entries, 1):
        where = f"entry {number}"
        length = len(entry.input_id.encode(errors="surrogatepass"))
        if not 1 <= length <= INPUT_ID_BYTES_MAX or not entry.input_id.isprintable():
            what = Text("an input id that cannot be kept", "输入标识无法保存")
            faults.append(_unfit(where, what, entry.input_id[:80], f"1..{INPUT_ID_BYTES_MAX} bytes, UTF-8"))
        if len(entry.input_digest) != DIGEST_BYTES:
            what = Text("an input digest of the wrong length", "输入摘要长度不对")
            faults.append(_unfit(where, what, entry.input_digest.hex(), f"{DIGEST_BYTES} bytes"))
        faults += event_faults(entry.events, first_index)
        first_index += len(entry.events)
    if faults:
        raise InvalidInput(faults)


def sort_out(
    entries: Sequence[Entry], recorded: Callable[[str], Recorded | None], first_index: int
) -> tuple[list[Entry], list[Appended]]:
    """The entries that are new, and the result of each entry. `recorded`: what the log has for an id.

    Raises InputConflict, which refuses the whole group, with every id that came with another body.
    """
    fresh: list[Entry] = []
    appended: list[Appended] = []
    conflicts: list[Fault] = []
    in_group: dict[str, Recorded] = {}
    for entry in entries:
        known = in_group.get(entry.input_id) or recorded(entry.input_id)
        if known is None:
            known = Recorded(entry.input_id, entry.input_digest, first_index, len(entry.events))
            in_group[entry.input_id] = known
            fresh.append(entry)
            first_index += len(entry.events)
            appended.append(Appended(known, repeated=False))
        elif known.input_digest == entry.input_digest:
            appended.append(Appended(known, repeated=True))
        else:
            conflicts.append(_conflict(entry, known))
    if conflicts:
        raise InputConflict(conflicts)
    return fresh, appended


def _unfit(where: str, what: Text, found: str, expected: str) -> Fault:
    remedy = Text("correct the input", "请更正输入")
    return Fault(where, what, found, same(expected), remedy, "log-entry")


def _conflict(entry: Entry, known: Recorded) -> Fault:
    return Fault(
        f"input {entry.input_id}",
        Text("the same input id came with another body", "相同的输入标识对应不同的内容"),
        entry.input_digest.hex(),
        same(known.input_digest.hex()),
        Text("send a new input under a new id", "请用新的标识发送新的输入"),
        "input-conflict",
    )
