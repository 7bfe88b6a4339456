"""Progress of long work on standard error: on a terminal bars, elsewhere no more than its warnings."""

import sys
import time
from types import TracebackType
from typing import Self

from suanwang.clearing.watch import Watch
from suanwang.units.text import Language


class LineWatch(Watch):
    """A watch that keeps the time of phases and says lines. Use as a context."""

    def __init__(self, language: Language) -> None:
        super().__init__(time.perf_counter)
        self.language: Language = language

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left on the screen."""

    def say(self, line: str) -> None:
        """A line on standard error."""
        print(line, file=sys.stderr)


def watch_in(language: Language) -> LineWatch:
    """The watch for this standard error."""
    if not sys.stderr.isatty():
        return LineWatch(language)
    # Loaded here, so that a run without a terminal does not pay for it.
    from suanwang.cli.progress_bar import ScreenWatch

    return ScreenWatch(language)
