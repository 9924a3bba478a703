"""The whole analysis of an image: decode, detect, crop, classify."""

import time
from typing import Final

import cv2
import numpy as np

from contracts.emotions import EMOTIONS
from contracts.results import Analysis, Box, Face
from models.classification import Classifier, load_classifier
from models.decode import MAX_PIXELS, Picture, decode
from models.detection import Detection, Detector, load_detector
from models.runtimes import RuntimeName

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

    def analyze_image(self, data: bytes) -> Analysis:
        """The same with everything that is known of the image and of the analysis.

        Raises:
            InvalidImage: a subclass says what is wrong with the image.
        """
        begun = time.perf_counter()
        picture = self.decode(data)
        decoded_ms = (time.perf_counter() - begun) * 1000
        analysis = self.read(picture)
        return analysis.model_copy(update={"stages_ms": {"decode": round(decoded_ms, 3), **analysis.stages_ms}})

    def decode(self, data: bytes) -> Picture:
        """Decode an image within this analyzer's limit of pixels."""
        return decode(data, self._max_pixels)

    def read(self, picture: Picture) -> Analysis:
        """Find and classify the faces of a decoded picture."""
        begun = time.perf_counter()
        detections = self._detector.detect(picture.pixels)
        detected = time.perf_counter()
        crops = self._classifier.crop(
            picture.pixels, [found[:4] for found in detections], [found.landmarks for found in detections]
        )
        probabilities = self._classifier.predict(crops)
        classified = time.perf_counter()
        faces = [_face(picture, found, row) for found, row in zip(detections, probabilities, strict=True)]
        return Analysis(
            width=picture.width,
            height=picture.height,
            faces=sorted(faces, key=lambda face: -face.box.width * face.box.height),
            detector=self.detector_name,
            model=self.model_name,
            stages_ms={
                "detect": round((detected - begun) * 1000, 3),
                "classify": round((classified - detected) * 1000, 3),
            },
        )

    def warm_up(self) -> None:
        """Run everything on an empty picture, so that the first real one does not pay for first-time work."""
        _, encoded = cv2.imencode(".jpg", np.full((480, 640, 3), 127, np.uint8))
        for _ in range(_WARM_UP_RUNS):
            self.analyze_image(encoded.tobytes())
            self._classifier.predict(np.zeros((1, 48, 48), np.uint8))


def load_analyzer(
    detector: str = "", model: str = "", runtime: RuntimeName = "litert", max_pixels: int = MAX_PIXELS
) -> Analyzer:
    """Load an analyzer; empty names stand for the defaults.

    Raises:
        ConfigurationError: an unknown name, a missing package, or a weight file that is not what its card says.
    """
    return Analyzer(
        load_detector(detector) if detector else load_detector(),
        load_classifier(model or None, runtime=runtime),
        max_pixels,
    )


def _face(picture: Picture, found: Detection, probabilities: np.ndarray) -> Face:
    scores = dict(zip(EMOTIONS, map(float, probabilities), strict=True))
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
