"""Many images at once are answered as each by itself."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from contracts.errors import CorruptImage, NotAnImage
from contracts.results import Analysis
from models import Analyzer
from models.batching import BatchAnalyzer, DeviceLost
from models.classification import load_classifier
from models.detection import BgrImage, Detection, load_detector
from models.detection.lite import LiteDetector
from models.runtimes.programs import Programs
from models.stages import Lap
from support.acceleration import ACCELERATION

Photo = Callable[..., bytes]


@pytest.fixture(scope="module")
def images(photo: Photo, crowd: bytes) -> list[bytes]:
    """Of many sizes, forms and orientations; two that are broken in the middle of them."""
    empty = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 120, 60)).save(empty, "JPEG")
    return [
        photo(),
        photo(640, 480),
        photo(300, 400),
        photo(1200, 900),
        photo(orientation=6),
        photo(640, 360, orientation=3),
        photo()[:9000],
        photo(480, 640, orientation=8),
        photo(kind="PNG"),
        b"no image at all",
        photo(600, 400, kind="WEBP"),
        empty.getvalue(),
        crowd,
        photo(9, 9),
        photo(3, 400, kind="PNG"),
        photo(96, 96),
        photo(320, 320, orientation=5),
    ]


@pytest.fixture(scope="module")
def expected(single: Analyzer, images: list[bytes]) -> list[Analysis | Exception]:
    return [alone(single, image) for image in images]


def alone(analyzer: Analyzer, image: bytes) -> Analysis | Exception:
    try:
        return analyzer.analyze_image(image)
    except Exception as error:
        return error


def same(found: Analysis | Exception, expected: Analysis | Exception) -> None:
    """Boxes within a pixel, probabilities within a thousandth; or the same error."""
    if isinstance(expected, Exception) or isinstance(found, Exception):
        assert (type(found), str(found)) == (type(expected), str(expected))
        return
    assert len(found.faces) == len(expected.faces)
    for face, other in zip(found.faces, expected.faces, strict=True):
        assert np.abs(np.subtract(box(face), box(other))).max() <= 1
        assert face.scores == pytest.approx(other.scores, abs=1e-3)
        assert face.quality == other.quality
    left_out = {"faces", "stages_ms"}
    assert found.model_dump(exclude=left_out) == expected.model_dump(exclude=left_out)


def box(face: object) -> list[int]:
    return list(face.box.model_dump().values())  # type: ignore[attr-defined]


def test_images_of_all_kinds_are_answered_as_each_by_itself(
    batching: BatchAnalyzer, images: list[bytes], expected: list[Analysis | Exception]
) -> None:
    for found, other in zip(batching.analyze_images(images), expected, strict=True):
        same(found, other)


def test_the_photos_are_what_they_are_meant_to_be(expected: list[Analysis | Exception]) -> None:
    counts = [len(each.faces) if isinstance(each, Analysis) else type(each) for each in expected]
    assert counts[:2] == [1, 1]
    assert (counts[6], counts[9]) == (CorruptImage, NotAnImage)
    assert counts[11] == 0
    assert counts[12] == 200


@pytest.mark.parametrize("count", [0, 2, 7])
def test_it_does_not_matter_which_images_are_beside(
    batching: BatchAnalyzer, images: list[bytes], expected: list[Analysis | Exception], count: int
) -> None:
    order = np.random.default_rng(count).permutation(len(images))[:count]
    found = batching.analyze_images([images[number] for number in order])
    assert len(found) == count
    for each, number in zip(found, order, strict=True):
        same(each, expected[number])


def test_one_image_is_answered_as_among_others(
    batching: BatchAnalyzer, images: list[bytes], expected: list[Analysis | Exception]
) -> None:
    same(batching.analyze_image(images[1]), expected[1])
    with pytest.raises(CorruptImage):
        batching.analyze_image(images[6])


def test_another_network_reads_what_the_same_detector_finds(batching: BatchAnalyzer, photo: Photo) -> None:
    other = batching.reading_with(load_classifier("mien-3", runtime="keras", acceleration=ACCELERATION))
    (found,) = other.analyze_images([photo()])
    assert isinstance(found, Analysis)
    assert (found.model, len(found.faces)) == ("mien-3", 1)


class Poisoned:
    """The default detector, but that one picture, all in white, is too much for it."""

    def __init__(self) -> None:
        self._detector = load_detector()
        self.name, self.min_score, self.keep_score = "lite", self._detector.min_score, self._detector.keep_score
        self.sufficient_size, self.smallest_face = self._detector.sufficient_size, self._detector.smallest_face

    def detect(self, image: BgrImage, original: int | None = None, *, keep: bool = False) -> list[Detection]:
        if image.mean() > 250:
            raise RuntimeError("too bright")
        return self._detector.detect(image, original, keep=keep)


def _white() -> bytes:
    white = io.BytesIO()
    Image.new("RGB", (64, 64), (255, 255, 255)).save(white, "PNG")
    return white.getvalue()


def test_an_image_at_which_the_whole_batch_fails_is_lost_alone(photo: Photo, caplog: pytest.LogCaptureFixture) -> None:
    analyzer = BatchAnalyzer(Poisoned(), None, acceleration=ACCELERATION)
    found = analyzer.analyze_images([photo(48, 48)] * 200 + [_white()] + [photo(48, 48)] * 55)
    assert [isinstance(each, Analysis) for each in found] == [True] * 200 + [False] + [True] * 55
    assert str(found[200]) == "too bright"
    assert "a batch of 256 images fails, and is analysed in halves: too bright" in caplog.text


def test_several_images_at_fault_are_all_that_is_lost(photo: Photo) -> None:
    analyzer = BatchAnalyzer(Poisoned(), None, acceleration=ACCELERATION)
    found = analyzer.analyze_images([b"no image at all", *[_white()] * 3])
    assert [type(each) for each in found] == [NotAnImage, *[RuntimeError] * 3]
    with pytest.raises(RuntimeError, match="too bright"):
        analyzer.analyze_image(_white())


def test_a_device_that_reads_no_image_any_more_is_at_fault_itself(
    detector: LiteDetector, photo: Photo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    analyzer = BatchAnalyzer(detector, None, acceleration=ACCELERATION)
    monkeypatch.setattr(Programs, "run", lost)
    with pytest.raises(DeviceLost, match=r"CPU analyses nothing any more.*CUDA_ERROR_ECC_UNCORRECTABLE"):
        analyzer.analyze_images([photo()] * 5)
    with pytest.raises(DeviceLost):
        analyzer.analyze_image(photo())
    with pytest.raises(NotAnImage):
        analyzer.analyze_image(b"no image at all")
    assert "halves" not in caplog.text


def lost(*_: object) -> None:
    raise RuntimeError("CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered")


def test_what_is_done_for_one_image_alone_is_done_within_what_belongs_to_it(
    batching: BatchAnalyzer, images: list[bytes]
) -> None:
    entered, left = list[int](), list[int]()

    @contextmanager
    def around(number: int) -> Iterator[None]:
        entered.append(number)
        yield
        left.append(number)

    batching.analyze_images(images[:3], around=around)
    assert set(entered) == set(left) == {0, 1, 2}


def test_an_analysis_says_where_time_went_its_own_and_its_share_of_the_batch(
    batching: BatchAnalyzer, photo: Photo
) -> None:
    seconds, pool_seconds = dict[str, float](), dict[str, float]()
    laps: list[list[Lap] | None] = [[], None]
    found = batching.analyze_images([photo(), photo(300, 300)], seconds, pool_seconds, laps=laps)
    for each in found:
        assert isinstance(each, Analysis)
        assert set(each.stages_ms) == {"decode", "detect", "classify"}
    assert set(seconds) == {"decode", "detect", "classify"}
    assert set(pool_seconds) == {"decode"}
    assert laps[0] is not None
    assert [lap.stage for lap in laps[0]] == ["decode", "detect", "decode", "crop", "classify"]
    assert all(lap.begun_at <= lap.ended_at for lap in laps[0])
