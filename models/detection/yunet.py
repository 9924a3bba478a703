"""Faces by OpenCV's YuNet, where its ONNX file is given: no package brings it."""

import threading
from pathlib import Path
from typing import Any

import cv2

from contracts.errors import ConfigurationError, InvalidWeights
from models.detection.base import BgrImage, Detection, Landmarks, check_image, clip_to_image

WORKING_SIZE = 512
"""Longest side searched, in pixels."""
SMALLEST_FACE = 10.0
"""In pixels of the working size, as its authors say."""
SMALLEST_PICTURE = 8
"""Shortest side in pixels that is searched."""


class YunetDetector:
    """OpenCV's `FaceDetectorYN` with the YuNet weights of Wu et al. (2023), with landmarks.

    The file is `face_detection_yunet_*.onnx` of the OpenCV Zoo; a worker's setting ``MIEN_YUNET_FILE`` names it. The
    network holds its input size, so each thread has its own.
    """

    name = "yunet"

    def __init__(self, min_score: float = 0.6, *, weights: Path | None = None) -> None:
        """Load the network.

        Args:
            min_score: least score of what is found, in 0..1.
            weights: the ONNX file.

        Raises:
            ConfigurationError: no file is named.
            InvalidWeights: the file is missing or damaged.
        """
        self.min_score = self.keep_score = min_score
        self._file = _checked(weights)
        self._local = threading.local()
        self._network()  # a damaged file is found out now, not at the first image

    def detect(
        self,
        image: BgrImage,
        original: int | None = None,  # noqa: ARG002
        *,
        keep: bool = False,  # noqa: ARG002
    ) -> list[Detection]:
        """See ``Detector.detect``."""
        check_image(image)
        scale = max(max(image.shape[:2]) / WORKING_SIZE, 1.0)
        size = (round(image.shape[1] / scale), round(image.shape[0] / scale))
        if min(size) < SMALLEST_PICTURE:
            return []
        resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale > 1 else image
        network = self._network()
        network.setInputSize(size)
        _, rows = network.detect(resized)
        return clip_to_image((_detection(row, scale) for row in (() if rows is None else rows.tolist())), image)

    def sufficient_size(self, longest_side: int) -> int:  # noqa: ARG002
        """See ``Detector.sufficient_size``."""
        return WORKING_SIZE

    def smallest_face(self, width: int, height: int) -> float:
        """See ``Detector.smallest_face``."""
        return SMALLEST_FACE * max(max(width, height) / WORKING_SIZE, 1.0)

    def _network(self) -> Any:
        network = getattr(self._local, "network", None)
        if network is None:
            try:
                network = cv2.FaceDetectorYN.create(str(self._file), "", (320, 320), self.min_score, 0.3)
            except cv2.error as error:
                raise InvalidWeights(f"OpenCV cannot read {self._file} as YuNet weights: {error.err}.") from error
            self._local.network = network
        return network


def _detection(row: list[float], scale: float) -> Detection:
    """Read one row of OpenCV's answer: x, y, width, height, five points, score."""
    values = [value * scale for value in row[:14]]
    landmarks: Landmarks = tuple(zip(values[4::2], values[5::2], strict=True))  # type: ignore[assignment]
    x, y, width, height = values[:4]
    return Detection(x, y, width, height, min(row[14], 1.0), landmarks)


def _checked(weights: Path | None) -> Path:
    if weights is None:
        raise ConfigurationError(
            "The yunet detector needs its weights: set MIEN_YUNET_FILE to a face_detection_yunet_*.onnx file.",
            field="yunet_file",
        )
    if not weights.is_file():
        raise InvalidWeights(f"There is no YuNet file {weights}; the setting MIEN_YUNET_FILE names it.")
    return weights
