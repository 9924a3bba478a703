"""One camera on a WebSocket: two pictures on their way, and the newest then; places are given back."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from api.live.seat import IN_FLIGHT, Seat
from api.services import services_of
from contracts.errors import Overloaded
from contracts.frames import Frame, FrameStamp
from contracts.storage.frames import FrameStore
from contracts.views import DEFAULT, Variant
from support.clocks import WaitFor
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


def test_a_form_too_many_gives_its_place_back(app: Flask, frames: FrameStore, places: Places) -> None:
    publish(frames, 1)
    frames.views.want("cam", [Variant(quality=quality) for quality in range(10, 15)])
    seat = Seat(services_of(app).video, "cam", Variant(quality=90), places.sit)
    seat.open(threading.Event())
    assert "forms" in unpack(seat.next(1))[0]["message"]
    assert places.taken == 0
