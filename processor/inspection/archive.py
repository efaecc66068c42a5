"""Archives: what they say that they hold. Nothing is unpacked to disk, and no archive inside one is opened."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from processor.inspection.analysis import Analysis
from processor.inspection.entry import Entry
from processor.inspection.errors import UnreadableContentError
from processor.inspection.identity import ending_of, ends_of, identity_of
from processor.inspection.reading import tell_bytes
from processor.inspection.size_tree import SizeTreeBuilder
from processor.inspection.tar_archive import Readable, tar_entries
from processor.inspection.unpacking import CODECS, MAX_RATIO, MAX_SUSPICIOUS_BYTES, Unpacked
from processor.inspection.wording import clip, human_size, plural
from processor.inspection.zip_archive import directory_of, zip_entries
from processor.stage import Stage

MAX_ENTRIES = 1_000_000  # read; an archive with more is only described by its first ones
MAX_LARGEST = 100
MAX_ENDINGS = 1_000  # told apart; further ones count as others
MAX_ESCAPING = 10
MAX_NAME = 300
_PEEK = 64 * 1024
_OTHERS = "(others)"


@dataclass
class Contents:
    """What the entries add up to, in bounded memory."""

    counts: Counter[str] = field(default_factory=Counter)
    encrypted: int = 0
    size: int = 0
    packed: int = 0
    escaping: int = 0
    escaping_names: list[str] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    ending_sizes: Counter[str] = field(default_factory=Counter)
    tree: SizeTreeBuilder = field(default_factory=SizeTreeBuilder)
    _largest: list[tuple[int, int, Entry]] = field(default_factory=list)

    @property
    def entries(self) -> int:
        return self.counts.total()

    def add(self, entry: Entry) -> None:
        self.counts[entry.kind] += 1
        self.encrypted += entry.encrypted
        if entry.escapes:
            self.escaping += 1
            self.escaping_names += [clip(entry.name, MAX_NAME)][: MAX_ESCAPING - len(self.escaping_names)]
        if entry.kind == "file":
            self._add_file(entry)

    def largest(self) -> list[dict[str, Any]]:
        ranked = sorted(self._largest, key=lambda row: (-row[0], -row[1]))
        return [
            {
                "name": clip(entry.name, MAX_NAME),
                "size": entry.size,
                "packed": entry.packed,
                "encrypted": entry.encrypted,
            }
            for _, _, entry in ranked
        ]

    def _add_file(self, entry: Entry) -> None:
        self.size += entry.size
        self.packed += entry.packed or 0
        ending = clip(ending_of(entry.name), 20) or "(none)"
        if ending not in self.endings and len(self.endings) >= MAX_ENDINGS:
            ending = _OTHERS
        self.endings[ending] += 1
        self.ending_sizes[ending] += entry.size
        self.tree.add(entry.parts, entry.size)
        place = heapq.heappush if len(self._largest) < MAX_LARGEST else heapq.heappushpop
        place(self._largest, (entry.size, -self.entries, entry))


def analyse_archive(stage: Stage, media_type: str) -> Analysis:
    """What an archive, or one compressed file, says that it holds."""
    if media_type == "application/x-tar":
        return _analyse_tar(stage)
    if media_type in CODECS:
        return _analyse_compressed(stage, CODECS[media_type])
    return _analyse_zip(stage)


def _analyse_zip(stage: Stage) -> Analysis:
    with stage.source.path.open("rb") as file:
        start, end = directory_of(file)
        contents, problem = _collect(_watched_zip_entries(stage, file, start, end))
    return _told(contents, "zip", problem or _zip_suspicion(contents, stage.source.size), packed=contents.packed)


def _watched_zip_entries(stage: Stage, file: BinaryIO, start: int, end: int) -> Iterator[Entry]:
    for count, entry in enumerate(zip_entries(file, start, end), 1):
        yield entry
        done = (file.tell() - start) / max(1, end - start)
        stage.progress(0.98 * done, f"{plural(count, 'entry', 'entries')} of the table of contents")


def _zip_suspicion(contents: Contents, size: int) -> str | None:
    if contents.packed > size:
        return "Its entries overlap: they declare more compressed data than the file has, like a decompression bomb."
    if contents.size > MAX_SUSPICIOUS_BYTES and contents.size > MAX_RATIO * size:
        return f"It declares to unpack to {human_size(contents.size)}, more than {MAX_RATIO} times its size."
    return None


def _analyse_tar(stage: Stage) -> Analysis:
    with stage.source.path.open("rb") as file:
        contents, problem = _collect(tar_entries(_Watched(stage, file, file.tell)))
    return _told(contents, "tar", problem, packed=stage.source.size)


def _analyse_compressed(stage: Stage, codec: str) -> Analysis:
    """A compressed tar archive, or one compressed file."""
    with Unpacked(stage.source.path, codec) as unpacked:
        head = _head_of(unpacked)
    inside = identity_of(head, b"", "", whole=len(head) < _PEEK)
    with Unpacked(stage.source.path, codec) as unpacked:
        watched = _Watched(stage, unpacked, lambda: unpacked.position)
        if inside.media_type == "application/x-tar":
            entries, form = tar_entries(watched), f"tar, compressed with {codec}"
        else:
            entries, form = _only_entry(stage, watched), f"one file, compressed with {codec}"
        contents, problem = _collect(entries)
    analysis = _told(contents, form, problem, packed=stage.source.size)
    analysis.detail["content"] = analysis.facts["content"] = inside.description
    return analysis


def _head_of(unpacked: Unpacked) -> bytes:
    """The first bytes, as far as they can be read."""
    head = b""
    with suppress(UnreadableContentError):  # the second reading says what is wrong
        while len(head) < _PEEK and (piece := unpacked.read(4096)):
            head += piece
    return head


@dataclass(frozen=True)
class _Watched:
    """A stream that tells how far it is whenever it is read."""

    stage: Stage
    stream: Readable
    position: Callable[[], int]

    def read(self, size: int, /) -> bytes:
        piece = self.stream.read(size)
        tell_bytes(self.stage, self.position(), upto=0.98)
        return piece


def _only_entry(stage: Stage, stream: Readable) -> Iterator[Entry]:
    """One compressed file as an archive of one; if it cannot be read to its end, its size is as far as it can."""
    size = 0
    try:
        while piece := stream.read(_PEEK):
            size += len(piece)
    except UnreadableContentError:
        yield Entry(_unpacked_name(stage), "file", size, stage.source.size)
        raise
    yield Entry(_unpacked_name(stage), "file", size, stage.source.size)


def _unpacked_name(stage: Stage) -> str:
    """The gzip header's name, or the file's without its last ending."""
    head, _, _ = ends_of(stage.source.path)
    if head.startswith(b"\x1f\x8b\x08\x08"):  # only a name, no extra field before it
        return head[10:1034].split(b"\0")[0].decode("latin-1")
    return stage.source.name.rpartition(".")[0] or stage.source.name


def _collect(entries: Iterator[Entry]) -> tuple[Contents, str | None]:
    """Add up the entries, as far as they can be read, and say what stopped it."""
    contents = Contents()
    try:
        for entry in entries:
            if contents.entries >= MAX_ENTRIES:
                return contents, f"It has more than {MAX_ENTRIES:,} entries; only these were read."
            contents.add(entry)
    except UnreadableContentError as error:
        return contents, str(error)
    return contents, None


def _told(contents: Contents, form: str, problem: str | None, *, packed: int) -> Analysis:
    numbers = {
        "format": form,
        "entries": contents.entries,
        "files": contents.counts["file"],
        "folders": contents.counts["folder"],
        "links": contents.counts["link"],
        "encrypted": contents.encrypted,
        "escaping_names": contents.escaping,
        "unpacked_size": contents.size,
        "ratio": round(contents.size / packed, 2) if packed else None,
    }
    endings = [
        {"ending": ending, "files": contents.endings[ending], "size": size}
        for ending, size in contents.ending_sizes.most_common(12)
    ]
    detail = numbers | {
        "escaping_examples": contents.escaping_names,
        "endings": endings,
        "largest": contents.largest(),
        "tree": contents.tree.root.told(),
    }
    summary = f"{plural(contents.entries, 'entry', 'entries')}, {human_size(contents.size)} unpacked"
    return Analysis("archive", summary, facts=numbers, detail=detail, problem=problem)
