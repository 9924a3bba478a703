"""A message of the viewers' WebSocket, to the byte."""

import io
import json

from PIL import Image

from api.live.header import Told, of_frame, of_view, pack
from contracts.frames import FrameStamp, TrackedFace
from support.factories import make_face, make_frame_result
from support.live import unpack

FACE = TrackedFace(**make_face().model_dump(), track=7)


def test_length_header_and_picture() -> None:
    message = pack('{"camera":"Käse"}', b"\xff\xd8jpeg")
    assert message == b"\x00\x00\x00\x12" + '{"camera":"Käse"}'.encode() + b"\xff\xd8jpeg"
    assert unpack(message) == ({"camera": "Käse"}, b"\xff\xd8jpeg")


def test_a_view_comes_with_the_faces_of_its_frame() -> None:
    result = make_frame_result(17, FACE)
    told = of_view(result.model_dump_json().encode(), FrameStamp(1, 17), 12.5, faces_only=False)
    assert (told.picture, told.epoch, told.sequence, told.captured_at) == ("analyzed", 1, 17, 12.5)
    assert (told.width, told.height, told.model, told.labels) == (64, 48, "mien-2", "fer2013")
    assert told.faces is not None
    assert (told.faces[0].track, told.faces[0].emotion) == (7, "Happy")


def test_with_faces_only_no_emotion_is_told_whatever_was_read() -> None:
    told = of_view(make_frame_result(1, FACE).model_dump_json().encode(), FrameStamp(1, 1), 1.0, faces_only=True)
    assert told.faces is not None
    assert (told.faces[0].emotion, told.faces[0].scores, told.model) == (None, {}, "none")


def test_what_another_version_stored_is_passed_over() -> None:
    later = json.dumps(make_frame_result(1, FACE).model_dump() | {"new": 1}).encode()
    assert of_view(later, FrameStamp(1, 1), 1.0, faces_only=False).faces
    for stored in (b"", b"{}"):
        told = of_view(stored, FrameStamp(1, 1), 1.0, faces_only=False)
        assert (told.picture, told.faces, told.sequence) == ("analyzed", None, 1)


def test_a_plain_frame_has_its_size_and_no_faces() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24)).save(buffer, "JPEG")
    told = of_frame(buffer.getvalue(), FrameStamp(1, 3), 1.0)
    assert (told.picture, told.width, told.height, told.faces) == ("plain", 32, 24, None)
    assert of_frame(b"no picture", FrameStamp(1, 3), 1.0).width is None
    assert Told().picture == "placeholder"
