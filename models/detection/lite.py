"""Faces by our own network in 8 bits: the default."""

from pathlib import Path
from typing import Final

from pydantic import Field

from models.detection.base import BgrImage, Detection, check_image
from models.detection.decoding import decode
from models.detection.grid import Cells, levels
from models.detection.letterbox import letterbox
from models.runtimes import Runtime, open_runtime
from models.weights import WEIGHTS, Card, load_weights

NETWORK: Final = "faces-1"
ABOUT_SQUARE: Final = 1.16
"""Longer side over shorter side up to which an image goes into the square input."""

LARGE: Final = 720
"""Longer side in pixels above which an image gets the larger inputs."""

Shape = tuple[int, int]


class DetectorCard(Card):
    """The card of our own detector."""

    min_score: float = Field(ge=0, le=1, description="Default threshold, chosen on validation images.")
    wide: tuple[int, int] = Field(description="Height and width of the input for landscape images, in pixels.")
    square: tuple[int, int] = Field(description="The same for images that are about square.")
    far_wide: tuple[int, int] = Field(description="The same for large landscape images, whose faces are small.")
    far_square: tuple[int, int] = Field(description="The same for large images that are about square.")


class LiteDetector:
    """An anchor-free network of three strides (`training.detection.network`), five landmarks a face.

    An image is fitted into one of three inputs of about equal cost: landscape, portrait or square; a large image
    into a larger one of the same form, so that its small faces stay visible. Each input has a runtime of its own, for
    giving an interpreter another size costs more than running it.
    """

    name = "lite"

    def __init__(self, min_score: float | None = None, *, network: str = NETWORK, folder: Path = WEIGHTS) -> None:
        """Load the network and make its inputs ready.

        Args:
            min_score: least score of what is found, in 0..1; by default the one that its card says.
            network: name of the network.
            folder: where networks lie.

        Raises:
            InvalidWeights: a network that is missing or damaged.
        """
        content, self.card = load_weights(network, DetectorCard, folder)
        self.min_score = self.card.min_score if min_score is None else min_score
        self._inputs: dict[Shape, tuple[Runtime, list[Cells]]] = {
            shape: (open_runtime("litert", content, source=self.card.file), levels(*shape)) for shape in self._shapes()
        }

    def detect(self, image: BgrImage) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        shape = self._shape(image)
        runtime, cells = self._inputs[shape]
        letterboxed = letterbox(image, *shape)
        return decode(runtime.run_one(letterboxed.pixels[None]), cells, self.min_score, letterboxed, image)

    def sufficient_size(self, longest_side: int) -> int:
        """See ``Detector.sufficient_size``: what fills its input, and shows that a large image is one."""
        return LARGE + 1 if longest_side > LARGE else max(self.card.wide)

    def _shape(self, image: BgrImage) -> Shape:
        """Choose the input for an image: height and width in pixels."""
        height, width = image.shape[:2]
        large = max(height, width) > LARGE
        if max(height, width) <= ABOUT_SQUARE * min(height, width):
            return self.card.far_square if large else self.card.square
        tall, wide = self.card.far_wide if large else self.card.wide
        return (tall, wide) if width > height else (wide, tall)

    def _shapes(self) -> set[Shape]:
        wide, far = self.card.wide, self.card.far_wide
        return {wide, wide[::-1], self.card.square, far, far[::-1], self.card.far_square}
