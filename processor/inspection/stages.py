"""The pipeline `inspect`: five stages that look at any file. Each does its work in one pass and bounded memory."""

from dataclasses import asdict
from datetime import timedelta

from processor.errors import PermanentFailure
from processor.inspection.analysers import analyse_content
from processor.inspection.analysis import Analysis
from processor.inspection.checksums import checksums_of
from processor.inspection.compression import compress_to
from processor.inspection.identity import identify as identify_file
from processor.inspection.plain import plain, to_json
from processor.inspection.reading import source_chunks
from processor.inspection.report import render
from processor.inspection.wording import human_size, percent
from processor.pipeline import Pipeline
from processor.stage import Stage

MAX_FACT_TEXT = 300

inspect = Pipeline("inspect")


@inspect.stage(timeout=timedelta(hours=2), retries=2, weight=2)
def checksum(stage: Stage) -> None:
    """SHA-256, SHA-1 and CRC-32, in one pass. Artifact: `checksums.json`.

    A file that is not what the gateway received fails for good: reading it again would not help.
    """
    found = checksums_of(source_chunks(stage))
    if stage.source.sha256 not in {None, found.sha256}:
        raise PermanentFailure(
            f"the stored file is not what was received: its SHA-256 is {found.sha256}, not {stage.source.sha256}"
        )
    sums = asdict(found)
    stage.save("checksums.json", to_json(sums))
    stage.facts(**sums)
    stage.progress(1, f"checksums of {human_size(stage.source.size)}")


@inspect.stage(timeout=timedelta(minutes=5), retries=2, weight=0.5)
def identify(stage: Stage) -> None:
    """What the file is, by its content. Artifact: `identity.json`."""
    identity = identify_file(stage.source.path, stage.source.name)
    told = {key: value for key, value in asdict(identity).items() if value is not None}
    stage.save("identity.json", to_json(told))
    stage.facts(**plain(told, limit=MAX_FACT_TEXT))
    stage.progress(1, identity.description)


@inspect.stage(timeout=timedelta(hours=6), retries=1, weight=4)
def analyse(stage: Stage) -> None:
    """What is in it. Artifacts: `analysis.json`, and `thumbnail.png` of an image."""
    identity = identify_file(stage.source.path, stage.source.name)
    tell_analysis(stage, analyse_content(stage, identity))


@inspect.stage(timeout=timedelta(hours=6), retries=2, weight=4)
def compress(stage: Stage) -> None:
    """The file as zstd. Artifact: `content.zst`."""
    size = stage.source.size
    target = stage.workdir / "content.zst"
    compressed = compress_to(target, source_chunks(stage, upto=0.95), size=size)
    stage.save("content.zst", target)
    ratio = round(size / compressed, 3)
    stage.facts(size=size, compressed_size=compressed, ratio=ratio, saved=percent(size - compressed, size))
    stage.progress(1, f"{human_size(size)} to {human_size(compressed)}")


@inspect.stage(timeout=timedelta(minutes=10), retries=2, weight=1)
def report(stage: Stage) -> None:
    """All of it as one page to look at and to print. Artifact: `report.html`."""
    page = render(stage)
    artifact = stage.save("report.html", page)
    stage.facts(size=artifact.size)
    stage.progress(1, f"report of {human_size(artifact.size)}")


def tell_analysis(stage: Stage, analysis: Analysis) -> None:
    """Save and tell what was found."""
    problem = {"problem": analysis.problem} if analysis.problem else {}
    head = {"kind": analysis.kind, "summary": analysis.summary, **problem}
    stage.save("analysis.json", to_json(head | {"detail": analysis.detail}))
    if analysis.thumbnail is not None:
        stage.save("thumbnail.png", analysis.thumbnail)
    stage.facts(**plain(head | analysis.facts, limit=MAX_FACT_TEXT))
    found = f"{analysis.summary}. {analysis.problem}" if analysis.problem else analysis.summary
    stage.progress(1, found)
