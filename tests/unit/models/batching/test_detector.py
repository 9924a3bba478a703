"""Many searches at once find what each finds by itself."""

from collections.abc import Callable

import numpy as np
import pytest

from models.batching.detector import BatchDetector, most
from models.detection.lite import LiteDetector
from models.images.decode import decode
from models.runtimes.keras import KerasRuntime


@pytest.fixture(scope="module")
def together(detector: LiteDetector) -> BatchDetector:
    assert isinstance(detector.runtime, KerasRuntime)
    return BatchDetector(detector, detector.runtime)


@pytest.mark.parametrize("keep", [False, True])
def test_searches_of_one_pass_and_of_several_go_on_side_by_side(
    detector: LiteDetector, together: BatchDetector, photo: Callable[..., bytes], crowd: bytes, keep: bool
) -> None:
    pictures = [decode(data).pixels for data in (photo(), crowd, photo(1000, 700), photo(30, 30))]
    pictures.append(np.full((200, 300, 3), 127, np.uint8))
    begun = [together.begin(picture, max(picture.shape), keep=keep) for picture in pictures]
    assert len({len(passes) for _, passes in begun}) == 2
    for found, picture in zip(together.finish(begun), pictures, strict=True):
        expected = detector.detect(picture, max(picture.shape), keep=keep)
        assert len(found) == len(expected)
        for face, other in zip(found, expected, strict=True):
            assert face[:5] == pytest.approx(other[:5], abs=1e-2)
            assert np.allclose(face.landmarks or (), other.landmarks or (), atol=1e-2)


def test_larger_inputs_come_in_smaller_batches() -> None:
    assert most((320, 320)) == 256
    assert most((640, 960)) == 42
