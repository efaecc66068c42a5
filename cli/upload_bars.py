"""Progress of uploads: a bar each on a terminal, and elsewhere only what went wrong. All on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from cli.amounts import percent_said, size_said, span_said
from cli.output import shown

WIDE = 80  # columns; with less, a file's name is worth more than its amounts
STYLES = {"accepted": "green", "not sent": "red", "waiting": "yellow"}


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


class HowFar(ProgressColumn):
    """What stands behind a bar; as wide all the time, so that bars stand still."""

    def __init__(self, *, is_wide: bool) -> None:
        super().__init__()
        self._is_wide = is_wide

    def render(self, task: Task) -> Text:
        note, size = task.fields["note"], size_said(int(task.total or 0))
        if note:
            return Text(f"{size}, {note}" if note == "accepted" else note, STYLES[note])
        left = "" if task.time_remaining is None else f"{span_said(task.time_remaining)} left"
        words = f"{percent_said(task.completed / task.total if task.total else 1.0):>5}"
        if self._is_wide:
            speed = "" if task.speed is None else f"{size_said(int(task.speed))}/s"
            words = f"{words} of {size} {speed:>11}"
        return Text(f"{words} {left:<13}")


@dataclass(frozen=True)
class Bars:
    """One below the other."""

    progress: Progress

    def begin(self, path: Path) -> Bar:
        size = path.stat().st_size
        return Bar(self.progress, self.progress.add_task("", name=shown(path.name), total=size, note=""))


def progress_on(console: Console) -> Progress:
    """A line for each file that fits into the console's width."""
    columns = (
        TextColumn(
            "{task.fields[name]}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")
        ),
        BarColumn(bar_width=20),
        HowFar(is_wide=console.width >= WIDE),
    )
    return Progress(*columns, console=console, expand=True, disable=not console.is_terminal)


@contextmanager
def upload_bars() -> Iterator[Bars]:
    """Bars while files are sent; they stay on the screen when all have been."""
    with progress_on(Console(stderr=True, highlight=False, soft_wrap=True)) as progress:
        yield Bars(progress)
