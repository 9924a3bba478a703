"""The whole analysis of an image: decode, detect, crop, classify."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from contracts.emotions import Head
from contracts.results import NO_MODEL, Analysis, Face
from models.classification import Classifier, load_classifier
from models.detection import DEFAULT_DETECTOR, Detection, Detector, load_detector
from models.detection.base import rescaled
from models.detection.passes import EFFORT
from models.faces import Reading, face_of
from models.images.decode import MAX_PIXELS, DecodedImage, EncodedImage, decode
from models.images.decoder_process import DecoderPool
from models.runtimes import DEFAULT_ACCELERATION, Acceleration, RuntimeName
from models.stages import Lap, StageTimer

_WARM_UP_RUNS: Final = 2


class Analyzer:
    """Finds the faces of an image and reads their expressions. May be used by several threads at once."""

    def __init__(
        self,
        detector: Detector,
        classifier: Classifier | None,
        max_pixels: int = MAX_PIXELS,
        children: DecoderPool | None = None,
        labels: Head = "fer2013",
    ) -> None:
        """Work with these networks.

        Args:
            detector: finds the faces.
            classifier: reads them; None: no expression is read, and faces have no emotion.
            max_pixels: the most that an image's width times height may be.
            children: where images are decoded that are no plain JPEGs; without them in this process.
            labels: which head of the classifier names the emotion.

        Raises:
            ConfigurationError: the classifier has no such head.
        """
        if classifier is not None:
            classifier.require(labels)
        self._labels = labels
        self._children = children
        self._detector = detector
        self._classifier = classifier
        self._max_pixels = max_pixels

    @property
    def detector_name(self) -> str:
        """Name of the detector; part of every result."""
        return self._detector.name

    @property
    def begin_score(self) -> float:
        """Score that a face needs unless it was there a moment ago."""
        return self._detector.min_score

    @property
    def model_name(self) -> str:
        """Name and version of the emotion network, or `NO_MODEL`; part of every result."""
        return self._classifier.name if self._classifier else NO_MODEL

    def reading_with(self, classifier: Classifier) -> "Analyzer":
        """The same eyes with another network to read expressions: detector and decoders are shared.

        Raises:
            ConfigurationError: the network lacks the head that names the emotion here.
        """
        return Analyzer(self._detector, classifier, self._max_pixels, self._children, self._labels)

    def analyze(self, data: bytes) -> list[Face]:
        """Find the faces of an image.

        Args:
            data: a whole JPEG, PNG, WebP, AVIF or HEIC file.

        Returns:
            The faces, largest first; boxes in pixels of the upright original.

        Raises:
            InvalidImage: a subclass says what is wrong with the image.
        """
        return self.analyze_image(data).faces

    def analyze_image(
        self,
        data: bytes,
        cpu_seconds: dict[str, float] | None = None,
        *,
        keep: bool = False,
        laps: list[Lap] | None = None,
    ) -> Analysis:
        """Find the faces of an image, with everything that is known of the image and of the analysis.

        Args:
            data: a whole JPEG, PNG, WebP, AVIF or HEIC file.
            cpu_seconds: the CPU time of each stage is added to it; the analysis itself says how long each took.
            keep: whether faces belong to it whose score suffices only if they were there a moment ago.
            laps: when each stage began and ended is added to it, by ``time.perf_counter``.

        Raises:
            InvalidImage: a subclass says what is wrong with the image.
        """
        stages = StageTimer(cpu_seconds, laps=laps)
        encoded = EncodedImage(data, self._max_pixels, self._children)
        image = encoded.decode(self._detector.sufficient_size(encoded.longest_side))
        stages.end("decode")
        detections = self._detector.detect(image.pixels, encoded.longest_side, keep=keep)
        stages.end("detect")
        rows: Sequence[Reading | None] = [None] * len(detections)
        if self._classifier is not None:
            rows = self._classify(self._classifier, encoded, image, detections, stages)
        return self._analysis(image, detections, rows, stages.milliseconds)

    def decode(self, data: bytes) -> DecodedImage:
        """Decode an image within this analyzer's limit of pixels, as finely as people want to look at it.

        Raises:
            InvalidImage: a subclass says what is wrong with the image.
        """
        return decode(data, self._max_pixels, self._children)

    def _classify(
        self,
        classifier: Classifier,
        encoded: EncodedImage,
        image: DecodedImage,
        detections: Sequence[Detection],
        stages: StageTimer,
    ) -> Sequence[Reading]:
        """What is read of each detection, from a finer image where that shows more."""
        finer, found = self._seen_finer(classifier, encoded, image, detections)
        stages.end("decode")
        crops = classifier.crop(finer.pixels, found, [detection.landmarks for detection in found])
        stages.lap("crop")
        probabilities = classifier.predict_by(self._labels, crops)
        stages.end("classify")
        return [Reading(*pair) for pair in zip(probabilities, crops, strict=True)]

    @staticmethod
    def _seen_finer(
        classifier: Classifier, encoded: EncodedImage, image: DecodedImage, detections: Sequence[Detection]
    ) -> tuple[DecodedImage, list[Detection]]:
        """The image decoded so finely that its faces can be read, and these in its pixels."""
        finer, wanted = image, classifier.enlargement(detections)
        if wanted > 1 and image.scale != 1:
            finer = encoded.decode(wanted * max(image.pixels.shape))
        return finer, [rescaled(detection, image.scale / finer.scale) for detection in detections]

    def _analysis(
        self,
        image: DecodedImage,
        detections: Sequence[Detection],
        readings: Sequence[Reading | None],
        stages_ms: dict[str, float],
    ) -> Analysis:
        faces = [face_of(image, found, reading) for found, reading in zip(detections, readings, strict=True)]
        return Analysis(
            width=image.width,
            height=image.height,
            faces=sorted(faces, key=lambda face: -face.box.width * face.box.height),
            detector=self.detector_name,
            model=self.model_name,
            labels=self._labels if self._classifier is not None else None,
            smallest_face_px=math.ceil(self._detector.smallest_face(image.width, image.height)),
            stages_ms=stages_ms,
        )

    def warm_up(self) -> None:
        """Run everything on an empty image, so that the first real one does not pay for first-time work."""
        _, encoded = cv2.imencode(".jpg", np.full((480, 640, 3), 127, np.uint8))
        for _ in range(_WARM_UP_RUNS):
            self.analyze_image(encoded.tobytes())
            if self._classifier is not None:
                self._classifier.predict_by(self._labels, np.zeros((1, 48, 48), np.uint8))
        self.decode(cv2.imencode(".png", np.zeros((16, 16, 3), np.uint8))[1].tobytes())  # starts a child


def load_analyzer(
    detector: str = "",
    model: str = "",
    runtime: RuntimeName = "litert",
    max_pixels: int = MAX_PIXELS,
    yunet_file: str = "",
    *,
    effort: int = EFFORT,
    isolated: bool = False,
    faces_only: bool = False,
    labels: Head = "fer2013",
    acceleration: Acceleration = DEFAULT_ACCELERATION,
) -> Analyzer:
    """Load an analyzer.

    Args:
        detector: name of a detector; empty: the default.
        model: name of an emotion network or path of its card; empty: the default.
        runtime: what executes the networks; with ``keras`` it is a `models.batching.BatchAnalyzer`.
        max_pixels: images of more are refused.
        yunet_file: the network file that the detector ``yunet`` needs.
        effort: longest side, in pixels, of the largest input in which the detector ``lite`` searches large photos and
            crowds again; 0: never.
        isolated: whether images that are no plain JPEGs are decoded in processes of their own, so that one that breaks
            its decoder breaks nothing else: for images of strangers.
        faces_only: whether no expression is read; no emotion network is loaded then.
        labels: which head of the emotion network names the emotion.
        acceleration: how the runtime ``keras`` is to use its device.

    Raises:
        ConfigurationError: an unknown name, a missing package, a weight file that is not what its card says, or a
            network without the head that is wanted.
    """
    detector = detector or DEFAULT_DETECTOR
    accelerated: dict[str, Any] = {"runtime": runtime, "acceleration": acceleration}
    options: dict[str, Any] = {"effort": effort, **accelerated} if detector == "lite" else {}
    if detector == "yunet" and yunet_file:
        options["weights"] = Path(yunet_file)
    found = load_detector(detector, **options)
    classifier = None if faces_only else load_classifier(model or None, **accelerated)
    children = DecoderPool() if isolated else None
    if runtime != "keras":
        return Analyzer(found, classifier, max_pixels, children, labels)
    from models.batching import BatchAnalyzer

    return BatchAnalyzer(found, classifier, max_pixels, children, labels, acceleration=acceleration)
