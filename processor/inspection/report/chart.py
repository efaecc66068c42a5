"""Charts as inline SVG. Positions are percentages, so a chart fits any width while its text keeps its size."""

from collections.abc import Sequence
from dataclasses import dataclass

from processor.inspection.report.markup import Child, Markup, element
from processor.inspection.report.parts import stranger

MIN_SHARE = 0.012  # of the height: what occurs at all is seen


@dataclass(frozen=True)
class Bar:
    """A value, what it stands for, and a class for its colour."""

    label: str
    value: float
    class_: str = "bar"


def columns(bars: Sequence[Bar], *, title: str, axis: tuple[str, ...], greatest: float = 0) -> Markup:
    """Upright bars side by side, with labels below for the ends (and what lies between, evenly)."""
    top = greatest or max((bar.value for bar in bars), default=0) or 1
    step = 100 / max(1, len(bars))
    gap = step * 0.12 if len(bars) <= 64 else 0
    drawn = [_column(bar, step * place + gap / 2, step - gap, bar.value / top) for place, bar in enumerate(bars)]
    picture = element("svg", *drawn, class_="columns", width="100%", height="120", role="img", aria_label=title)
    labels = element("div", *[element("span", label) for label in axis], class_="axis", aria_hidden="true")
    return element("figure", picture, labels)


def rows(bars: Sequence[Bar], *, values: Sequence[str], heads: tuple[str, str]) -> Markup:
    """Lying bars in a table: a label, a bar and a value in words each."""
    top = max((bar.value for bar in bars), default=0) or 1
    lines = [
        element(
            "tr",
            element("th", stranger(bar.label), scope="row"),
            element("td", _lying(bar, bar.value / top), class_="drawn", aria_hidden="true"),
            element("td", words, class_="number"),
        )
        for bar, words in zip(bars, values, strict=True)
    ]
    head = element(
        "tr", element("th", heads[0], scope="col"), element("td", ""), element("th", heads[1], class_="number")
    )
    return element("table", element("thead", head), element("tbody", *lines), class_="rows")


def curves(lines: Sequence[tuple[str, Sequence[float]]], *, title: str, axis: tuple[str, ...]) -> Markup:
    """Overlaid areas with one scale: a class for the colour, and values from left to right."""
    top = max((value for _, values in lines for value in values), default=0) or 1
    drawn = [element("path", d=_area([value / top for value in values]), class_=class_) for class_, values in lines]
    picture = element(
        "svg",
        *drawn,
        class_="curves",
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
        width="100%",
        height="160",
        role="img",
        aria_label=title,
    )
    labels = element("div", *[element("span", label) for label in axis], class_="axis", aria_hidden="true")
    return element("figure", picture, labels)


def strip(share: float, *, title: str) -> Markup:
    """One bar on a ground: a part of a whole."""
    return element(
        "svg",
        _rect(0, 0, 100, 100, class_="ground"),
        _rect(0, 0, 100 * min(1.0, max(0.0, share)), 100, class_="bar"),
        class_="strip",
        width="100%",
        height="12",
        role="img",
        aria_label=title,
    )


def grid(cells: Sequence[tuple[str, float]], *, across: int, title: str) -> Markup:
    """Cells row by row, each with a label and a strength, 0 to 1."""
    wide, high = 100 / across, 100 / -(-len(cells) // across)
    drawn = [
        _rect(
            place % across * wide,
            place // across * high,
            wide * 0.92,
            high * 0.88,
            element("title", label),
            class_="cell",
            strength=0.06 + 0.94 * strength,
        )
        for place, (label, strength) in enumerate(cells)
    ]
    return element("svg", *drawn, class_="grid", width="100%", height="240", role="img", aria_label=title)


def _column(bar: Bar, left: float, width: float, share: float) -> Markup:
    height = 100 * (max(MIN_SHARE, min(1.0, share)) if bar.value else 0)
    return _rect(left, 100 - height, width, height, element("title", bar.label), class_=bar.class_)


def _lying(bar: Bar, share: float) -> Markup:
    lying = element("rect", x="0", y="0", width=f"{100 * share:.3f}%", height="100%", rx="3", class_=bar.class_)
    return element("svg", lying, width="100%", height="12")


def _area(shares: Sequence[float]) -> str:
    step = 100 / max(1, len(shares) - 1)
    points = " ".join(f"L{step * place:.2f} {100 - 98 * share:.2f}" for place, share in enumerate(shares))
    return f"M0 100 {points} L100 100 Z"


def _rect(
    left: float, top: float, width: float, height: float, *children: Child, class_: str, strength: float | None = None
) -> Markup:
    sizes = {"x": left, "y": top, "width": width, "height": height}
    places = {name: f"{value:.3f}%" for name, value in sizes.items()}
    opacity = {} if strength is None else {"fill_opacity": f"{strength:.3f}"}
    return element("rect", *children, class_=class_, **places, **opacity)
