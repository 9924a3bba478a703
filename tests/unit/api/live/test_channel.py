"""What is shown of what is offered: never back in time, plain while views are late, and nothing that is not blurred."""

import threading

import pytest

from api.live.channel import BLURRED_LATE_S, LATE_S, Channel, Kind
from contracts.frames import CameraOptions, Frame, FrameStamp
from contracts.storage.views import Newest
from contracts.views import DEFAULT, Variant, View

PLAIN, BLURRED = CameraOptions(), CameraOptions(blur=True)


def channel(variant: Variant = DEFAULT) -> Channel:
    return Channel(variant, gone_after_s=5.0, faces_only=False)


def frame(sequence: int, options: CameraOptions = PLAIN) -> Frame:
    return Frame("cam", FrameStamp(1, sequence), sequence / 15, b"plain %d" % sequence, options=options)


def newest(sequence: int, options: CameraOptions = PLAIN) -> Newest:
    return Newest(FrameStamp(1, sequence), sequence / 15, options)


def view(sequence: int, *, blurred: bool = False) -> View:
    return View(FrameStamp(1, sequence), sequence / 15, b"view %d" % sequence, "mien-2", blurred)


def shown(one: Channel) -> tuple[Kind, bytes]:
    assert one.shown is not None
    return one.shown.kind, one.shown.jpeg if one.shown.kind is not Kind.PLACEHOLDER else b""


def test_a_worker_that_makes_one_frame_a_second_leaves_the_video_to_plain_frames() -> None:
    """15 frames a second; each analysis takes a second."""
    one, ages = channel(), list[float]()
    for sequence in range(1, 60):
        now = sequence / 15
        one.frame_came(now)
        if one.wants_plain(now):
            one.offer_frame(frame(sequence), now)
        if sequence > 16 and sequence % 15 == 0:
            one.offer_view(view(sequence - 15), newest(sequence), now)
        if sequence > 15 and one.shown and one.shown.captured_at is not None:
            ages.append(now - one.shown.captured_at)
    assert max(ages) < 0.3


def test_a_slow_camera_does_not_flicker_between_plain_and_annotated() -> None:
    """One frame a second, analysed in 50 ms."""
    one = channel()
    for sequence in range(1, 10):
        taken_at = float(sequence)
        one.frame_came(taken_at)
        if one.wants_plain(taken_at):
            one.offer_frame(frame(sequence), taken_at)
        assert shown(one)[0] is (Kind.PLAIN if sequence == 1 else Kind.ANNOTATED)
        one.offer_view(view(sequence), newest(sequence), taken_at + 0.05)
        assert shown(one) == (Kind.ANNOTATED, b"view %d" % sequence)


def test_a_form_of_a_lower_rate_has_it_while_analyses_stall_too() -> None:
    one, pictures = channel(Variant(fps=5)), set[bytes]()
    for sequence in range(1, 151):
        one.frame_came(sequence / 15)
        if one.wants_plain(sequence / 15):
            one.offer_frame(frame(sequence), sequence / 15)
        pictures.add(shown(one)[1])
    assert 40 <= len(pictures) <= 52


def test_viewers_are_woken_only_for_what_is_new() -> None:
    one, waker = channel(), threading.Event()
    with one.waking(waker):
        one.offer_view(view(2), None, 0.0)
        assert waker.is_set()
        waker.clear()
        one.offer_view(view(1), None, 0.0)
        assert not waker.is_set()
    one.offer_view(view(3), None, 0.0)
    assert not waker.is_set()


@pytest.mark.parametrize("options", [PLAIN, BLURRED])
def test_at_the_start_of_a_blurred_view_there_is_a_placeholder(options: CameraOptions) -> None:
    one = channel(Variant(blur=options is PLAIN))
    one.offer_frame(frame(1, options), 0.0)
    assert shown(one) == (Kind.PLACEHOLDER, b"")
    one.offer_view(view(1), newest(1, options), 0.1)
    assert shown(one) == (Kind.PLACEHOLDER, b""), "it was not blurred: a worker of a version before made it"
    one.offer_view(view(1, blurred=True), newest(1, options), 0.1)
    assert shown(one) == (Kind.ANNOTATED, b"view 1")


def test_in_a_stall_the_last_blurred_view_stays_for_a_moment_and_then_there_is_a_placeholder() -> None:
    one = channel()
    one.offer_view(view(1, blurred=True), newest(1, BLURRED), 0.0)
    one.know(newest(1, BLURRED))
    seen = []
    for sequence in range(2, 60):
        now = sequence / 15
        one.frame_came(now)
        if one.wants_plain(now):
            one.offer_frame(frame(sequence, BLURRED), now)
        seen.append(shown(one))
    assert set(seen) == {(Kind.ANNOTATED, b"view 1"), (Kind.PLACEHOLDER, b"")}
    assert seen.index((Kind.PLACEHOLDER, b"")) == pytest.approx(15 * BLURRED_LATE_S, abs=2)
    one.offer_view(view(45, blurred=True), newest(59, BLURRED), 4.0)
    assert shown(one) == (Kind.ANNOTATED, b"view 45"), "a late view is worth more than none"


def test_blur_that_is_switched_on_takes_away_what_is_shown_and_what_was_before() -> None:
    one = channel()
    one.offer_view(view(5), newest(5), 0.0)
    assert shown(one) == (Kind.ANNOTATED, b"view 5")
    one.know(newest(7, BLURRED))
    assert shown(one) == (Kind.PLACEHOLDER, b"")
    for late in (view(6), view(7)):
        one.offer_view(late, newest(7, BLURRED), 0.1)
    one.offer_view(view(7), newest(8), 0.1)
    assert shown(one) == (Kind.PLACEHOLDER, b""), "7 was to be blurred, although 8 is not"
    one.know(newest(8))
    one.offer_view(view(8), newest(8), 0.2)
    assert shown(one) == (Kind.ANNOTATED, b"view 8")


def test_blur_that_is_switched_off_shows_plain_frames_again() -> None:
    one = channel()
    one.offer_frame(frame(1, BLURRED), 0.0)
    one.frame_came(0.1)
    now = 0.1 + BLURRED_LATE_S + 0.1
    assert one.wants_plain(now)
    one.offer_frame(frame(40), now)
    assert shown(one) == (Kind.PLAIN, b"plain 40")


def test_so_long_is_waited_for_a_view() -> None:
    one = channel()
    one.offer_view(view(1), newest(1), 0.0)
    one.frame_came(1.0)
    assert not one.wants_plain(1.0 + LATE_S)
    assert one.wants_plain(1.001 + LATE_S)
