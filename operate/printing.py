"""What commands print: tables for people, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Final

_NONE: Final = "-"


def as_json(value: object) -> str:
    """One JSON text, indented; what JSON has no form for is refused."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under their names, each as wide as its longest cell, without blanks at the ends of lines."""
    lines = [header, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def seconds(value: float | None) -> str:
    """A time as people say it: ``0.3 s``, ``42 s``, ``7 min``, ``5 h``, ``3 d``; a dash for none."""
    if value is None:
        return _NONE
    if value < 10:
        return f"{value:.1f} s"
    for unit, limit, size in (("s", 120, 1), ("min", 7_200, 60), ("h", 172_800, 3_600)):
        if value < limit:
            return f"{value / size:.0f} {unit}"
    return f"{value / 86_400:.0f} d"


def size(value: float) -> str:
    """Bytes as people say them, in powers of 1000."""
    for unit, limit, step in (("B", 1e3, 1.0), ("kB", 1e6, 1e3), ("MB", 1e9, 1e6)):
        if value < limit:
            return f"{value / step:.0f} {unit}"
    return f"{value / 1e9:.1f} GB"
