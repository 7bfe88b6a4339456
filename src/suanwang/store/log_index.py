"""Where each group and each input of a log file lies; built by reading the file once, kept in memory."""

from array import array
from bisect import bisect_right

from suanwang.store.group_frame import FrameHeader, entries_of


class LogIndex:
    """Offsets by event and by input id. About 150 bytes an input, 16 bytes a group."""

    def __init__(self) -> None:
        self.size = 0
        self.epoch = 0
        self.end = 0
        self._offsets = array("q")
        self._first_events = array("q")
        self._inputs: dict[str, tuple[int, int, int]] = {}

    def add(self, header: FrameHeader, payload: bytes) -> None:
        """Take in the frame that begins at `self.end`."""
        group = len(self._offsets)
        self._offsets.append(self.end)
        self._first_events.append(header.first_event)
        first = header.first_event
        for place in entries_of(payload, header.entries):
            self._inputs[place.input_id] = (group, place.at, first)
            first += place.events
        self.size = header.next_event
        self.epoch = max(self.epoch, header.epoch)
        self.end += header.frame_bytes

    def offset_of_event(self, index: int) -> int:
        """Where the frame that holds event `index` begins, 0 ≤ index < size."""
        return self._offsets[bisect_right(self._first_events, index) - 1]

    def input(self, input_id: str) -> tuple[int, int, int] | None:
        """Frame offset, place in its payload, and first event of an input; None where it is unknown."""
        found = self._inputs.get(input_id)
        return found and (self._offsets[found[0]], found[1], found[2])
