"""Faces by our own network in 8 bits: the default."""

from pathlib import Path
from typing import Final

from models.detection.base import BgrImage, Detection, check_image
from models.detection.card import DetectorCard
from models.detection.decoding import Candidates, find_candidates
from models.detection.letterbox import in_corner
from models.detection.passes import EFFORT, Inputs
from models.detection.searching import Pass, Searcher
from models.runtimes import DEFAULT_ACCELERATION, Acceleration, Runtime, RuntimeName, open_runtime
from models.weights import WEIGHTS, load_weights

NETWORK: Final = "faces-2"


class LiteDetector:
    """An anchor-free network of three strides (`training.detection.network`), five landmarks a face.

    An image is fitted into one of three inputs of about equal cost: landscape, portrait or square. If the card has
    inputs for a second pass, a large image, and one that shows a crowd, is searched again in one of those, and what
    both passes found is put together: the first sees large faces whole, the second sees small ones.

    If there is no face, and the card has a ``look_score``, the best candidate from that score is looked at again,
    enlarged; it is a face if it reaches the card's threshold then. How all that goes is in `Searcher`.
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
        acceleration: Acceleration = DEFAULT_ACCELERATION,
    ) -> None:
        """Load the network.

        Args:
            min_score: least score of what is found, in 0..1; by default the one that its card says.
            network: name of the network.
            folder: where networks lie.
            effort: longest side, in pixels, of the largest input that the second pass may use; 0: no second pass.
            runtime: "keras" runs the network in floating point, where its card names such a file.
            acceleration: how the runtime "keras" is to use its device.

        Raises:
            InvalidWeights: a network that is missing or damaged.
        """
        variant = "keras" if runtime == "keras" else None
        content, self.card = load_weights(network, DetectorCard, folder, variant=variant)
        file = self.card.file if variant is None else self.card.variants[variant].file
        self.searcher = Searcher(self.card, self.card.min_score if min_score is None else min_score, effort)
        self.min_score, self.keep_score = self.searcher.min_score, self.searcher.keep_score

        def opened() -> Runtime:
            return open_runtime(runtime, content, source=file, acceleration=acceleration)

        self.runtime = opened()  # a file that is no network is found out now, not at the first image
        # An interpreter is made for one input; Keras takes all of them.
        self._inputs = Inputs(opened if runtime == "litert" else lambda: self.runtime)

    def detect(self, image: BgrImage, original: int | None = None, *, keep: bool = False) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        search = self.searcher.search(image, original, keep=keep)
        passes = next(search)
        while True:
            try:
                passes = search.send([self._run(each) for each in passes])
            except StopIteration as end:
                return list(end.value)

    def sufficient_size(self, longest_side: int) -> int:
        """See ``Detector.sufficient_size``."""
        return self.searcher.plan.sufficient_size(longest_side)

    def smallest_face(self, width: int, height: int) -> float:
        """See ``Detector.smallest_face``."""
        return self.searcher.plan.smallest_face(width, height)

    def _run(self, asked: Pass) -> Candidates | None:
        """Run one pass: candidates in pixels of the input; None if there is none."""
        runtime, cells = self._inputs.of(asked.shape)
        pixels = in_corner(asked.image, asked.fitted, *asked.shape)
        outputs = runtime.run_one(pixels[None])
        return find_candidates(outputs, cells, self.searcher.least_score, self.card.calibration)
