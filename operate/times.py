"""Times on command lines."""

import argparse
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def duration(text: str) -> float:
    """Seconds, from a number and its unit.

    Raises:
        argparse.ArgumentTypeError: it is no such text.
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _UNITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 90s, 15m, 6h or 2d")
    return float(number) * _UNITS[unit]
