"""What is left of a stranger's JPEG before others see it."""

import io

import pytest
from PIL import Image

from contracts.errors import CorruptImage, ImageTooLarge, MienError, NotAnImage, UnsupportedImageFormat
from models.images.plain_jpeg import picture_of
from support import pictures

PORTRAIT = pictures.astronaut_jpeg(64)
LIMIT = 64 * 64


def jpeg(**options: object) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(PORTRAIT)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def exif(tag: int, value: object) -> bytes:
    data = Image.Exif()
    data[tag] = value
    return data.tobytes()


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).tobytes()


def test_the_picture_stays_and_all_else_goes() -> None:
    whole = jpeg(exif=exif(0x010E, "at my home"), comment=b"my comment", icc_profile=b"my profile")
    header, left = picture_of(whole + b"appended \xff\xd9", LIMIT)
    assert (header.width, header.height) == (64, 64)
    assert pixels(left) == pixels(whole)
    assert not any(text in left for text in (b"home", b"comment", b"profile", b"appended"))
    assert picture_of(left, LIMIT)[1] == left


def test_segments_on_colours_are_kept_once_and_without_what_else_is_in_them() -> None:
    cmyk = io.BytesIO()
    Image.open(io.BytesIO(PORTRAIT)).convert("CMYK").save(cmyk, "JPEG")
    for whole in (PORTRAIT, cmyk.getvalue()):
        hidden = b"\xff\xe0\x00\x0fJFXX\0 at home" + b"\xff\xee\x00\x09at home"
        _, left = picture_of(whole[:2] + hidden + whole[2:], LIMIT)
        assert b"home" not in left
        assert pixels(left) == pixels(whole)
    thumbnail = PORTRAIT[:2] + b"\xff\xe0\x00\x13JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01RGB" + PORTRAIT[20:]
    assert picture_of(thumbnail, LIMIT)[1] == picture_of(PORTRAIT, LIMIT)[1]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", NotAnImage),
        (b"\xff\xd8", NotAnImage),
        (b"\x89PNG\r\n\x1a\n", NotAnImage),
        (PORTRAIT[:-2], CorruptImage),
        (PORTRAIT[:300], UnsupportedImageFormat),
        (PORTRAIT[:100], CorruptImage),
        (jpeg(progressive=True), UnsupportedImageFormat),
        (jpeg(exif=exif(0x0112, 6)), UnsupportedImageFormat),
        (pictures.astronaut_jpeg(65), ImageTooLarge),
    ],
    ids=["nothing", "start", "PNG", "no end", "no scan", "no header", "progressive", "sideways", "large"],
)
def test_what_is_not_whole_plain_upright_and_small_is_refused(data: bytes, error: type[MienError]) -> None:
    with pytest.raises(error):
        picture_of(data, LIMIT)
