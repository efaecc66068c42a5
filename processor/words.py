"""What an attempt has to tell and has not told yet, in order."""

from dataclasses import dataclass, replace
from itertools import takewhile

from contracts.events import Event, StageCompleted, StageProgressed
from contracts.record import JobRecord
from processor.stage import Progress
from processor.story import Story


@dataclass
class Word:
    """An event, and the record once it is told. It is ready when nothing can take it back."""

    event: Event
    after: JobRecord
    is_ready: bool


class Words:
    """Bounded by who adds them: two a stage, and of its progress the newest only."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._told = story.record
        self._waiting: list[Word] = []
        self._leaving = 0  # so many of them are being recorded or told

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def is_recorded(self) -> bool:
        """Whether all are ready."""
        return all(word.is_ready for word in self._waiting)

    @property
    def can_leave(self) -> bool:
        """Whether the first is ready."""
        return bool(self._waiting) and self._waiting[0].is_ready

    def add(self, event: Event, *, is_ready: bool) -> None:
        self._story.note(event)
        self._waiting.append(Word(event, self._story.record, is_ready))

    def forget_progress(self) -> None:
        """The newest word, if it is a stage's progress and not on its way yet: what comes next has its number."""
        if len(self._waiting) > self._leaving and isinstance(self._waiting[-1].event, StageProgressed):
            self._waiting.pop()
            self._story.record = self._waiting[-1].after if self._waiting else self._told

    def begin_recording(self) -> tuple[Word, ...]:
        """All of them; once the record after the last is kept, they are ready."""
        self._leaving = len(self._waiting)
        return tuple(self._waiting)

    def begin_telling(self) -> list[Event]:
        """Those that are ready; `told` says that they have been told."""
        ready = [word.event for word in takewhile(lambda word: word.is_ready, self._waiting)]
        self._leaving = len(ready)
        return ready

    def told(self) -> None:
        self._told = self._waiting[self._leaving - 1].after
        del self._waiting[: self._leaving]
        self._leaving = 0

    def stop(self) -> None:
        """Nothing is on its way any more."""
        self._leaving = 0

    def alive(self) -> Event | None:
        """The word of a stage whose completion waits first.

        So that no number is missing, what waits is numbered after it.
        """
        completed = self._waiting[0].event
        if not isinstance(completed, StageCompleted):
            return None
        index = completed.data.stage.index
        story = replace(self._story, record=self._told)
        stage = story.record.stages[index]
        alive = story.stage_progressed(index, Progress(stage.progress, stage.message))
        story.note(alive)
        self._told = story.record
        for word in self._waiting:
            word.event = _one_later(word.event)
            story.note(word.event)
            word.after = story.record
        self._story.record = story.record
        return alive


def _one_later(event: Event) -> Event:
    data = event.data.model_copy(update={"sequence": event.data.sequence + 1})
    return event.model_copy(update={"data": data})
