"""Where the faces are: several detectors behind one protocol.

>>> from models.detection import load_detector
>>> boxes = load_detector(min_score=0.5).detect(image)  # doctest: +SKIP
"""

from models.detection.base import BgrImage, Detection, Detector, Landmarks
from models.detection.loading import DEFAULT_DETECTOR, DETECTORS, load_detector

__all__ = ["DEFAULT_DETECTOR", "DETECTORS", "BgrImage", "Detection", "Detector", "Landmarks", "load_detector"]
