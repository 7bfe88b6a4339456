"""What the demonstration shows while it runs: on a terminal a live table, elsewhere a line a change."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from suanwang.cli.job_words import MARKS, reason, standing
from suanwang.cli.jobs import table
from suanwang.cli.tables import money
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from rich.live import Live

    from suanwang.model.api.jobs import JobLine


class Screen:
    """Use as a context. What it shows goes to standard error where `quiet` keeps standard output for JSON."""

    def __init__(self, language: Language, quiet: bool) -> None:
        from rich.console import Console

        self.language: Language = language
        self.console = Console(stderr=quiet, highlight=False, emoji=False, markup=False)
        self.began_s = time.monotonic()
        self.lines: dict[str, JobLine] = {}
        self.live: Live | None = None
        self.told: dict[str, str] = {}

    def begin_table(self) -> None:
        """From here on jobs are a live table, on a terminal high enough for it."""
        from rich.live import Live

        if self.console.is_terminal and self.console.height >= 20:
            self.live = Live(console=self.console, auto_refresh=False, vertical_overflow="visible")
            self.live.start()

    def end_table(self) -> None:
        """No more of it: its last state stays."""
        if self.live is not None:
            self.live.stop()
            self.live = None

    def say(self, text: Text) -> None:
        """A line of words, with the time."""
        self.console.print(
            f"{time.monotonic() - self.began_s:6.1f} s  {text.say(self.language)}", soft_wrap=True
        )

    def changed(self, lines: "Sequence[JobLine]") -> None:
        """Jobs as they are now."""
        self.lines.update({line.job: line for line in lines})
        if self.live is not None:
            newest = sorted(self.lines.values(), key=lambda line: int(line.job[1:]))
            self.live.update(table(tuple(newest), self.language), refresh=True)
            return
        for line in lines:
            words = self.words(line)
            if self.told.get(line.job) != words:
                self.told[line.job] = words
                self.say(Text(words, words))

    def words(self, line: "JobLine") -> str:
        """One job in a line."""
        why = reason(line).say(self.language)
        charge = f"¥{money(line.charge_micro)}" if line.ended_at is not None and line.charge_micro else ""
        number = f"#{line.attempt}" if line.attempt > 1 else ""
        mark = MARKS.get(line.state, " ")
        state = standing(line, self.language)
        words = (f"{line.job:4} {mark} {line.name:11}", number, line.pool, state, why, charge)
        return " ".join(word for word in words if word)
