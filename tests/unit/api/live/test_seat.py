"""One camera on a WebSocket: two pictures on their way, and the newest then; places are given back."""

import itertools
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from redis import Redis

from api.live.seat import IN_FLIGHT, Seat
from api.live.state import FULL
from api.services import services_of
from contracts.errors import Overloaded
from contracts.frames import Frame, FrameStamp
from contracts.storage import keys
from contracts.storage.frames import FrameStore
from contracts.views import DEFAULT, Variant, View
from support.clocks import WaitFor
from support.factories import marked
from support.live import unpack


class Places:
    """Counts who sits."""

    def __init__(self, most: int = 9) -> None:
        self.taken, self._most = 0, most

    def sit(self) -> Callable[[], None]:
        if self.taken == self._most:
            raise Overloaded("There is no place.", retry_after=1)
        self.taken += 1

        def leave() -> None:
            self.taken -= 1

        return leave


@pytest.fixture
def places() -> Places:
    return Places()


@pytest.fixture
def seat(app: Flask, places: Places) -> Iterator[Seat]:
    one = Seat(services_of(app).video, "cam", DEFAULT, places.sit)
    yield one
    one.close()


def publish(frames: FrameStore, sequence: int) -> None:
    assert frames.publish(Frame("cam", FrameStamp(1, sequence), frames.now(), b"plain %d" % sequence))


def test_what_is_sent_is_bounded_and_then_the_newest(
    seat: Seat, places: Places, frames: FrameStore, wait_for: WaitFor
) -> None:
    publish(frames, 1)
    seat.open(threading.Event())
    assert places.taken == 1
    channel = seat._channel
    assert channel is not None
    serial = 0
    for sequence in range(2, 2 + IN_FLIGHT):
        message = wait_for(lambda: seat.next(serial + 1), "a picture")  # noqa: B023
        serial += 1
        assert unpack(message)[1]
        publish(frames, sequence)
        wait_for(lambda: channel.shown and channel.shown.stamp.sequence == sequence, "the next to be shown")  # noqa: B023
    assert not unpack(seat.next(9) or b"\0\0\0\2{}")[1], "nothing but the state, if that"
    seat.drawn(serial)
    header, jpeg = unpack(seat.next(10))
    assert (header["sequence"], jpeg) == (1 + IN_FLIGHT, b"plain %d" % (1 + IN_FLIGHT))
    seat.close()
    assert places.taken == 0


def test_who_finds_no_place_is_told_and_tried_again_later(app: Flask, frames: FrameStore) -> None:
    publish(frames, 1)
    seat = Seat(services_of(app).video, "cam", DEFAULT, Places(0).sit)
    seat.open(threading.Event())
    header, jpeg = unpack(seat.next(1))
    assert (header["message"], header["picture"], jpeg) == ("There is no place.", "placeholder", b"")
    assert seat.next(2) is None
    seat.close()


OTHERS = [Variant(quality=quality) for quality in range(10, 15)]


@pytest.mark.parametrize("blur", [False, True])
def test_a_form_too_many_shows_frames_as_they_are_until_it_has_a_place(
    app: Flask, frames: FrameStore, places: Places, redis: Redis, wait_for: WaitFor, *, blur: bool
) -> None:
    publish(frames, 1)
    frames.views.want("cam", OTHERS)
    variant = Variant(width=320, boxes=False, blur=blur)
    seat = Seat(services_of(app).video, "cam", variant, places.sit)
    sequence = itertools.count(2)

    def until(picture: str, message: str | None) -> bytes:
        """The picture of the first message that is so; others keep their places meanwhile."""

        def told() -> tuple[bytes] | None:
            publish(frames, next(sequence))
            seat.open(threading.Event())
            header, jpeg = unpack(seat.next(1) or b"\0\0\0\2{}")
            seat.drawn(1)
            return (jpeg,) if header.get("picture") == picture and header["message"] == message else None

        return wait_for(told, f"{picture}: {message}")[0]

    until("placeholder" if blur else "plain", FULL)
    assert places.taken == 1
    redis.delete(keys.wanted("cam"))  # the others have gone: the reader asks again within a second
    wait_for(lambda: variant in frames.views.wanted("cam"), "a place")
    frame = frames.newest("cam")
    assert frame is not None
    view = View(frame.stamp, frame.captured_at, b"drawn", "mien-2", blurred=blur)
    frames.views.put("cam", {variant: view}, marked(frames))
    wait_for(lambda: (message := seat.next(2)) and unpack(message)[1] == b"drawn", "its own form")
    seat.close()
    assert places.taken == 0


def test_a_form_that_lost_its_place_says_so(app: Flask, frames: FrameStore, redis: Redis, wait_for: WaitFor) -> None:
    publish(frames, 1)
    seat = Seat(services_of(app).video, "cam", Variant(width=320), lambda: lambda: None)
    seat.open(threading.Event())
    channel = seat._channel
    assert channel is not None
    assert channel.has_place
    sequence = itertools.count(2)

    def told() -> bool:
        redis.delete(keys.wanted("cam"))  # Redis was restarted, and others are quicker
        frames.views.want("cam", OTHERS)
        publish(frames, next(sequence))
        message = seat.next(1)
        seat.drawn(1)
        return message is not None and unpack(message)[0]["message"] == FULL

    wait_for(told, "the sentence")
    seat.close()
