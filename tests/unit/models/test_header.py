"""Headers: what is refused, and that nothing is decoded for it."""

import io
import tracemalloc
from collections.abc import Callable

import pytest
from PIL import Image

from contracts.errors import CorruptImage, ImageTooLarge, NotAnImage, UnsupportedImageFormat
from models.header import read_header

Encoded = Callable[..., bytes]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_format_and_size_are_read(encoded: Encoded, kind: str) -> None:
    header = read_header(encoded(64, 48, kind), 10_000)
    assert (header.format, header.width, header.height, header.orientation) == (kind, 64, 48, 1)


def test_a_sideways_photo_has_its_upright_size(encoded: Encoded) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    header = read_header(encoded(64, 48, "JPEG", exif=exif), 10_000)
    assert (header.width, header.height, header.orientation) == (48, 64, 6)


def test_an_impossible_orientation_is_upright(encoded: Encoded) -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    assert read_header(encoded(64, 48, "JPEG", exif=exif), 10_000).orientation == 1


@pytest.mark.parametrize("data", [b"", b"hello, I am no image", b"\x00" * 200])
def test_what_is_no_image_is_named_so(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        read_header(data, 10_000)


def test_gif_is_named_as_what_it_is(encoded: Encoded) -> None:
    with pytest.raises(UnsupportedImageFormat, match="GIF images are not analysed"):
        read_header(encoded(kind="GIF"), 10_000)


def test_too_many_pixels_are_refused(encoded: Encoded) -> None:
    assert read_header(encoded(100, 100), 10_000)
    with pytest.raises(ImageTooLarge, match="101 x 100"):
        read_header(encoded(101, 100), 10_000)


def test_a_bomb_costs_no_memory() -> None:
    buffer = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(buffer, "PNG")
    tracemalloc.start()
    try:
        with pytest.raises(ImageTooLarge):
            read_header(buffer.getvalue(), 50_000_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_header_that_stops_in_the_middle_is_corrupt_or_none(encoded: Encoded) -> None:
    for end in (12, 20, 40, 100):
        with pytest.raises((CorruptImage, NotAnImage)):
            read_header(encoded(kind="PNG")[:end][:20], 10_000)
