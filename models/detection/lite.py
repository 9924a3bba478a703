"""Faces by our own network in 8 bits: the default."""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from models.boxes import iou, suppress
from models.detection.base import BgrImage, Detection, check_image
from models.detection.card import DetectorCard, Shape
from models.detection.decoding import Candidates, find_candidates, joined, to_detections
from models.detection.grid import Floats
from models.detection.letterbox import halved, letterbox
from models.detection.passes import EFFORT, LARGEST, SMALL, Inputs, PassPlan
from models.runtimes import RuntimeName, open_runtime
from models.weights import WEIGHTS, load_weights

Corner = npt.NDArray[np.int_]
"""[2] x and y in whole pixels."""

NETWORK: Final = "faces-2"
CONTEXT: Final = 2.0
"""Sides of a candidate that a second look at it shows: most of what else is near is left out."""
CHECKED: Final = 4
"""Faces found by the second pass alone, up to which each is looked at again."""
SAME: Final = 0.4
"""Intersection over union from which a second look means the same face."""


class LiteDetector:
    """An anchor-free network of three strides (`training.detection.network`), five landmarks a face.

    An image is fitted into one of three inputs of about equal cost: landscape, portrait or square. If the card has
    inputs for a second pass, a large image, and one that shows a crowd, is searched again in one of those, and what
    both passes found is put together: the first sees large faces whole, the second sees small ones.

    If there is no face, and the card has a ``look_score``, the best candidate from that score is looked at again,
    enlarged; it is a face if it reaches the card's threshold then.
    """

    name = "lite"

    def __init__(
        self,
        min_score: float | None = None,
        *,
        network: str = NETWORK,
        folder: Path = WEIGHTS,
        effort: int = EFFORT,
        runtime: RuntimeName = "litert",
    ) -> None:
        """Load the network.

        Args:
            min_score: least score of what is found, in 0..1; by default the one that its card says.
            network: name of the network.
            folder: where networks lie.
            effort: longest side, in pixels, of the largest input that the second pass may use; 0: no second pass.
            runtime: "keras" runs the network in floating point, where its card names such a file.

        Raises:
            InvalidWeights: a network that is missing or damaged.
        """
        variant = "keras" if runtime == "keras" else None
        content, self.card = load_weights(network, DetectorCard, folder, variant=variant)
        file = self.card.file if variant is None else self.card.variants[variant].file
        self.min_score = self.card.min_score if min_score is None else min_score
        self.keep_score = min(self.card.keep_score, self.min_score)
        # Small faces of middling scores still show that this is a crowd; one of less may be sure at a second look.
        self._least = min(score for score in (self.keep_score, self.card.look_score) if score is not None)
        self._plan = PassPlan(self.card, effort)
        self._inputs = Inputs(lambda: open_runtime(runtime, content, source=file))
        self._inputs.of(self.card.wide)  # a file that is no network is found out now, not at the first image

    def detect(self, image: BgrImage, original: int | None = None, *, keep: bool = False) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        height, width = image.shape[:2]
        original = original or max(width, height)
        first, second = self._plan.first(width, height), self._plan.second(width, height, original)
        small = halved(image, *second) if second else image  # once, for both passes
        found = self._search(small, first)
        if second is None and found is not None:
            second = self._plan.crowd(width, height, self._small(found, min(first[0] / height, first[1] / width)))
        if second is not None:
            found = joined(found, self._checked(small, found, self._search(small, second, largest=LARGEST)))
        if found is None:
            return []
        found = joined(found, self._second_look(small, found)) or found
        scale = np.array([width / small.shape[1], height / small.shape[0]], np.float32)
        return to_detections(found, self.keep_score if keep else self.min_score, scale, image)

    def sufficient_size(self, longest_side: int) -> int:
        """See ``Detector.sufficient_size``."""
        return self._plan.sufficient_size(longest_side)

    def smallest_face(self, width: int, height: int) -> float:
        """See ``Detector.smallest_face``."""
        return self._plan.smallest_face(width, height)

    def _second_look(self, image: BgrImage, found: Candidates) -> Candidates | None:
        """Look at the best candidate again, if none is sure: the same face, now surely, or None.

        Args:
            image: in whose pixels the candidates are.
            found: all candidates.
        """
        best, least = int(found.scores.argmax()), self.card.min_score
        if self.card.look_score is None or not self.card.look_score <= found.scores[best] < least:
            return None
        return self._look(image, found.boxes[best], least)

    def _checked(self, image: BgrImage, first: Candidates | None, second: Candidates | None) -> Candidates | None:
        """Leave out what the second pass alone found, if a look at it does not confirm it; a crowd is believed.

        Args:
            image: in whose pixels the candidates are.
            first: candidates of the first pass.
            second: candidates of the second pass.
        """
        if self.card.look_score is None or second is None:
            return second
        known = np.empty((0, 4), np.float32) if first is None else first.boxes
        likely = second.at(second.scores >= self.card.keep_score)
        boxes = likely.boxes[suppress(likely.boxes, likely.scores)]
        alone = boxes[iou(boxes[:, None], known[None]).max(axis=1, initial=0) < SAME]
        if not 0 < len(alone) <= CHECKED:
            return second
        refuted = [box for box in alone if self._look(image, box, self.card.keep_score) is None]
        return second.at((iou(second.boxes[:, None], np.array(refuted).reshape(1, -1, 4)) < SAME).all(axis=1))

    def _look(self, image: BgrImage, box: Floats, least: float) -> Candidates | None:
        """Search what is around a box, enlarged: candidates of that place and at least that score, or None."""
        low, high = _around(box, image)
        found = self._search(image[low[1] : high[1], low[0] : high[0]], self.card.square)
        if found is None:
            return None
        found = found.moved(low.astype(np.float32))
        found = found.at((iou(found.boxes, box) >= SAME) & (found.scores >= least))
        return found if len(found.scores) else None

    def _small(self, found: Candidates, scale: float) -> int:
        """Count the faces found that are small in an input, which is ``scale`` times the image."""
        likely = (found.scores >= self.card.keep_score) & (found.longer_sides() * scale < SMALL)
        return len(suppress(found.boxes[likely], found.scores[likely])) if likely.any() else 0

    def _search(self, image: BgrImage, shape: Shape, *, largest: float = np.inf) -> Candidates | None:
        """Run one pass.

        Args:
            image: to search.
            shape: of the input.
            largest: longer side, in pixels of the input, of the largest face that is taken.

        Returns:
            Candidates in pixels of the image; None if there is none.
        """
        runtime, cells = self._inputs.of(shape)
        letterboxed = letterbox(image, *shape)
        found = find_candidates(runtime.run_one(letterboxed.pixels[None]), cells, self._least, self.card.calibration)
        if found is None:
            return None
        if largest < np.inf:
            found = found.at(found.longer_sides() <= largest)
        return found.scaled(np.array([1 / letterboxed.scale_x, 1 / letterboxed.scale_y], np.float32))


def _around(box: Floats, image: BgrImage) -> tuple[Corner, Corner]:
    """Give the upper left and lower right corner, x and y, of a candidate's surroundings within its image."""
    middle, reach = (box[:2] + box[2:]) / 2, CONTEXT / 2 * (box[2:] - box[:2]).max()
    sides = image.shape[1::-1]
    low = np.clip(middle - reach, 0, np.subtract(sides, 1)).astype(int)
    return low, np.clip(np.ceil(middle + reach), low + 1, sides).astype(int)
