"""An entry: what an archive says that it holds. Its name is a stranger's word and never a path of ours."""

import re
from dataclasses import dataclass
from typing import Literal

EntryKind = Literal["file", "folder", "link", "other"]
_ABSOLUTE = re.compile(r"^([/\\~]|[A-Za-z]:)")
_SEPARATOR = re.compile(r"[/\\]")


@dataclass(frozen=True)
class Entry:
    """One entry, as declared: nothing was unpacked to check it."""

    name: str
    kind: EntryKind
    size: int  # bytes when unpacked
    packed: int | None = None  # bytes inside the archive, where the format says
    encrypted: bool = False
    target: str = ""  # where a link points, where the format says

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the name, without what only says "here"."""
        return tuple(part for part in _SEPARATOR.split(self.name) if part not in {"", "."})

    @property
    def escapes(self) -> bool:
        """Whether a careless program would write it, or be led, outside the folder that it unpacks to."""
        return any(_ABSOLUTE.match(path) or ".." in _SEPARATOR.split(path) for path in (self.name, self.target))
