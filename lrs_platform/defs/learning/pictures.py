"""Small charts as metadata of assets: an SVG in a data URI, which Dagster's Markdown shows without any file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from xml.sax.saxutils import escape

import dagster as dg

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 200, 8, 22, 16  # pixels; SVG has no smaller unit that reads well in the UI


def chart(title: str, labels: Sequence[str], values: Sequence[float]) -> dg.MarkdownMetadataValue | None:
    """A bar chart of `values` with its first and last label (all, where they are few); None where there is nothing."""
    if not values:
        return None
    encoded = base64.b64encode(bars(title, labels, values).encode()).decode()
    return dg.MetadataValue.md(f"![{escape(title)}](data:image/svg+xml;base64,{encoded})")


def bars(title: str, labels: Sequence[str], values: Sequence[float]) -> str:
    """The chart as SVG text."""
    step = (WIDTH - 2 * LEFT) / len(values)
    top = max(values) or 1.0
    scale = (HEIGHT - BOTTOM - 2 * TOP) / top
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
        ' font-family="sans-serif" font-size="10">',
        f'<text x="{LEFT}" y="11" font-size="12">{escape(title)}</text>',
    ]
    few = len(values) <= 8
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        x, height = LEFT + number * step, max(value, 0.0) * scale
        y = HEIGHT - BOTTOM - height
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}" fill="#4f43dd">'
            f"<title>{escape(label)}: {value:g}</title></rect>"
        )
        if few:
            parts.append(f'<text x="{x:.1f}" y="{y - 3:.1f}">{value:g}</text>')
        if few or number in (0, len(values) - 1):
            anchor = "end" if number and not few else "start"
            at = x + step * 0.8 if anchor == "end" else x
            parts.append(f'<text x="{at:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{escape(label)}</text>')
    parts.append("</svg>")
    return "".join(parts)
