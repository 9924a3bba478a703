"""Faces by the MTCNN cascade of networks: the optional package ``mtcnn``, which runs in TensorFlow."""

import threading
from typing import Any

import cv2

from contracts.errors import ConfigurationError
from models.detection.base import BgrImage, Detection, Landmarks, check_image, clip_to_image

SMALLEST_FACE = 20.0
"""The package's default, in pixels."""
SMALLEST_PICTURE = 24
"""Shortest side in pixels that is searched; the package cannot build a pyramid from less."""
LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
"""In the order of ``Landmarks``; the package names sides as the viewer sees them."""


class MtcnnDetector:
    """The three networks of Zhang et al., "Joint Face Detection and Alignment" (2016), with landmarks.

    One at a time passes through the networks: the package keeps state between its stages.
    """

    name = "mtcnn"

    def __init__(self, min_score: float = 0.9) -> None:
        """Load the networks.

        Args:
            min_score: least score of what is found, in 0..1.

        Raises:
            ConfigurationError: the package or TensorFlow is not installed.
        """
        self.min_score = self.keep_score = min_score
        self._lock = threading.Lock()
        self._network = _load()

    def detect(
        self,
        image: BgrImage,
        original: int | None = None,  # noqa: ARG002
        *,
        keep: bool = False,  # noqa: ARG002
    ) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        if min(image.shape[:2]) < SMALLEST_PICTURE:
            return []
        with self._lock:
            answer = self._network.detect_faces(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        found = (self._detection(face) for face in answer)
        return clip_to_image((face for face in found if face.score >= self.min_score), image)

    def sufficient_size(self, longest_side: int) -> int:
        """See ``Detector.sufficient_size``; the package searches a pyramid of the whole image."""
        return longest_side

    def smallest_face(self, width: int, height: int) -> float:  # noqa: ARG002
        """See ``Detector.smallest_face``."""
        return SMALLEST_FACE

    def _detection(self, face: dict[str, Any]) -> Detection:
        x, y, width, height = (float(value) for value in face["box"])
        points = (face["keypoints"][point] for point in LANDMARKS)
        landmarks: Landmarks = tuple((float(px), float(py)) for px, py in points)  # type: ignore[assignment]
        return Detection(x, y, width, height, float(face["confidence"]), landmarks)


def _load() -> Any:
    try:
        from mtcnn import MTCNN
    except ImportError as error:
        raise ConfigurationError(
            "The mtcnn detector needs the extras mtcnn and training (or gpu): "
            "pip install 'mien[mtcnn,training]'. "
            f"({error})",
            field="detector",
        ) from error
    return MTCNN()
