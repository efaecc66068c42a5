"""Markup: the only way to HTML in this package. Text is text: there is no way to forget to escape it."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from processor.inspection.wording import clip, visible

MAX_TEXT = 300  # characters of one piece of text
_VOID = {"meta", "img"}
_TAGS = {
    *("html", "head", "meta", "title", "body", "header", "main", "section", "article", "footer", "div"),
    *("h1", "h2", "h3", "p", "span", "bdi", "strong", "code", "pre", "figure", "figcaption", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "ul", "li", "img"),
    *("svg", "g", "rect", "path", "line", "text"),
}
_ATTRIBUTES = {
    *("lang", "dir", "charset", "name", "content", "class", "id", "role", "scope", "alt", "src", "width", "height"),
    *("viewBox", "preserveAspectRatio", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "d", "rx", "fill-opacity"),
    *("aria-label", "aria-hidden", "colspan", "tabindex", "open"),
}
_IMAGE = "data:image/png;base64,"


@dataclass(frozen=True)
class Markup:
    """HTML that `element` made."""

    html: str


Child: TypeAlias = "str | int | float | Markup | Sequence[Child] | None"


def element(tag: str, *children: Child, **attributes: str | float | None) -> Markup:
    """`<tag attributes>children</tag>`, all of them escaped, controls and direction marks made visible.

    `class_` becomes `class`, `aria_label` becomes `aria-label`; an attribute that is None is left out.

    Raises:
        ValueError: a tag, an attribute or an image's address that no report needs.
    """
    if tag not in _TAGS:
        raise ValueError(f"no <{tag}> in a report")
    opening = "".join([tag, *(_attribute(name, value) for name, value in attributes.items() if value is not None)])
    if tag in _VOID:
        return Markup(f"<{opening}>")
    return Markup(f"<{opening}>{''.join(_pieces(children))}</{tag}>")


def preformatted(text: str, limit: int) -> Markup:
    """A block of text as it stands, with its lines."""
    shown = visible(clip(text.replace("\r\n", "\n"), limit), keep="\n\t")
    return Markup(f'<pre dir="auto" tabindex="0">{html.escape(shown)}</pre>')  # it may scroll


def document(head: Sequence[Markup], style: str, body: Markup) -> str:
    """A whole page. `style` is ours, never a stranger's."""
    parts = "".join(part.html for part in head)
    return f'<!doctype html>\n<html lang="en"><head>{parts}<style>{style}</style></head>{body.html}</html>\n'


def _attribute(name: str, value: str | float) -> str:
    name = name.rstrip("_").replace("_", "-")
    if name not in _ATTRIBUTES:
        raise ValueError(f"no attribute {name!r} in a report")
    if name == "src":
        if not str(value).startswith(_IMAGE):
            raise ValueError("an image of a report is part of it")
        return f' src="{html.escape(str(value))}"'
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    limit = len(text) if name == "d" else MAX_TEXT  # a path is as long as it has points
    return f' {name}="{html.escape(visible(clip(text, limit)))}"'


def _pieces(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, Markup):
            yield child.html
        elif isinstance(child, str | int | float):
            yield html.escape(visible(clip(str(child), MAX_TEXT)))
        elif child is not None:
            yield from _pieces(child)
