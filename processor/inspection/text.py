"""Text: lines, words and what they are like, read from front to back in bounded pieces."""

import io
import re
from collections import Counter
from dataclasses import dataclass, field

from processor.inspection.analysis import Analysis
from processor.inspection.encoding import reader_codec
from processor.inspection.reading import tell_bytes
from processor.inspection.wording import clip, plural
from processor.stage import Stage

CHUNK_CHARACTERS = 1024 * 1024
MAX_CHARACTERS_FOR_WORDS = 64 * 1024 * 1024  # the most common words are those of this first part
MAX_WORDS = 20_000  # told apart; the rarest are forgotten beyond twice as many
MAX_EXCERPT = 3_000
_WORD = re.compile(r"[^\W\d_][\w'’-]{1,39}")
_LENGTHS = (0, 1, 20, 40, 60, 80, 100, 120, 160, 200, 400, 1_000)  # of lines; the last is open


@dataclass
class TextShape:
    """What a text adds up to, piece by piece. Its memory is bounded, whatever the lines are."""

    characters: int = 0
    words: int = 0
    longest: int = 0
    undecodable: int = 0
    excerpt: str = ""
    endings: Counter[str] = field(default_factory=Counter)
    line_lengths: Counter[int] = field(default_factory=Counter)
    common: Counter[str] = field(default_factory=Counter)
    _line: int = 0  # characters of the line that has not ended yet
    _in_word: bool = False
    _held: str = ""  # a carriage return whose line feed may follow

    def add(self, chunk: str, *, last: bool) -> None:
        """Take in the next piece."""
        chunk = self._held + chunk
        self._held = "\r" if chunk.endswith("\r") and not last else ""
        chunk = chunk[: len(chunk) - len(self._held)]
        if len(self.excerpt) < MAX_EXCERPT:
            self.excerpt += chunk[: MAX_EXCERPT - len(self.excerpt)]
        self._add_words(chunk)
        self._add_lines(chunk)
        self.characters += len(chunk)
        self.undecodable += chunk.count("\ufffd")
        if last and self._line:
            self._end_line(self._line)

    @property
    def lines(self) -> int:
        return self.line_lengths.total()

    def lengths(self) -> list[tuple[str, int]]:
        """How many lines there are of which length."""
        steps = zip(_LENGTHS, [*_LENGTHS[1:], None], strict=True)
        return [(_step(low, high), self.line_lengths[place]) for place, (low, high) in enumerate(steps)]

    def _add_words(self, chunk: str) -> None:
        if not chunk:
            return
        joined = self._in_word and not chunk[0].isspace()
        self.words += len(chunk.split()) - joined
        self._in_word = not chunk[-1].isspace()
        if self.characters < MAX_CHARACTERS_FOR_WORDS:
            self.common.update(word.casefold() for word in _WORD.findall(chunk))
            if len(self.common) > 2 * MAX_WORDS:
                self.common = Counter(dict(self.common.most_common(MAX_WORDS)))

    def _add_lines(self, chunk: str) -> None:
        pairs = chunk.count("\r\n")
        self.endings += Counter({"CRLF": pairs, "LF": chunk.count("\n") - pairs, "CR": chunk.count("\r") - pairs})
        *ended, rest = chunk.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in ended:
            self._end_line(self._line + len(line))
            self._line = 0
        self._line += len(rest)

    def _end_line(self, length: int) -> None:
        self.longest = max(self.longest, length)
        self.line_lengths[sum(length >= step for step in _LENGTHS) - 1] += 1


def analyse_text(stage: Stage, encoding: str) -> Analysis:
    """Lines, words, line endings and the most common words of a text."""
    shape = TextShape()
    with stage.source.path.open("rb") as file:
        text = io.TextIOWrapper(file, encoding=reader_codec(encoding), errors="replace", newline="")
        while chunk := text.read(CHUNK_CHARACTERS):
            shape.add(chunk, last=False)
            tell_bytes(stage, file.tell(), upto=0.98)
        shape.add("", last=True)
        return _told(shape, encoding)


def _told(shape: TextShape, encoding: str) -> Analysis:
    facts = {
        "encoding": encoding,
        "lines": shape.lines,
        "words": shape.words,
        "characters": shape.characters,
        "longest_line": shape.longest,
        "line_endings": {ending: count for ending, count in shape.endings.items() if count},
    }
    detail = facts | {
        "undecodable": shape.undecodable,
        "line_lengths": shape.lengths(),
        "common_words": shape.common.most_common(30),
        "excerpt": shape.excerpt,
    }
    problem = (
        f"{plural(shape.undecodable, 'character')} could not be decoded as {encoding}." if shape.undecodable else None
    )
    summary = f"{plural(shape.lines, 'line')}, {plural(shape.words, 'word')}, {encoding}"
    return Analysis("text", summary, facts, {**detail, "excerpt_cut": shape.characters > MAX_EXCERPT}, problem)


def _step(low: int, high: int | None) -> str:
    if high is None:
        return f"{clip(f'{low:,}')} and more"
    return f"{low}" if high == low + 1 else f"{low}–{high - 1}"
