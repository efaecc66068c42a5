"""The page: what every file's report has, around the section for its kind."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from processor.inspection.report import chart
from processor.inspection.report.markup import Child, Markup, document, element
from processor.inspection.report.parts import figures, notice, properties, section, stranger
from processor.inspection.report.sections import sections_of
from processor.inspection.report.style import STYLE
from processor.inspection.wording import human_size, number, percent
from processor.stage import Stage

MAX_THUMBNAIL_BYTES = 2_000_000
_TELLING = (
    "rows",
    "columns",
    "entries",
    "unpacked_size",
    "width",
    "height",
    "lines",
    "words",
    "pages",
    "characters",
    "entropy",
    "distinct_bytes",
    "depth",
)


def render(stage: Stage) -> str:
    """The whole page, from what the earlier stages found; what is missing is left out."""
    analysis = _analysis(stage)
    sections = sections_of(analysis, _thumbnail(stage))
    body = element(
        "body",
        element("div", _header(stage, analysis), *_notices(stage, analysis), _main(stage, sections), class_="page"),
    )
    return document(_head(stage), STYLE, body)


def _analysis(stage: Stage) -> dict[str, Any]:
    try:
        found = json.loads(stage.read("analysis.json"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _thumbnail(stage: Stage) -> str | None:
    """As an address that holds the picture itself."""
    if stage.earlier.get("analyse", {}).get("kind") != "image":
        return None
    try:
        picture = stage.read("thumbnail.png")
    except FileNotFoundError:
        return None
    if len(picture) > MAX_THUMBNAIL_BYTES:
        return None
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def _head(stage: Stage) -> list[Markup]:
    return [
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="robots", content="noindex"),
        element("title", f"{stage.source.name} – inspection report"),
    ]


def _header(stage: Stage, analysis: Mapping[str, Any]) -> Markup:
    identity = stage.earlier.get("identify", {})
    what, summary = str(identity.get("description", "")), str(analysis.get("summary", ""))
    lead = summary if summary.startswith(what) else f"{what} · {summary}".removesuffix(" · ")
    return element(
        "header",
        element("p", "Inspection report", class_="eyebrow"),
        element("h1", stage.source.name, dir="auto"),
        element("p", lead, class_="lead") if lead else None,
    )


def _notices(stage: Stage, analysis: Mapping[str, Any]) -> list[Markup]:
    sentences = [analysis.get("problem"), stage.earlier.get("identify", {}).get("mismatch")]
    return [notice(str(sentence)) for sentence in sentences if sentence]


def _main(stage: Stage, sections: list[Markup]) -> Markup:
    return element(
        "main",
        figures(_figures(stage)),
        *sections,
        _compression(stage.earlier.get("compress", {})),
        _identity(stage),
        element("footer", element("p", f"Made by the pipeline inspect, job {stage.job_id}.")),
    )


def _figures(stage: Stage) -> list[tuple[str, Child]]:
    """The size before and after, and between them two numbers that fit the kind."""
    found, compress = stage.earlier.get("analyse", {}), stage.earlier.get("compress", {})
    told: list[tuple[str, Child]] = [("Size", human_size(stage.source.size))]
    told += [(name.replace("_", " ").capitalize(), _said(name, found[name])) for name in _TELLING if name in found][:2]
    if compress:
        told.append(("As zstd", human_size(int(compress.get("compressed_size", 0)))))
    return told


def _compression(compress: Mapping[str, Any]) -> Markup | None:
    size, packed = int(compress.get("size", 0)), int(compress.get("compressed_size", 0))
    if not size or not packed:
        return None
    words = f"{human_size(packed)} of {human_size(size)}, a ratio of {size / packed:,.2f} to 1"
    return section("Compression", chart.strip(packed / size, title=words), element("p", words, class_="facts"))


def _identity(stage: Stage) -> Markup:
    sums, identity = stage.earlier.get("checksum", {}), stage.earlier.get("identify", {})
    told: list[tuple[str, Child]] = [("Name", stranger(stage.source.name)), ("Bytes", f"{stage.source.size:,}")]
    if identity:
        sure = percent(float(identity.get("confidence", 0)), 1)
        told.append(("Type", f"{identity.get('media_type')}, {sure} sure"))
    told += [("Encoding", identity["encoding"])] if "encoding" in identity else []
    names = {"sha256": "SHA-256", "sha1": "SHA-1", "crc32": "CRC-32"}
    told += [(words, element("code", sums[name])) for name, words in names.items() if name in sums]
    return section("Identity", properties(told))


def _said(name: str, value: Any) -> str:
    return human_size(int(value)) if name.endswith("_size") else number(value)
