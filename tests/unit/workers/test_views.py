"""Views of a frame: once a form in which it is watched, with the analysis of that frame, blurred where it has to be."""

import json
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from contracts.frames import CameraOptions, Frame, FrameResult, FrameStamp
from contracts.metrics import FRAMES_DRAWN, VIEWS_ENCODED, metric_key
from contracts.results import Analysis, Box
from contracts.views import DEFAULT, Variant, View
from models.images.decode import decode
from support.analyzers import with_analyzer
from support.counting import counted
from support.factories import make_analysis, make_face
from workers.frames import analyze_frame
from workers.services import Services

PLAIN = Variant(boxes=False)
SMALL = Variant(width=80, quality=60, boxes=False)
FACE = Box(x=60, y=40, width=30, height=36)


class FaceWhereItIs:
    """Finds the red square of a picture, but in frames in which it is told to miss it."""

    begin_score = 0.5

    def __init__(self) -> None:
        self.misses = False

    def analyze_image(self, data: bytes, *_: Any, **__: Any) -> Analysis:
        pixels = self.decode(data).pixels
        red = np.argwhere((pixels[..., 2] > 180) & (pixels[..., 1] < 90))
        (top, left), (bottom, right) = red.min(0).tolist(), red.max(0).tolist()
        box = Box(x=left, y=top, width=right - left + 1, height=bottom - top + 1)
        faces = [] if self.misses else [make_face("Neutral", box=box)]
        return make_analysis(*faces, width=pixels.shape[1], height=pixels.shape[0])

    def decode(self, data: bytes) -> Any:
        return decode(data)


def picture(box: Box = FACE) -> bytes:
    pixels = np.full((120, 160, 3), 40, np.uint8)
    pixels[box.y : box.y + box.height, box.x : box.x + box.width] = (20, 20, 230)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def is_red(jpeg: bytes) -> bool:
    """Whether anything of the face can be seen."""
    pixels = decode(jpeg).pixels.astype(int)
    return bool(((pixels[..., 2] - pixels[..., 1]) > 60).any())


@pytest.fixture
def finder() -> FaceWhereItIs:
    return FaceWhereItIs()


@pytest.fixture
def analyze(services: Services, finder: FaceWhereItIs) -> Callable[..., dict[Variant, View]]:
    """Publish a frame, have it analysed, and look at these views."""
    working = with_analyzer(services, finder)
    begun = time.time()

    def run(sequence: int, *variants: Variant, blur: bool = False, box: Box = FACE, epoch: int = 1) -> Any:
        working.frames.views.want("cam", variants)
        options, taken_at = CameraOptions(blur=blur), begun + sequence / 15
        stamp = FrameStamp(epoch, sequence)
        assert working.frames.publish(Frame("cam", stamp, taken_at, picture(box), options=options))
        working.frames.reserve_request("cam", f"{epoch}-{sequence}")
        assert analyze_frame(working, "cam", f"{epoch}-{sequence}") == "finished"
        return working.frames.views.get("cam", variants).by_variant

    return run


def test_each_form_is_made_once_with_the_analysis_of_that_frame(
    services: Services, analyze: Callable[..., dict[Variant, View]]
) -> None:
    views = analyze(1, DEFAULT, PLAIN, SMALL)
    assert views[PLAIN].jpeg == picture(), "as it was captured: nothing is encoded again"
    assert decode(views[SMALL].jpeg).pixels.shape == (60, 80, 3)
    assert views[DEFAULT].jpeg != picture()
    for view in views.values():
        result = FrameResult.model_validate_json(view.result)
        assert (result.sequence, len(result.faces)) == (1, 1)
        assert view.stamp == FrameStamp(1, 1)
    assert counted(services)[metric_key(VIEWS_ENCODED, camera="cam")] == 2
    assert counted(services)[metric_key(FRAMES_DRAWN, camera="cam")] == 1


def test_a_form_of_a_lower_rate_is_made_less_often(analyze: Callable[..., dict[Variant, View]]) -> None:
    slow = Variant(fps=5)
    stamps = [analyze(sequence, slow)[slow].stamp.sequence for sequence in range(1, 31)]
    assert 9 <= len(set(stamps)) <= 11


def test_forms_that_look_alike_are_encoded_once(
    services: Services, analyze: Callable[..., dict[Variant, View]]
) -> None:
    analyze(1, SMALL, SMALL._replace(fps=5), SMALL._replace(blur=True), blur=True)
    assert counted(services)[metric_key(VIEWS_ENCODED, camera="cam")] == 1


@pytest.mark.parametrize("variant", [DEFAULT, PLAIN, SMALL])
def test_a_camera_with_blur_is_blurred_in_every_form(
    analyze: Callable[..., dict[Variant, View]], variant: Variant
) -> None:
    view = analyze(1, variant, blur=True)[variant]
    assert view.blurred
    assert not is_red(view.jpeg)
    assert json.loads(view.result)["faces"], "where faces are is told"


def test_a_viewer_may_ask_for_blur(analyze: Callable[..., dict[Variant, View]]) -> None:
    views = analyze(1, PLAIN, PLAIN._replace(blur=True))
    assert (views[PLAIN].blurred, is_red(views[PLAIN].jpeg)) == (False, True)
    blurred = views[PLAIN._replace(blur=True)]
    assert (blurred.blurred, is_red(blurred.jpeg)) == (True, False)


def test_of_500_frames_with_a_known_face_none_is_unblurred(
    analyze: Callable[..., dict[Variant, View]], finder: FaceWhereItIs
) -> None:
    """It walks to and fro; the detector misses it for 24 frames in a row, and capture starts afresh meanwhile."""
    for sequence in range(1, 501):
        finder.misses = sequence % 50 > 25
        place = abs((sequence % 80) - 40)
        epoch = 1 if sequence < 340 else 2
        box = Box(x=30 + place, y=40, width=30, height=36)
        views = analyze(sequence, DEFAULT, PLAIN, SMALL, blur=True, box=box, epoch=epoch)
        assert len(views) == 3
        for variant, view in views.items():
            assert view.stamp.sequence == sequence
            assert view.blurred
            assert not is_red(view.jpeg), (sequence, variant)
