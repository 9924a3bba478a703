"""Motion JPEG, to the byte."""

from api.live import mjpeg

ANNOTATED = b"--frame\r\nContent-Type: image/jpeg\r\nMien-Picture: annotated\r\n\r\n"
PLAIN = ANNOTATED.replace(b"annotated", b"plain")


def test_behind_each_picture_come_the_headers_of_the_next() -> None:
    first, second = mjpeg.picture("annotated", b"one"), mjpeg.picture("annotated", b"two")
    assert list(mjpeg.stream([first, second])) == [ANNOTATED, b"one\r\n" + ANNOTATED, b"two\r\n" + ANNOTATED]


def test_headers_that_would_be_wrong_get_the_picture_before_once_more() -> None:
    sent = mjpeg.stream([mjpeg.picture("annotated", b"drawn"), mjpeg.picture("plain", b"frame")])
    assert list(sent) == [ANNOTATED, b"drawn\r\n" + ANNOTATED, b"drawn\r\n" + PLAIN, b"frame\r\n" + PLAIN]
