"""Views of a frame: each form in which viewers want to see it, drawn and encoded once for all of them."""

import time
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from contracts.devices import metric_name
from contracts.frames import Frame, FrameResult
from contracts.metrics import FRAMES_DRAWN, STAGE_DURATION, STAGE_SECONDS, VIEWS_ENCODED, metric_key, observe
from contracts.results import Box
from contracts.views import Variant, View, next_due
from models.blurring import hide
from models.drawing import at_most, draw_faces, encode_jpeg
from workers.services import Services

Pixels = npt.NDArray[np.uint8]


def show(
    services: Services, frame: Frame, result: FrameResult, heads: Sequence[Box], amounts: defaultdict[str, float]
) -> None:
    """Make the views of a frame that are wanted, and due, and store them.

    Args:
        services: what to work with.
        frame: as it was captured.
        result: of its analysis.
        heads: what is hidden where faces are not to be seen, in pixels of the frame.
        amounts: what is counted.
    """
    begun = time.perf_counter()
    views, drawing = dict[Variant, View](), _Drawing(services, frame, result, heads)
    for variant, due in services.frames.views.wanted(frame.camera).items():
        next_one = next_due(due, frame.captured_at, variant.fps)
        if next_one is not None:
            blurred = variant.blur or frame.options.blur
            jpeg = drawing.jpeg(variant._replace(blur=blurred, fps=0))
            views[variant] = View(frame.stamp, frame.captured_at, jpeg, result.model, blurred, drawing.told, next_one)
    if views:
        services.frames.views.put(frame.camera, views, frame.mark)
        seconds = time.perf_counter() - begun
        amounts[metric_key(STAGE_SECONDS, stage="draw")] += seconds
        observe(amounts, STAGE_DURATION, seconds, stage="draw")
        amounts[metric_key(FRAMES_DRAWN, camera=metric_name(frame.camera))] += 1
        amounts[metric_key(VIEWS_ENCODED, camera=metric_name(frame.camera))] += drawing.encoded


class _Drawing:
    """The pictures of one frame; what several variants have in common is made once."""

    def __init__(self, services: Services, frame: Frame, result: FrameResult, heads: Sequence[Box]) -> None:
        self.encoded = 0
        self._services, self._frame, self._result, self._heads = services, frame, result, heads
        self._made = dict[Variant, bytes]()

    @cached_property
    def told(self) -> bytes:
        return self._result.model_dump_json().encode()

    def jpeg(self, variant: Variant) -> bytes:
        if self._is_as_captured(variant):
            return self._frame.jpeg
        if variant not in self._made:
            self._made[variant] = self._draw(variant)
            self.encoded += 1
        return self._made[variant]

    def _is_as_captured(self, variant: Variant) -> bool:
        """Whether it needs no pixels: quality can only be lost again, so that of the camera is good enough."""
        small = not variant.width or max(self._result.width, self._result.height) <= variant.width
        return small and not variant.boxes and not variant.blur

    def _draw(self, variant: Variant) -> bytes:
        pixels, scale = (self._hidden if variant.blur else self._plain), self._scale
        if variant.width:
            pixels = at_most(pixels, variant.width)
            scale = self._result.width / pixels.shape[1]
        if variant.boxes:
            pixels = draw_faces(pixels, self._result.faces, scale)
        return encode_jpeg(pixels, variant.quality)

    @cached_property
    def _decoded(self) -> tuple[Pixels, float]:
        decoded = self._services.analyzer.decode(self._frame.jpeg)  # finer than the analysis needed it
        return decoded.pixels, decoded.scale

    @property
    def _plain(self) -> Pixels:
        return self._decoded[0]

    @property
    def _scale(self) -> float:
        return self._decoded[1]

    @cached_property
    def _hidden(self) -> Pixels:
        return hide(self._plain, self._heads, self._scale)
