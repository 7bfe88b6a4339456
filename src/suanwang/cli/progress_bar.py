"""Progress on a terminal: a bar for each phase, with the gap falling."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from suanwang.cli.progress import LineWatch
from suanwang.reports.words import phase
from suanwang.units.text import Language, Text


class ScreenWatch(LineWatch):
    """A watch that shows what it is told."""

    curious = True

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        self.console = Console(stderr=True)
        self.bound_nano: int | None = None
        self.progress = Progress(
            TextColumn("{task.description:12}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
            transient=True,
        )
        self.task: TaskID | None = None

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def phase(self, name: str) -> None:
        """A bar of its own for each phase."""
        super().phase(name)
        if self.task is not None:
            self.progress.update(self.task, completed=1.0)
            self.task = None
        if name:
            self.task = self.progress.add_task(phase(name).say(self.language), total=1.0, note="")

    def advance(self, share: float) -> None:
        """Move the bar."""
        if self.task is not None:
            self.progress.update(self.task, completed=share)

    def bound(self, bound_nano: int) -> None:
        """Show the certified bound so far, and remember it for the gap."""
        self.bound_nano = bound_nano
        if self.task is not None:
            proven = Text("proven: at least", "已证明不低于").say(self.language)
            self.progress.update(self.task, note=f"{proven} {bound_nano / 10**9:,.0f} CNY")

    def cost(self, cost_nano: int) -> None:
        """Show the gap."""
        if self.task is not None and self.bound_nano is not None and self.bound_nano > 0:
            gap = Text("gap", "间隙").say(self.language)
            share = (cost_nano - self.bound_nano) / self.bound_nano
            self.progress.update(self.task, note=f"{gap} {share:.3%}")

    def say(self, line: str) -> None:
        """A line above the bars."""
        self.console.print(line)
