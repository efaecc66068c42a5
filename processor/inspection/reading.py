"""Reading the source from front to back, with progress."""

from collections.abc import Iterator

from processor.inspection.wording import human_size
from processor.stage import Stage


def tell_bytes(stage: Stage, done: int, *, upto: float = 1.0) -> None:
    """Progress by bytes: `431 MB of 1 GB`. The whole file is worth `upto` of the stage."""
    size = stage.source.size
    fraction = done / size if size else 1.0
    stage.progress(upto * min(1.0, fraction), f"{human_size(done)} of {human_size(size)}")


def source_chunks(stage: Stage, *, upto: float = 1.0) -> Iterator[bytes]:
    """The source's bytes in bounded pieces; after each one is used, progress is told."""
    done = 0
    for chunk in stage.source.chunks():
        yield chunk
        done += len(chunk)
        tell_bytes(stage, done, upto=upto)
