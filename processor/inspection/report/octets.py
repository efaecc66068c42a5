"""Sections of any bytes: how random they are, which of them occur, and how they begin."""

import math
from collections.abc import Mapping
from typing import Any

from processor.inspection.report import chart
from processor.inspection.report.markup import Child, Markup, preformatted
from processor.inspection.report.parts import folded, properties, section, table
from processor.inspection.wording import human_size, percent

_LEVELS = ((3.0, "bar low"), (6.0, "bar middle"), (7.5, "bar high"), (8.1, "bar full"))


def octet_sections(detail: Mapping[str, Any]) -> list[Markup]:
    if not detail.get("block_entropy"):
        return []
    told: list[tuple[str, Child]] = [
        ("Entropy", f"{detail['entropy']:.2f} of 8 bits a byte"),
        ("Distinct bytes", f"{detail['distinct_bytes']:,} of 256"),
        ("Printable", detail["printable"]),
        ("Zero bytes", f"{detail['zero_bytes']:,}"),
    ]
    return [section("Bytes", properties(told)), _entropy(detail), _map(detail), _head(detail)]


def _entropy(detail: Mapping[str, Any]) -> Markup:
    blocks, size = detail["block_entropy"], int(detail["block_size"])
    bars = [
        chart.Bar(f"from {human_size(place * size)}: {bits:.2f} bits", bits, _level(bits))
        for place, bits in enumerate(blocks)
    ]
    picture = chart.columns(bars, title="Entropy along the file", axis=("begin", "end"), greatest=8)
    rows: list[list[Child]] = [[f"{place * size:,}", f"{bits:.3f}"] for place, bits in enumerate(blocks)]
    note = f"Bits a byte in each block of {human_size(size)}; the full height is 8, which is noise or well compressed."
    return section("Entropy", picture, folded("As a table", table(["From byte", "Bits"], rows)), note=note)


def _map(detail: Mapping[str, Any]) -> Markup:
    counts = detail["byte_counts"]
    top, total = max(counts) or 1, sum(counts)
    cells = [(f"{value:#04x}: {count:,}", math.log1p(count) / math.log1p(top)) for value, count in enumerate(counts)]
    ranked = sorted(range(256), key=lambda value: -counts[value])[:10]
    rows: list[list[Child]] = [[_byte(value), f"{counts[value]:,}", percent(counts[value], total)] for value in ranked]
    numbers = folded("The most frequent", table(["Byte", "Count", "Share"], rows, numeric=frozenset({1, 2})))
    note = "From 0x00, top left, to 0xFF, bottom right; the stronger, the more frequent (logarithmic)."
    return section(
        "Which bytes occur", chart.grid(cells, across=32, title="How often each byte occurs"), numbers, note=note
    )


def _head(detail: Mapping[str, Any]) -> Markup:
    head = bytes.fromhex(detail["head"])
    lines = []
    for place in range(0, len(head), 16):
        row = head[place : place + 16]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in row)
        lines.append(f"{place:06x}  {row.hex(' '):<47}  {text}")
    return section("How it begins", preformatted("\n".join(lines), 4_000))


def _level(bits: float) -> str:
    return next(name for bound, name in _LEVELS if bits < bound)


def _byte(value: int) -> str:
    return f"{value:#04x} {chr(value)!r}" if 0x20 < value < 0x7F else f"{value:#04x}"
