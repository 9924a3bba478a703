"""Motion JPEG, to the byte."""

from api.live import mjpeg


def test_a_part_is_its_headers_the_picture_and_the_next_boundary() -> None:
    assert mjpeg.part(b"\xff\xd8", {"X": "y"}) == (
        b"Content-Type: image/jpeg\r\nContent-Length: 2\r\nX: y\r\n\r\n\xff\xd8\r\n--frame\r\n"
    )
