"""Lines of a text that may have none for gigabytes."""

import io
from pathlib import Path
from types import TracebackType

from processor.inspection.encoding import reader_codec

MAX_LINE = 1024 * 1024  # characters; a longer line comes in pieces
MAX_ROW = 4 * MAX_LINE  # characters that may be read for one row


class RowTooLongError(Exception):
    """A row did not end within `MAX_ROW` characters. The next read starts a new one."""


class Lines:
    """An iterator over a file's lines with their ends, as `csv.reader` wants them.

    Undecodable bytes become U+FFFD. Set `row` to 0 after each row: what is read for one is bounded.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self._file = path.open("rb")
        self._text = io.TextIOWrapper(self._file, encoding=reader_codec(encoding), errors="replace", newline="")
        self.row = 0  # characters since the last row ended
        self.characters = 0
        self.number = 0  # of the line read last; counts from 1

    def __enter__(self) -> "Lines":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._text.close()

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        """Raises `RowTooLongError` in the place of a line that makes the row too long, and can be read on."""
        line = self._text.readline(MAX_LINE)
        if not line:
            raise StopIteration
        self.number += line[-1] in "\r\n"
        self.characters += len(line)
        self.row += len(line)
        if self.row > MAX_ROW:
            self.row = 0
            raise RowTooLongError("it does not end")
        return line

    @property
    def position(self) -> int:
        """About how many bytes have been read."""
        return self._file.tell()
