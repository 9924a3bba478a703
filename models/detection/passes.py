"""Which inputs an image is given to: one for the whole, and a larger one if the image is large or shows a crowd."""

from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple

from models.detection.card import DetectorCard, Shape
from models.detection.grid import Cells, levels
from models.runtimes import Runtime

EFFORT: Final = 960
"""Default bound: pixels of the longest side of the largest input used."""
ABOUT_SQUARE: Final = 1.16
"""Longer side over shorter side up to which an image goes into the square input."""
LARGE: Final = 720
"""Longest side of an original, in pixels, above which it is large."""
VERY_LARGE: Final = 1800
"""The same for the second input of a second pass: decoding such an original costs as much as the pass."""
SMALL: Final = 24.0
"""Longer side, in pixels of the first pass's input, below which a face that was found is small."""
CROWD: Final = 2
"""Small faces from which an image of any size gets a second pass."""
FINER: Final = 1.2
"""Times the pixels of the first pass's input that an image must have for a second pass to show more."""
NEARLY: Final = 0.9
"""Share of an input's pixels that suffices: half a frame of 640 pixels, which costs half of the decoding."""
LARGEST: Final = 224.0
"""Longer side, in pixels of the input, of the largest face taken from the second pass: the first sees larger ones."""


class PassPlan:
    """Chooses inputs for images, within a bound for the longest side of an input."""

    def __init__(self, card: DetectorCard, effort: int = EFFORT) -> None:
        """Plan for a network.

        Args:
            card: of the network.
            effort: longest side, in pixels, of the largest input that may be used in a second pass.
        """
        self._card = card
        self._fine = sum(max(shape) <= effort for shape in card.fine_wide)

    def first(self, width: int, height: int) -> Shape:
        """Return height and width of the first pass's input for an image of ``width`` x ``height`` pixels."""
        return _oriented(self._card.square if _about_square(width, height) else self._card.wide, width, height)

    def second(self, width: int, height: int, original: int) -> Shape | None:
        """Return height and width of the second pass's input; None: there is no second pass.

        Args:
            width: of the image, in pixels.
            height: of the image, in pixels.
            original: longest side of what the image was decoded from, in pixels.
        """
        number = self._number(original)
        return self._fine_shape(number, width, height) if number else None

    def crowd(self, width: int, height: int, small: int) -> Shape | None:
        """Return the input of the second pass over an image that has none for its size; None: it needs none.

        Args:
            width: of the image, in pixels.
            height: of the image, in pixels.
            small: faces found in it by the first pass that were small in its input.
        """
        finer = max(width, height) >= FINER * max(self._card.wide)
        return self._fine_shape(1, width, height) if self._fine and finer and small >= CROWD else None

    def sufficient_size(self, original: int) -> int:
        """Longest side, in pixels, that nearly fills every input that an original of this longest side gets."""
        number = self._number(original)
        return int(NEARLY * max(self._card.fine_wide[number - 1] if number else self._card.wide))

    def smallest_face(self, width: int, height: int) -> float:
        """Longer side, in pixels, of the smallest face that an original of this size is searched for."""
        longest = max(width, height)
        shape = self.second(width, height, longest) or self.first(width, height)
        return self._card.smallest_face * max(width / shape[1], height / shape[0], 1.0)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """All inputs that an image may be given to."""
        card = self._card
        wide = (card.wide, *card.fine_wide[: self._fine])
        square = (card.square, *card.fine_square[: self._fine])
        return (*wide, *(shape[::-1] for shape in wide), *square)

    def _number(self, original: int) -> int:
        """Number of the second pass's input, counted from 1; 0: none."""
        return min((original > LARGE) + (original > VERY_LARGE), self._fine)

    def _fine_shape(self, number: int, width: int, height: int) -> Shape:
        shapes = self._card.fine_square if _about_square(width, height) else self._card.fine_wide
        return _oriented(shapes[number - 1], width, height)


class Input(NamedTuple):
    """A runtime that has one input's size, and that input's cells."""

    runtime: Runtime
    cells: list[Cells]


class Inputs:
    """A runtime for each size of input: to resize an interpreter's input costs more than to run it.

    Each is opened when it is needed for the first time.
    """

    def __init__(self, open_one: Callable[[], Runtime]) -> None:
        """Prepare to open runtimes by ``open_one``."""
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


def _about_square(width: int, height: int) -> bool:
    return max(width, height) <= ABOUT_SQUARE * min(width, height)


def _oriented(shape: Shape, width: int, height: int) -> Shape:
    """Turn the shape for landscapes if the image is a portrait."""
    return shape if width > height else shape[::-1]
