"""The whole analysis of an image: decode, detect, crop, classify."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from contracts.emotions import EMOTIONS
from contracts.results import Analysis, Box, Face
from models.classification import Classifier, load_classifier
from models.decode import MAX_PIXELS, EncodedImage, Picture, decode
from models.detection import DEFAULT_DETECTOR, Detection, Detector, load_detector
from models.detection.base import scaled
from models.runtimes import RuntimeName
from models.stages import Stages

_WARM_UP_RUNS: Final = 2


class Analyzer:
    """Finds the faces of an image and reads their expressions. May be used by several threads at once."""

    def __init__(self, detector: Detector, classifier: Classifier, max_pixels: int = MAX_PIXELS) -> None:
        self._detector = detector
        self._classifier = classifier
        self._max_pixels = max_pixels

    @property
    def detector_name(self) -> str:
        """Name of the detector; part of every result."""
        return self._detector.name

    @property
    def model_name(self) -> str:
        """Name and version of the emotion network; part of every result."""
        return self._classifier.name

    def analyze(self, data: bytes) -> list[Face]:
        """Faces of a JPEG, PNG or WebP, largest first; boxes in pixels of the upright original.

        Raises:
            InvalidImage: a subclass says what is wrong with the image.
        """
        return self.analyze_image(data).faces

    def analyze_image(self, data: bytes, cpu_seconds: dict[str, float] | None = None) -> Analysis:
        """The same with everything that is known of the image and of the analysis.

        The CPU time of each stage is added to ``cpu_seconds``, in seconds; the analysis itself says how long it took.

        Raises:
            InvalidImage: a subclass says what is wrong with the image.
        """
        stages = Stages(cpu_seconds)
        image = EncodedImage(data, self._max_pixels)
        picture = image.decode(self._detector.enough(image.longer))
        stages.end("decode")
        detections = self._detector.detect(picture.pixels, image.longer)
        stages.end("detect")
        finer = self._fine_enough(image, picture, detections)
        stages.end("decode")
        probabilities = self._read(finer, [scaled(found, picture.scale / finer.scale) for found in detections])
        faces = [_face(picture, found, row) for found, row in zip(detections, probabilities, strict=True)]
        stages.end("classify")
        return Analysis(
            width=picture.width,
            height=picture.height,
            faces=sorted(faces, key=lambda face: -face.box.width * face.box.height),
            detector=self.detector_name,
            model=self.model_name,
            stages_ms=stages.milliseconds,
        )

    def decode(self, data: bytes) -> Picture:
        """Decode an image within this analyzer's limit of pixels, as finely as people want to look at it.

        Raises:
            InvalidImage: a subclass says what is wrong with the image.
        """
        return decode(data, self._max_pixels)

    def _fine_enough(self, image: EncodedImage, picture: Picture, detections: Sequence[Detection]) -> Picture:
        """Give a picture that has pixels enough for the smallest face: the same one, or a finer one if there is."""
        enlargement = self._classifier.enlargement(detections)
        if enlargement <= 1 or picture.scale == 1:
            return picture
        return image.decode(enlargement * max(picture.pixels.shape))

    def _read(self, picture: Picture, detections: Sequence[Detection]) -> np.ndarray:
        """Probabilities [N, 7] of the labels, for detections in pixels of this picture."""
        crops = self._classifier.crop(picture.pixels, detections, [found.landmarks for found in detections])
        return self._classifier.predict(crops)

    def warm_up(self) -> None:
        """Run everything on an empty picture, so that the first real one does not pay for first-time work."""
        _, encoded = cv2.imencode(".jpg", np.full((480, 640, 3), 127, np.uint8))
        for _ in range(_WARM_UP_RUNS):
            self.analyze_image(encoded.tobytes())
            self._classifier.predict(np.zeros((1, 48, 48), np.uint8))


def load_analyzer(
    detector: str = "",
    model: str = "",
    runtime: RuntimeName = "litert",
    max_pixels: int = MAX_PIXELS,
    yunet_file: str = "",
) -> Analyzer:
    """Load an analyzer; empty names stand for the defaults. ``yunet_file`` is what the detector ``yunet`` needs.

    Raises:
        ConfigurationError: an unknown name, a missing package, or a weight file that is not what its card says.
    """
    options: dict[str, Any] = {"weights": Path(yunet_file)} if detector == "yunet" and yunet_file else {}
    return Analyzer(
        load_detector(detector or DEFAULT_DETECTOR, **options),
        load_classifier(model or None, runtime=runtime),
        max_pixels,
    )


def _face(picture: Picture, found: Detection, probabilities: np.ndarray) -> Face:
    scores = dict(zip(EMOTIONS, probabilities.tolist(), strict=True))
    emotion = max(EMOTIONS, key=scores.__getitem__)
    return Face(
        box=_original_box(picture, found),
        emotion=emotion,
        confidence=min(1.0, scores[emotion]),
        scores=scores,
        detection_score=min(1.0, max(0.0, found.score)),
    )


def _original_box(picture: Picture, found: Detection) -> Box:
    """Whole pixels of the original, within it."""
    scale = picture.scale
    left, top = max(0, round(found.x * scale)), max(0, round(found.y * scale))
    right = min(picture.width, round((found.x + found.width) * scale))
    bottom = min(picture.height, round((found.y + found.height) * scale))
    return Box(
        x=min(left, picture.width - 1),
        y=min(top, picture.height - 1),
        width=max(1, right - left),
        height=max(1, bottom - top),
    )
