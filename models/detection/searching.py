"""How an image is searched for faces: which passes, and what follows from what they find.

Written as a generator: it asks for passes and is sent what they found, so that the same steps are taken whether one
image is searched at a time, or the passes of many are run together.
"""

from collections.abc import Generator, Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from models.boxes import iou, suppress
from models.detection.base import BgrImage, Detection
from models.detection.card import DetectorCard, Shape
from models.detection.decoding import Candidates, joined, to_detections
from models.detection.grid import Floats
from models.detection.letterbox import fitted_size, halved
from models.detection.passes import LARGEST, SMALL, PassPlan

Corner = npt.NDArray[np.int_]
"""[2] x and y in whole pixels."""

CONTEXT: Final = 2.0
"""Sides of a candidate that a second look at it shows: most of what else is near is left out."""
CHECKED: Final = 4
"""Faces found by the second pass alone, up to which each is looked at again."""
SAME: Final = 0.4
"""Intersection over union from which a second look means the same face."""


class Pass(NamedTuple):
    """One run of the network that is asked for."""

    image: BgrImage
    """What is searched, halved until it is less than twice as large as the input."""
    shape: Shape
    """Of the input."""
    fitted: Shape
    """Height and width that the image has in the input."""
    scale: Floats
    """[2], x and y, pixels of what is asked about for one of the input."""

    @classmethod
    def of(cls, image: BgrImage, shape: Shape) -> "Pass":
        """Ask for a pass over an image of any size."""
        height, width = image.shape[:2]
        fitted = fitted_size(height, width, *shape)
        scale = np.array([width / fitted[1], height / fitted[0]], np.float32)
        return cls(halved(image, *shape), shape, fitted, scale)

    def answer(self, found: Candidates | None, largest: float = np.inf) -> Candidates | None:
        """What was found, in pixels of what was asked about.

        Args:
            found: candidates in pixels of the input.
            largest: longer side, in pixels of the input, of the largest face that is taken.
        """
        if found is None:
            return None
        if largest < np.inf:
            found = found.at(found.longer_sides() <= largest)
        return found.scaled(self.scale)


Answers = Sequence[Candidates | None]
"""Of each pass what its network reports, in pixels of its input."""
Result = TypeVar("Result")
Step = Generator[Sequence[Pass], Answers, Result]
"""Yields passes that may be run in any order, is sent their answers, and returns what it came to."""
Search = Step[list[Detection]]
"""Returns the faces, the highest score first."""


class Searcher:
    """Plans the passes over images, and judges what they find."""

    def __init__(self, card: DetectorCard, min_score: float, effort: int) -> None:
        """Search with a network.

        Args:
            card: of the network.
            min_score: least score of what is found, in 0..1.
            effort: longest side, in pixels, of the largest input that the second pass may use; 0: no second pass.
        """
        self.card, self.min_score = card, min_score
        self.keep_score = min(card.keep_score, min_score)
        # Small faces of middling scores still show that this is a crowd; one of less may be sure at a second look.
        self.least_score = min(score for score in (self.keep_score, card.look_score) if score is not None)
        self.plan = PassPlan(card, effort)

    def search(self, image: BgrImage, original: int | None = None, *, keep: bool = False) -> Search:
        """Search an image; arguments are those of `Detector.detect`."""
        height, width = image.shape[:2]
        original = original or max(width, height)
        first, second = self.plan.first(width, height), self.plan.second(width, height, original)
        small = halved(image, *second) if second else image  # once, for both passes
        passes = [Pass.of(small, shape) for shape in (first, second) if shape is not None]
        answers = yield passes
        found = passes[0].answer(answers[0])
        finer = passes[1].answer(answers[1], LARGEST) if second else None
        if second is None and found is not None:
            scale = min(first[0] / height, first[1] / width)
            second = self.plan.crowd(width, height, self._count_small(found, scale))
            if second is not None:
                asked = Pass.of(small, second)
                finer = asked.answer((yield [asked])[0], LARGEST)
        if finer is not None:
            found = joined(found, (yield from self._checked(small, found, finer)))
        if found is None or not len(found.scores):  # none is left if what the second pass alone found was refuted
            return []
        found = joined(found, (yield from self._second_look(small, found))) or found
        scale = np.array([width / small.shape[1], height / small.shape[0]], np.float32)
        return to_detections(found, self.keep_score if keep else self.min_score, scale, image)

    def _second_look(self, image: BgrImage, found: Candidates) -> Step[Candidates | None]:
        """Look at the best candidate again, if none is sure: the same face, now surely, or None.

        Args:
            image: in whose pixels the candidates are.
            found: all candidates.
        """
        best, least = int(found.scores.argmax()), self.card.min_score
        if self.card.look_score is None or not self.card.look_score <= found.scores[best] < least:
            return None
        return (yield from self._looks(image, found.boxes[best : best + 1], least))[0]

    def _checked(self, image: BgrImage, first: Candidates | None, second: Candidates) -> Step[Candidates | None]:
        """Leave out what the second pass alone found, if a look at it does not confirm it; a crowd is believed.

        Args:
            image: in whose pixels the candidates are.
            first: candidates of the first pass.
            second: candidates of the second pass.
        """
        if self.card.look_score is None:
            return second
        known = np.empty((0, 4), np.float32) if first is None else first.boxes
        likely = second.at(second.scores >= self.card.keep_score)
        boxes = likely.boxes[suppress(likely.boxes, likely.scores)]
        alone = boxes[iou(boxes[:, None], known[None]).max(axis=1, initial=0) < SAME]
        if not 0 < len(alone) <= CHECKED:
            return second
        looks = yield from self._looks(image, alone, self.card.keep_score)
        refuted = [box for box, seen in zip(alone, looks, strict=True) if seen is None]
        return second.at((iou(second.boxes[:, None], np.array(refuted).reshape(1, -1, 4)) < SAME).all(axis=1))

    def _looks(self, image: BgrImage, boxes: Floats, least: float) -> Step[list[Candidates | None]]:
        """Search what is around boxes, enlarged: of each the candidates there of at least that score, or None."""
        places = [_around(box, image) for box in boxes]
        passes = [Pass.of(image[low[1] : high[1], low[0] : high[0]], self.card.square) for low, high in places]
        answers = yield passes
        seen = list[Candidates | None]()
        for box, (low, _), asked, answer in zip(boxes, places, passes, answers, strict=True):
            found = asked.answer(answer)
            if found is not None:
                found = found.moved(low.astype(np.float32))
                found = found.at((iou(found.boxes, box) >= SAME) & (found.scores >= least))
            seen.append(found if found is not None and len(found.scores) else None)
        return seen

    def _count_small(self, found: Candidates, scale: float) -> int:
        """Count the faces found that are small in an input, which is ``scale`` times the image."""
        likely = (found.scores >= self.card.keep_score) & (found.longer_sides() * scale < SMALL)
        return len(suppress(found.boxes[likely], found.scores[likely])) if likely.any() else 0


def _around(box: Floats, image: BgrImage) -> tuple[Corner, Corner]:
    """Give the upper left and lower right corner, x and y, of a candidate's surroundings within its image."""
    middle, reach = (box[:2] + box[2:]) / 2, CONTEXT / 2 * (box[2:] - box[:2]).max()
    sides = image.shape[1::-1]
    low = np.clip(middle - reach, 0, np.subtract(sides, 1)).astype(int)
    return low, np.clip(np.ceil(middle + reach), low + 1, sides).astype(int)
