"""What a verifier found: faults by kind, the first hundred of each kept, the rest counted."""

import base64
from collections import Counter

from suanwang.units.errors import Fault
from suanwang.units.text import Text

FAULTS_PER_KIND_MAX = 100


class Findings:
    """Collects the faults of one verification."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._counts: Counter[str] = Counter()

    def add(
        self, kind: str, where: str, what: Text, found: str = "", expected: Text | None = None
    ) -> None:  # fmt: skip
        """One piece of evidence that the export is not what was signed."""
        remedy = Text(
            "keep this copy as evidence and fetch the log from another source",
            "保留此份作为证据，并从其他来源获取日志",
        )
        self.take(Fault(where, what, found, expected or Text("", ""), remedy, kind))

    def take(self, *faults: Fault) -> None:
        """Faults that another check has made."""
        for fault in faults:
            self._counts[fault.kind] += 1
            if self._counts[fault.kind] <= FAULTS_PER_KIND_MAX:
                self._faults.append(fault)

    def has(self, *kinds: str) -> bool:
        """Whether any fault of these kinds was found."""
        return any(self._counts[kind] for kind in kinds)

    def all(self) -> tuple[Fault, ...]:
        """Every fault kept, and for each kind that had more, how many."""
        last = {fault.kind: fault for fault in self._faults}
        more = [(last[kind], count - FAULTS_PER_KIND_MAX) for kind, count in self._counts.items()]
        counts = [
            Fault(f"{fault.where} …", Text(f"{rest} more", f"另有 {rest} 处"), kind=fault.kind)
            for fault, rest in more
            if rest > 0
        ]
        return (*self._faults, *counts)


def base64_text(digest: bytes) -> str:
    """A hash as checkpoints write it."""
    return base64.b64encode(digest).decode()


def short(digest: bytes) -> str:
    """A hash, short enough for a line: its first twelve hex digits."""
    return digest.hex()[:12] + "…" if digest else "nothing"
