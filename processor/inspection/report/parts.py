"""Parts that every section is made of."""

from collections.abc import Iterable, Sequence

from processor.inspection.report.markup import Child, Markup, element


def section(title: str, *children: Child, note: str = "") -> Markup:
    """A titled card."""
    return element("section", element("h2", title), element("p", note, class_="note") if note else None, *children)


def stranger(text: object) -> Markup:
    """A text from the file, in a direction of its own."""
    return element("bdi", str(text))


def figures(items: Iterable[tuple[str, Child]]) -> Markup:
    """Large numbers with small labels."""
    pairs = [element("div", element("dt", label), element("dd", value)) for label, value in items]
    return element("dl", *pairs, class_="figures")


def properties(items: Iterable[tuple[str, Child]]) -> Markup:
    """A list of names and values."""
    pairs = [element("div", element("dt", label), element("dd", value)) for label, value in items]
    return element("dl", *pairs, class_="properties")


def table(heads: Sequence[str], rows: Iterable[Sequence[Child]], *, numeric: frozenset[int] = frozenset()) -> Markup:
    """A table that scrolls sideways when it is wide; the columns in `numeric` are aligned right."""

    def cells(tag: str, row: Sequence[Child], scope: str | None = None) -> list[Markup]:
        return [
            element(tag, cell, class_="number" if place in numeric else None, scope=scope)
            for place, cell in enumerate(row)
        ]

    head = element("thead", element("tr", *cells("th", heads, "col")))
    body = element("tbody", *[element("tr", *cells("td", row)) for row in rows])
    return element("div", element("table", head, body), class_="scroll", tabindex="0")


def folded(title: str, *children: Child) -> Markup:
    """What most readers skip."""
    return element("details", element("summary", title), *children)


def notice(text: str, *, kind: str = "warning") -> Markup:
    """A sentence that should be seen."""
    return element("p", text, class_=f"notice {kind}", role="note")
