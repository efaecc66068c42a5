"""Progress of uploads: a bar each on a terminal, and elsewhere only what went wrong. All on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column
from rich.text import Text

from cli.output import shown


@dataclass(frozen=True)
class Bar:
    """One file's."""

    progress: Progress
    task: TaskID

    def sent(self, size: int) -> None:
        """So many bytes are on their way, or there."""
        if not self.progress.tasks[self.task].completed:  # what an earlier call sent says nothing of the speed
            self.progress.reset(self.task, completed=size)
        self.progress.update(self.task, completed=size, note="")

    def waiting(self, reason: str, seconds: float) -> None:
        """It is tried again."""
        self.progress.update(self.task, note="waiting")
        self.progress.console.print(Text(f"{reason}; sending again in {seconds:.0f} s", "yellow"))

    def accepted(self) -> None:
        self.progress.update(self.task, note="accepted")

    def failed(self, words: str) -> None:
        self.progress.update(self.task, note="not sent")
        self.progress.console.print(Text(words, "red"))


@dataclass(frozen=True)
class Bars:
    """One below the other."""

    progress: Progress

    def begin(self, path: Path) -> Bar:
        size = path.stat().st_size
        return Bar(self.progress, self.progress.add_task("", name=shown(path.name), total=size, note=""))


@contextmanager
def upload_bars() -> Iterator[Bars]:
    """Bars while files are sent; they stay on the screen when all have been."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (
        TextColumn(
            "{task.fields[name]}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")
        ),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console, expand=True, disable=not console.is_terminal) as progress:
        yield Bars(progress)
