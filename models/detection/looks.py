"""How closely a picture is looked at: as a whole, and if it is large once more with more pixels."""

from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple

from models.detection.card import DetectorCard, Shape
from models.detection.grid import Cells, levels
from models.runtimes import Runtime

EFFORT: Final = 960
"""Default bound: pixels of the longer side of the largest input used."""
ABOUT_SQUARE: Final = 1.16
"""Longer side over shorter side up to which a picture goes into the square input."""
CLOSER: Final = (720, 1800)
"""Longer sides in pixels of an original above which the first and the second closer look is worth its time.

By then decoding the original has cost as much.
"""
SMALL: Final = 24.0
CROWD: Final = 2
"""A picture up to 720 pixels is looked at closer if so many faces of fewer pixels of the input were found in it."""
FINER: Final = 1.2
"""Times the input's pixels that a picture must have for a closer look to show more."""
NEARLY: Final = 0.9
"""Share of an input's pixels that is enough: half a frame of 640 pixels, which costs half of the decoding."""
LARGEST: Final = 224.0
"""Longer side in pixels of the input of the largest face taken from a closer look: the first sees larger ones whole."""


class Effort:
    """Chooses inputs for pictures, within a bound for the longer side of an input in pixels."""

    def __init__(self, card: DetectorCard, bound: int = EFFORT) -> None:
        self._card = card
        self._looks = sum(max(shape) <= bound for shape in card.closer_wide)

    def first(self, width: int, height: int) -> Shape:
        """Return height and width of the input for the whole of a picture."""
        return _turned(self._card.square if _square(width, height) else self._card.wide, width, height)

    def closer(self, width: int, height: int, original: int) -> Shape | None:
        """Return the input for a closer look at a picture whose original has ``original`` pixels; None: no need."""
        number = min(sum(original > least for least in CLOSER), self._looks)
        return self._look(number, width, height) if number else None

    def crowd(self, width: int, height: int, small: int) -> Shape | None:
        """Return the input for a closer look at a picture in which so many small faces were found; None: no crowd."""
        finer = max(width, height) >= FINER * max(self.first(width, height))
        return self._look(1, width, height) if self._looks and finer and small >= CROWD else None

    def enough(self, original: int) -> int:
        """Pixels of the longer side that nearly fill every input that an original of ``original`` pixels gets."""
        number = min(sum(original > least for least in CLOSER), self._looks)
        return int(NEARLY * max(self._card.closer_wide[number - 1] if number else self._card.wide))

    def smallest(self, width: int, height: int) -> float:
        """Longer side in pixels of the smallest face that an original of this size is searched for."""
        shape = self.closer(width, height, max(width, height)) or self.first(width, height)
        return self._card.smallest_face * max(width / shape[1], height / shape[0], 1.0)

    def _look(self, number: int, width: int, height: int) -> Shape:
        shapes = self._card.closer_square if _square(width, height) else self._card.closer_wide
        return _turned(shapes[number - 1], width, height)


class Input(NamedTuple):
    """A runtime that has one input's size, and that input's cells."""

    runtime: Runtime
    cells: list[Cells]


class Inputs:
    """A runtime for each size of input, opened when it is needed first: giving one another size is slow."""

    def __init__(self, open_one: Callable[[], Runtime]) -> None:
        self._open = open_one
        self._inputs: dict[Shape, Input] = {}
        self._lock = Lock()

    def of(self, shape: Shape) -> Input:
        """Give the runtime and the cells of an input of this height and width."""
        if shape not in self._inputs:
            with self._lock:
                if shape not in self._inputs:
                    self._inputs[shape] = Input(self._open(), levels(*shape))
        return self._inputs[shape]


def _square(width: int, height: int) -> bool:
    return max(width, height) <= ABOUT_SQUARE * min(width, height)


def _turned(shape: Shape, width: int, height: int) -> Shape:
    """Turn the shape of a landscape for a portrait."""
    return shape if width > height else shape[::-1]
