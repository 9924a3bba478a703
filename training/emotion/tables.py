"""Tables of a report, as HTML and as Markdown."""

from collections.abc import Sequence
from html import escape

Row = tuple[str, ...]
"""Cells of a table; the first row is its head."""


def html_table(rows: Sequence[Row]) -> str:
    """Lay a table out for a page."""
    head, *body = rows
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}" for cell in head)]
    lines += ["<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) for row in body]
    return f"<table>{''.join(lines)}</table>"


def markdown_table(rows: Sequence[Row]) -> str:
    """Lay a table out as Markdown; all columns but the first are aligned to the right."""
    head, *body = rows
    alignment = ("---", *["---:"] * (len(head) - 1))
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, alignment, *body))
