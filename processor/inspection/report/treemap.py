"""A treemap: areas as large as what they stand for, close to squares.

Source: Bruls, Huizing, van Wijk: "Squarified Treemaps" (2000).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from processor.inspection.report.markup import Markup, element
from processor.inspection.wording import human_size

SHAPE = 2.6  # width to height of the picture, as most see it
MAX_GROUPS = 12
MAX_LEAVES = 10  # in a group
COLOURS = 8
DOMINANT_SHARE = 0.9


@dataclass(frozen=True)
class Box:
    """Where something is drawn, in a picture of 100 by 100."""

    x: float
    y: float
    width: float
    height: float


def treemap(tree: dict[str, Any]) -> Markup | None:
    """The folders of a size tree, and what is in each; None when there is nothing to compare."""
    groups = _largest(tree, MAX_GROUPS)
    if len(groups) < 2:
        return None
    drawn = [
        _group(name, node, box, colour % COLOURS)
        for colour, ((name, node), box) in enumerate(
            zip(groups, layout([node["size"] for _, node in groups]), strict=True)
        )
    ]
    title = "Sizes of the largest folders and files: " + ", ".join(name for name, _ in groups)
    return element("svg", *drawn, class_="treemap", width="100%", height="360", role="img", aria_label=title)


def layout(sizes: Sequence[float], box: Box | None = None) -> list[Box]:
    """A box for each size, which must be above 0 and descend; together they fill the given one."""
    box = box or Box(0, 0, 100, 100)
    boxes: list[Box] = []
    rest = list(sizes)
    while rest:
        taken = _best_row(rest, box)
        row, box = _lay(rest[:taken], sum(rest), box)
        boxes += row
        rest = rest[taken:]
    return boxes


def _best_row(sizes: list[float], box: Box) -> int:
    """How many of the sizes make the squarest row along the shorter side."""
    total, best, best_ratio = sum(sizes), 1, float("inf")
    for taken in range(1, len(sizes) + 1):
        row, _ = _lay(sizes[:taken], total, box)
        ratio = max(_ratio(one) for one in row)
        if ratio > best_ratio:
            break
        best, best_ratio = taken, ratio
    return best


def _lay(sizes: list[float], total: float, box: Box) -> tuple[list[Box], Box]:
    """A row of boxes along the shorter side, and the room that is left."""
    share = sum(sizes) / total
    place = 0.0
    row = []
    for size in sizes:
        part = size / sum(sizes)
        if box.width * SHAPE >= box.height:
            row.append(Box(box.x, box.y + place * box.height, box.width * share, part * box.height))
        else:
            row.append(Box(box.x + place * box.width, box.y, part * box.width, box.height * share))
        place += part
    if box.width * SHAPE >= box.height:
        return row, Box(box.x + box.width * share, box.y, box.width * (1 - share), box.height)
    return row, Box(box.x, box.y + box.height * share, box.width, box.height * (1 - share))


def _ratio(box: Box) -> float:
    width, height = max(box.width * SHAPE, 1e-9), max(box.height, 1e-9)
    return max(width / height, height / width)


def most_telling_folder(tree: dict[str, Any]) -> dict[str, Any]:
    """Archives often hold one folder that holds nearly all: begin inside it."""
    while tree["children"]:
        first = tree["children"][0]
        if not first["children"] or first["size"] < DOMINANT_SHARE * tree["size"]:
            break
        tree = first
    return tree


def _largest(node: dict[str, Any], limit: int) -> list[tuple[str, dict[str, Any]]]:
    """The children that have a size, the largest first, and one for all the others."""
    children = [(child["name"], child) for child in node["children"] if child["size"] > 0][:limit]
    left = node["size"] - sum(child["size"] for _, child in children)
    if children and left > 0:
        children.append(("others", {"size": left, "children": []}))
    return sorted(children, key=lambda pair: -pair[1]["size"])


def _group(name: str, node: dict[str, Any], box: Box, colour: int) -> Markup:
    leaves = _largest(node, MAX_LEAVES) if node["children"] else []
    places = layout([leaf["size"] for _, leaf in leaves], Box(0, 0, 100, 100)) if len(leaves) > 1 else []
    inner = [
        _leaf(place, f"{name} / {leaf}: {human_size(body['size'])}")
        for (leaf, body), place in zip(leaves, places, strict=False)
    ]
    whole = f"{name}: {human_size(node['size'])}"
    ground = element("rect", element("title", whole), width="100%", height="100%", class_="ground")
    words = _label(name, human_size(node["size"])) if box.width > 6 and box.height > 10 else []
    return element("svg", ground, *inner, *words, class_=f"group colour{colour}", **_places(box))


def _leaf(box: Box, title: str) -> Markup:
    return element("rect", element("title", title), class_="leaf", **_places(box))


def _label(name: str, size: str) -> list[Markup]:
    return [
        element("text", name, x="0", y="0", dx="8", dy="20", class_="name"),
        element("text", size, x="0", y="0", dx="8", dy="37", class_="size"),
    ]


def _places(box: Box) -> dict[str, str]:
    sizes = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    return {name: f"{value:.3f}%" for name, value in sizes.items()}
