"""The structure of WebPs: sizes held against the data, and a decoder sees the first picture only."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from contracts.errors import CorruptImage
from models.images.webp import is_webp, picture_only, read_webp_header

Encoded = Callable[..., bytes]


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def riff(body: bytes) -> bytes:
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def saved(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", **options)
    return buffer.getvalue()


def pixels(data: bytes) -> np.ndarray:
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), flags))


def squares(mode: str = "RGB", transparent: bool = False) -> Image.Image:
    """An image of four colours; of an upper half that is transparent, if asked for."""
    values = np.zeros((48, 64, 3), np.uint8)
    values[:24, :32], values[:24, 32:], values[24:, :32] = (200, 0, 0), (0, 200, 0), (0, 0, 200)
    image = Image.fromarray(values).convert(mode)
    if transparent:
        alpha = np.full((48, 64), 255, np.uint8)
        alpha[:24] = 0
        image.putalpha(Image.fromarray(alpha))
    return image


ANIMATION = {"save_all": True, "append_images": [squares().rotate(180)]}


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"icc_profile": bytes(300)}, ANIMATION])
def test_size_is_read_and_the_first_picture_kept(options: dict[str, object]) -> None:
    data = saved(squares(), **options)
    assert is_webp(data)
    assert read_webp_header(data) == (64, 48, b"")
    assert b"ANMF" not in picture_only(data)
    assert b"ICCP" not in picture_only(data)
    assert np.array_equal(pixels(picture_only(data)), pixels(data))


@pytest.mark.parametrize("lossless", [False, True])
def test_transparency_stays(lossless: bool) -> None:
    data = saved(squares("RGBA", transparent=True), lossless=lossless)
    assert np.array_equal(pixels(picture_only(data)), pixels(data))


def test_an_animation_whose_first_picture_is_smaller_is_left_to_the_decoder() -> None:
    data = saved(squares("RGBA", transparent=True), **ANIMATION)
    assert read_webp_header(data)[:2] == (64, 48)
    assert picture_only(data) == data
    assert pixels(data).shape == (48, 64, 3)


def test_exif_is_found(encoded: Encoded) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    header = read_webp_header(encoded(64, 48, "WEBP", exif=exif))
    assert header.exif.startswith(b"Exif\0\0")
    assert exif.tobytes().endswith(header.exif[6:])


def test_what_follows_the_end_is_passed_over(encoded: Encoded) -> None:
    data = encoded(64, 48, "WEBP")
    assert picture_only(data + b"appended") == picture_only(data)


@pytest.mark.parametrize("size", [0x7FFFFFFE, 0xFFFFFFFF, 1_000_000])
def test_no_size_points_beyond_the_data(size: int) -> None:
    data = saved(squares(), **ANIMATION)
    places = [4, 16, data.index(b"ANMF") + 4, data.index(b"VP8 ") + 4]
    for place in places:
        damaged = data[:place] + size.to_bytes(4, "little") + data[place + 4 :]
        for read in (read_webp_header, picture_only):
            with pytest.raises(CorruptImage):
                read(damaged)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        chunk(b"VP8X", bytes(10)),
        chunk(b"VP8 ", b""),
        chunk(b"VP8 ", bytes(20)),
        chunk(b"VP8L", b"\x2f"),
        chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a\0\0\0\0"),
        chunk(b"ANMF", bytes(16)),
        chunk(b"XMP ", b"") * 10_001,
    ],
    ids=["nothing", "no picture", "empty", "no start code", "cut", "no size", "empty frame", "a flood"],
)
def test_a_file_without_a_picture_is_damaged(body: bytes) -> None:
    with pytest.raises(CorruptImage):
        read_webp_header(riff(body))
