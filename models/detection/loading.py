"""Detectors by name."""

from collections.abc import Callable
from typing import Any, Final

from contracts.errors import ConfigurationError
from models.detection.base import Detector
from models.detection.haar import HaarDetector
from models.detection.lite import LiteDetector
from models.detection.mtcnn import MtcnnDetector
from models.detection.yunet import YunetDetector

_DETECTORS: Final[dict[str, Callable[..., Detector]]] = {
    "lite": LiteDetector,
    "haar": HaarDetector,
    "mtcnn": MtcnnDetector,
    "yunet": YunetDetector,
}
DETECTORS: Final[tuple[str, ...]] = tuple(_DETECTORS)
"""The names that ``load_detector`` and the setting MIEN_DETECTOR take."""
DEFAULT_DETECTOR: Final = "lite"


def load_detector(name: str = DEFAULT_DETECTOR, *, min_score: float | None = None, **options: Any) -> Detector:
    """Load a detector, ready to be used by several threads.

    Args:
        name: one of ``DETECTORS``.
        min_score: least score of what is found, in 0..1; by default the detector's own.
        **options: of the named detector, such as ``weights=`` for yunet, ``working_size=`` for haar or ``effort=`` for
            lite.

    Raises:
        ConfigurationError: an unknown name, a score outside 0..1, a missing package or weight file.
        InvalidWeights: a damaged weight file.
    """
    if name not in _DETECTORS:
        raise ConfigurationError(
            f"There is no detector {name!r}; choose one of {', '.join(DETECTORS)}.", field="detector"
        )
    if min_score is not None:
        if not 0 <= min_score <= 1:
            raise ConfigurationError(f"A detector's min_score lies in 0..1, not at {min_score}.", field="min_score")
        options["min_score"] = min_score
    return _DETECTORS[name](**options)
