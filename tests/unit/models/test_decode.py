"""Decoding: upright, whole, and as large as needed."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from contracts.errors import CorruptImage
from models.decode import EncodedImage, decode

Encoded = Callable[..., bytes]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_format_gives_the_same_picture(encoded: Encoded, kind: str) -> None:
    picture = decode(encoded(64, 48, kind, quality=95))
    assert picture.pixels.shape == (48, 64, 3)
    assert (picture.width, picture.height, picture.scale) == (64, 48, 1)
    red_right, green_below = picture.pixels[0, -1], picture.pixels[-1, 0]
    assert red_right[2] > 200 > red_right[1], "blue first"
    assert green_below[1] > 200 > green_below[2]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(encoded: Encoded, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(64, 48, "PNG", exif=exif)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))[:, :, ::-1]
    picture = decode(data)
    assert np.array_equal(picture.pixels, expected)
    assert (picture.height, picture.width) == expected.shape[:2]


def test_large_jpegs_are_decoded_smaller_and_know_their_scale(encoded: Encoded) -> None:
    picture = decode(encoded(4000, 3000))
    assert picture.pixels.shape == (1500, 2000, 3)
    assert (picture.width, picture.height, picture.scale) == (4000, 3000, 2)


@pytest.mark.parametrize(
    ("enough", "size"), [(320, (320, 240)), (321, (640, 480)), (160, (160, 120)), (1, (80, 60)), (9999, (640, 480))]
)
def test_a_jpeg_is_decoded_no_smaller_than_is_enough(encoded: Encoded, enough: int, size: tuple[int, int]) -> None:
    image = EncodedImage(encoded(640, 480))
    picture = image.decode(enough)
    assert picture.pixels.shape == (size[1], size[0], 3)
    assert (image.longer, picture.width, picture.height, picture.scale) == (640, 640, 480, 640 / size[0])


def test_no_picture_is_decoded_finer_than_anything_here_can_use(encoded: Encoded) -> None:
    assert EncodedImage(encoded(4000, 3000)).decode(4000).pixels.shape == (1500, 2000, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats_are_decoded_in_full(encoded: Encoded, kind: str) -> None:
    assert EncodedImage(encoded(640, 480, kind)).decode(80).pixels.shape == (480, 640, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_image_is_refused(encoded: Encoded, kind: str) -> None:
    data = encoded(256, 256, kind)
    for keep in (0.5, 0.9, 0.99):
        with pytest.raises(CorruptImage):
            decode(data[: int(len(data) * keep)])


def test_a_truncated_jpeg_with_a_whole_thumbnail_is_refused(encoded: Encoded) -> None:
    thumbnail = encoded(32, 32)
    data = encoded(256, 256)
    segment = b"\xff\xe5" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = data[:2] + segment + data[2:]
    assert decode(whole).width == 256
    with pytest.raises(CorruptImage, match="cut off"):
        decode(whole[: len(whole) - 400])


def test_data_after_the_image_is_passed_over(encoded: Encoded) -> None:
    assert decode(encoded() + b"\xff\xda a film that the phone appended").width == 64


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGBA", "P", "I;16", "1"])
def test_unusual_pixel_formats_become_three_channels(mode: str) -> None:

    buffer = io.BytesIO()
    kind = "JPEG" if mode in {"L", "CMYK"} else "PNG"
    Image.new(mode, (20, 10)).save(buffer, kind)
    picture = decode(buffer.getvalue())
    assert picture.pixels.shape == (10, 20, 3)
    assert picture.pixels.dtype == np.uint8
