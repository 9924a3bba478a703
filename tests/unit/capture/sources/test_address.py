"""A camera on the network: named without its password, and not waited for when it is opened."""

from contextlib import closing

import cv2
import pytest

from capture.sources import address
from capture.sources.address import open_address


def test_it_is_named_without_its_password() -> None:
    with closing(open_address("rtsp://anna:secret@127.0.0.1:9/live")) as source:
        assert source.name == "The camera at rtsp://127.0.0.1:9/live"


def test_one_that_does_not_answer_is_opened_and_sends_nothing_yet() -> None:
    with closing(open_address("http://127.0.0.1:9/stream.mjpg")) as source:
        assert source.read() is None


def test_opening_and_reading_have_time_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[object, ...]] = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda *arguments: opened.append(arguments))
    address._connect("rtsp://127.0.0.1:9/live")
    ((url, backend, options),) = opened
    assert (url, backend) == ("rtsp://127.0.0.1:9/live", cv2.CAP_FFMPEG)
    limits = dict(zip(options[::2], options[1::2], strict=True))  # type: ignore[index]
    assert limits == {cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: 5_000, cv2.CAP_PROP_READ_TIMEOUT_MSEC: 5_000}
