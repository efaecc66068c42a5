"""An archive's sections: how its size is spread, what it is made of, and its largest files."""

from collections.abc import Mapping
from typing import Any

from processor.inspection.report import chart
from processor.inspection.report.markup import Child, Markup, element
from processor.inspection.report.parts import notice, properties, section, stranger, table
from processor.inspection.report.treemap import most_telling_folder, treemap
from processor.inspection.wording import human_size, number, plural

MAX_LARGEST = 25


def archive_sections(detail: Mapping[str, Any]) -> list[Markup]:
    made = [*_warnings(detail), _contents(detail), _map(detail), _endings(detail), _largest(detail)]
    return [one for one in made if one is not None]


def _warnings(detail: Mapping[str, Any]) -> list[Markup]:
    warnings = []
    if count := detail.get("escaping_names"):
        names = ", ".join(detail.get("escaping_examples", [])[:3])
        warnings.append(
            notice(f"{plural(count, 'entry', 'entries')} would leave the folder it is unpacked to: {names}")
        )
    if count := detail.get("encrypted"):
        warnings.append(notice(f"{plural(count, 'entry is', 'entries are')} encrypted.", kind="plain"))
    return warnings


def _contents(detail: Mapping[str, Any]) -> Markup:
    told: list[tuple[str, Child]] = [
        ("Format", detail["format"]),
        (
            "Entries",
            ", ".join(plural(detail[f"{noun}s"], noun) for noun in ("file", "folder", "link") if detail[f"{noun}s"]),
        ),
        ("Unpacked", human_size(detail["unpacked_size"])),
    ]
    if detail.get("ratio"):
        told.append(("Ratio", f"{number(float(detail['ratio']))} to 1"))
    if detail.get("content"):
        told.append(("Inside", stranger(detail["content"])))
    return section("Contents", properties(told), note="As the archive declares it: nothing was unpacked to disk.")


def _map(detail: Mapping[str, Any]) -> Markup | None:
    folder = most_telling_folder(detail["tree"])
    picture = treemap(folder)
    note = f"Inside {folder['name']}." if folder["name"] else ""
    return section("Where the bytes are", picture, note=note) if picture else None


def _endings(detail: Mapping[str, Any]) -> Markup | None:
    endings = detail.get("endings", [])
    if len(endings) < 2:
        return None
    bars = [chart.Bar(one["ending"], one["size"]) for one in endings]
    words = [f"{human_size(one['size'])} in {one['files']:,}" for one in endings]
    return section(
        "Kinds of files", element("div", chart.rows(bars, values=words, heads=("Ending", "Size, files")), class_="wide")
    )


def _largest(detail: Mapping[str, Any]) -> Markup | None:
    largest = detail.get("largest", [])[:MAX_LARGEST]
    if not largest:
        return None
    rows: list[list[Child]] = [
        [stranger(one["name"]), human_size(one["size"]), "–" if one["packed"] is None else human_size(one["packed"])]
        for one in largest
    ]
    return section("Largest files", table(["Name", "Size", "Packed"], rows, numeric=frozenset({1, 2})))
