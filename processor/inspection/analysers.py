"""Which analyser looks at which kind of file. None of them can fail the job: what cannot be read is a finding."""

from collections.abc import Callable
from dataclasses import replace

from processor.inspection.analysis import Analysis
from processor.inspection.apart import look_apart
from processor.inspection.errors import UnreadableContentError
from processor.inspection.identity import Identity
from processor.inspection.kinds import JSON_LINES, PARQUET, Kind
from processor.inspection.wording import clip, visible
from processor.stage import Stage


def analyse_content(stage: Stage, identity: Identity, *, apart: bool = True) -> Analysis:
    """Look into the file as what it is; if it cannot be read as that, say why and look at its bytes.

    `apart` puts parsers that a file can bring down into a process of their own.
    """
    look = look_apart if apart and _is_risky(identity) else look_into
    try:
        return look(stage, identity)
    except Exception as error:  # noqa: BLE001 - parsers raise anything when a stranger's file makes them stumble
        problem = problem_of(error, identity)
    return replace(_as_bytes(stage, identity), problem=problem)


def look_into(stage: Stage, identity: Identity) -> Analysis:
    """What the analyser for that kind finds, in this process. It may raise anything."""
    return _ANALYSERS[identity.kind](stage, identity)


def problem_of(error: Exception, identity: Identity) -> str:
    """A sentence for people about what an analyser raised."""
    match error:
        case UnreadableContentError():
            problem = str(error)
        case MemoryError():
            problem = f"Reading it as {identity.description} takes more memory than it may."
        case _:
            problem = f"It cannot be read as {identity.description}: {type(error).__name__}: {error}"
    return clip(visible(problem), 400)


def _is_risky(identity: Identity) -> bool:
    return identity.kind in {"image", "pdf"} or identity.media_type == PARQUET


def _as_empty(_stage: Stage, _identity: Identity) -> Analysis:
    return Analysis("empty", "The file is empty")


def _as_table(stage: Stage, identity: Identity) -> Analysis:
    from processor.inspection.delimited import DelimitedReader
    from processor.inspection.parquet import read_parquet
    from processor.inspection.records import read_json_lines

    if identity.media_type == PARQUET:
        profile = read_parquet(stage)
    elif identity.media_type == JSON_LINES:
        profile = read_json_lines(stage, identity.encoding or "utf-8")
    else:
        profile = DelimitedReader(stage, identity.encoding or "utf-8").read()
    return Analysis("table", profile.summary(), profile.facts(), profile.detail(), profile.problem())


def _as_archive(stage: Stage, identity: Identity) -> Analysis:
    from processor.inspection.archive import analyse_archive

    return analyse_archive(stage, identity.media_type)


def _as_image(stage: Stage, _identity: Identity) -> Analysis:
    from processor.inspection.image import analyse_image

    return analyse_image(stage)


def _as_pdf(stage: Stage, _identity: Identity) -> Analysis:
    from processor.inspection.pdf import analyse_pdf

    return analyse_pdf(stage)


def _as_json(stage: Stage, identity: Identity) -> Analysis:
    from processor.inspection.json_document import MAX_JSON_BYTES, analyse_json

    if stage.source.size > MAX_JSON_BYTES:
        problem = "As one JSON document it is too large to be held in memory, so it was read as text."
        return replace(_as_text(stage, identity), problem=problem)
    try:
        return analyse_json(stage, identity.encoding or "utf-8")
    except UnreadableContentError as error:
        return replace(_as_text(stage, identity), problem=str(error))


def _as_text(stage: Stage, identity: Identity) -> Analysis:
    from processor.inspection.text import analyse_text

    return analyse_text(stage, identity.encoding or "utf-8")


def _as_bytes(stage: Stage, _identity: Identity) -> Analysis:
    from processor.inspection.octets import analyse_octets

    return analyse_octets(stage)


_ANALYSERS: dict[Kind, Callable[[Stage, Identity], Analysis]] = {
    "empty": _as_empty,
    "table": _as_table,
    "json": _as_json,
    "archive": _as_archive,
    "image": _as_image,
    "pdf": _as_pdf,
    "text": _as_text,
    "binary": _as_bytes,
}
