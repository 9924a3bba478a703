"""One camera in one variant, as all its viewers in this process see it: which picture is shown, and when.

In order of preference: the newest view, whose frame has been analysed; the plain newest frame while analyses stall, or
come so late that plain video is worth more; a placeholder once frames stop as well. Where faces are to be blurred there
is no plain frame: what is not known to be blurred is not shown.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Any, Final

from api.live import mjpeg
from api.live.header import Told, of_frame, of_view
from contracts.frames import Frame, FrameStamp
from contracts.results import NO_MODEL
from contracts.storage.views import Newest
from contracts.views import Variant, View, next_due

LATE_S: Final = 0.75
"""A view of a frame so much older than the newest is late, and plain frames are shown. So long one waits for views."""
BLURRED_LATE_S: Final = 2.0
"""The same where there are no plain frames: then comes the placeholder."""
_NOTHING: Final = FrameStamp(0, 0)
"""Shown before the first frame, and when a camera is gone."""


class Kind(StrEnum):
    """What a picture shows; sent along as the part's ``Mien-Picture`` header."""

    ANNOTATED = "annotated"
    PLAIN = "plain"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True)
class Shown:
    """The picture that is shown; what viewers are sent of it is made once for all of them."""

    serial: int
    kind: Kind
    jpeg: bytes
    stamp: FrameStamp = _NOTHING
    captured_at: float | None = None
    """Seconds since 1970, by Redis' clock."""
    result: bytes = b""
    """The analysis of exactly this frame, as JSON, if it is annotated."""
    blurred: bool = False
    faces_only: bool = False
    """Whether emotions of that analysis are not told."""

    @property
    def is_picture(self) -> bool:
        """Whether it is of the camera."""
        return self.kind is not Kind.PLACEHOLDER

    @cached_property
    def part(self) -> mjpeg.Picture:
        """For Motion JPEG."""
        return mjpeg.picture(self.kind.value, self.jpeg, self.stamp.sequence if self.stamp != _NOTHING else None)

    @cached_property
    def told(self) -> str:
        """What is told beside it on a WebSocket, as JSON."""
        if self.kind is Kind.ANNOTATED:
            told = of_view(self.result, self.stamp, self.captured_at, faces_only=self.faces_only)
        else:
            told = of_frame(self.jpeg, self.stamp, self.captured_at) if self.kind is Kind.PLAIN else Told()
        return told.model_dump_json()


class Channel:
    """Chooses what is shown, of what is offered. One thread offers; any number of viewers look."""

    def __init__(self, variant: Variant, gone_after_s: float, *, faces_only: bool) -> None:
        """Show nothing yet.

        Args:
            variant: the form in which viewers want to see the camera.
            gone_after_s: without a frame for so long the placeholder is shown.
            faces_only: whether views on which emotions are drawn are not to be shown.
        """
        self.variant = variant
        self.viewers = 0
        self.has_place = True
        """Whether workers make this variant; without one plain frames are shown, as while analyses stall."""
        self.shown: Shown | None = None
        self._gone_after_s, self._faces_only = gone_after_s, faces_only
        self._wakers = set[threading.Event]()
        self._behind_since: float | None = None
        self._seen_at = float("-inf")
        self._hidden = variant.blur
        self._hidden_until = _NOTHING
        self._due = 0.0

    @contextmanager
    def waking(self, waker: threading.Event) -> Iterator[None]:
        """Within the block this event is set whenever something else is shown."""
        self._wakers.add(waker)
        try:
            yield
        finally:
            self._wakers.discard(waker)

    def wake(self) -> None:
        """Have all viewers look."""
        for waker in tuple(self._wakers):
            waker.set()

    def frame_came(self, now: float) -> None:
        """There is a new frame; `now` by a clock that is never put back."""
        self._seen_at = now
        if self._behind_since is None:
            self._behind_since = now

    def wants_plain(self, now: float) -> bool:
        """Whether it is time to offer the newest frame as it is: there is nothing yet, or views stall."""
        if self.shown is None or self._is_behind(now):
            return True
        return self.shown.kind is Kind.PLACEHOLDER and self._behind_since is not None and not self._hidden

    def know(self, newest: Newest | Frame) -> None:
        """Take notice of whether faces are to be blurred from this frame on."""
        self._hidden = self.variant.blur or newest.options.blur
        if self._hidden:
            self._hidden_until = max(self._hidden_until, newest.stamp)
            if self.shown is not None and not self.shown.blurred:
                self.show_placeholder()

    def offer_view(self, view: View, newest: Newest | None, now: float) -> None:
        """Show a view, unless it may not be shown, is late, or a later picture is shown."""
        if self._faces_only and self.variant.boxes and view.model != NO_MODEL:
            return
        if not view.blurred and self._must_be_blurred(view.stamp):
            return
        later = newest is not None and newest.stamp > view.stamp
        lag = newest.captured_at - view.captured_at if newest is not None and later else 0.0
        if lag > LATE_S and not self._hidden:
            return
        self._seen_at = now
        self._behind_since = now - lag if later and not self._hidden else None
        if view.stamp >= self._stamp:  # else plain ones were shown meanwhile: it stands still until it is later
            self._show(
                Kind.ANNOTATED,
                view.jpeg,
                stamp=view.stamp,
                captured_at=view.captured_at,
                result=view.result,
                blurred=view.blurred,
            )

    def offer_frame(self, frame: Frame, now: float) -> None:
        """Show a frame as it was captured, unless it may not be shown, or comes too soon."""
        self.know(frame)
        self._seen_at = now
        if self._must_be_blurred(frame.stamp):
            if self.shown is None or self._is_behind(now):
                self.show_placeholder()
            return
        due = next_due(self._due, frame.captured_at, self.variant.fps)
        if due is not None and frame.stamp >= self._stamp:
            self._due = due
            self._show(Kind.PLAIN, frame.jpeg, stamp=frame.stamp, captured_at=frame.captured_at)

    def show_placeholder_if_gone(self, now: float) -> None:
        """What is shown when the camera is away for long."""
        if self.shown is None or now > self._seen_at + self._gone_after_s:
            self._behind_since = None
            self.show_placeholder()

    def show_placeholder(self) -> None:
        """Show that there is no picture, if that is not shown already."""
        if self.shown is None or self.shown.kind is not Kind.PLACEHOLDER:
            self._show(Kind.PLACEHOLDER, placeholder())

    @property
    def _stamp(self) -> FrameStamp:
        return self.shown.stamp if self.shown else _NOTHING

    def _must_be_blurred(self, stamp: FrameStamp) -> bool:
        return self._hidden or stamp <= self._hidden_until

    def _is_behind(self, now: float) -> bool:
        patience = BLURRED_LATE_S if self._hidden else LATE_S
        return self._behind_since is not None and now > self._behind_since + patience

    def _show(self, kind: Kind, jpeg: bytes, **of_it: Any) -> None:
        serial = self.shown.serial + 1 if self.shown else 1
        self.shown = Shown(serial, kind, jpeg, faces_only=self._faces_only, **of_it)
        self.wake()


def placeholder() -> bytes:
    """The JPEG shown in place of a camera that is gone."""
    return files("api").joinpath("page", "no-picture.jpg").read_bytes()
