"""An image's sections: the picture, its colours, and what the camera wrote."""

from collections.abc import Mapping
from typing import Any

from processor.inspection.report import chart
from processor.inspection.report.markup import Child, Markup, element
from processor.inspection.report.parts import folded, properties, section, stranger, table


def image_sections(detail: Mapping[str, Any], thumbnail: str | None) -> list[Markup]:
    made = [_picture(detail, thumbnail), _colours(detail), _written("Camera and software", detail.get("exif"))]
    made.append(_written("Location", detail.get("location"), note="The file says where it was made."))
    return [one for one in made if one is not None]


def _picture(detail: Mapping[str, Any], thumbnail: str | None) -> Markup:
    told: list[tuple[str, Child]] = [
        ("Format", detail["format"]),
        ("Width", f"{detail['width']:,} pixels"),
        ("Height", f"{detail['height']:,} pixels"),
        ("Pixels", f"{detail['width'] * detail['height']:,}"),
        ("Mode", detail["mode"]),
    ]
    if detail.get("frames", 1) > 1:
        told.append(("Frames", f"{detail['frames']:,}"))
    if colour := detail.get("mean_colour"):
        told.append(("Mean colour", "rgb({}, {}, {})".format(*colour)))
    if thumbnail is None:
        return section("Picture", properties(told))
    shown = element("img", src=thumbnail, alt="A small copy of the image")
    return section("Picture", element("div", shown, properties(told), class_="picture"))


def _colours(detail: Mapping[str, Any]) -> Markup | None:
    histogram = detail.get("histogram")
    if not histogram:
        return None
    names = ("red", "green", "blue")
    picture = chart.curves(
        [(name, histogram[name]) for name in names], title="How often each lightness occurs", axis=("dark", "light")
    )
    total = sum(histogram["red"]) or 1
    quarter = len(histogram["red"]) // 4
    rows: list[list[Child]] = [
        [name, *(f"{100 * sum(histogram[name][part * quarter :][:quarter]) / total:.0f} %" for part in range(4))]
        for name in names
    ]
    heads = ["Channel", "Darkest quarter", "Dark", "Light", "Lightest quarter"]
    return section("Colours", picture, folded("As a table", table(heads, rows, numeric=frozenset({1, 2, 3, 4}))))


def _written(title: str, values: Mapping[str, Any] | None, note: str = "") -> Markup | None:
    if not values:
        return None
    return section(title, properties([(name, stranger(value)) for name, value in values.items()]), note=note)
