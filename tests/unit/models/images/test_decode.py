"""Decoding: upright, whole, and as large as needed."""

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from benchmarks.heic import heic
from contracts.errors import CorruptImage
from models.images.decode import EncodedImage, decode
from models.images.decoder_process import DecoderPool
from support.pictures import astronaut

Encoded = Callable[..., bytes]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
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
    assert (image.longest_side, picture.width, picture.height, picture.scale) == (640, 640, 480, 640 / size[0])


def test_no_picture_is_decoded_finer_than_anything_here_can_use(encoded: Encoded) -> None:
    assert EncodedImage(encoded(4000, 3000)).decode(4000).pixels.shape == (1500, 2000, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_other_formats_are_decoded_in_full(encoded: Encoded, kind: str) -> None:
    assert EncodedImage(encoded(640, 480, kind)).decode(80).pixels.shape == (480, 640, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
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


DEADLY = {
    "an animation without pixels": (
        "iVBORw0KGgoAAAANSUhEUgAAAKAAAAB4CAIAAAD6wG44AAAACGFjVEwAAAADAAAAAM7tusAAAAAASURBVDWvBh4AAAAaZmNUTAAAAAEAAACg"
        "AAAAeAAAAAAAAAAAAAEAFAAAzO23oQAAAABmZEFU9bP/lgAAAABJRU5ErkJggg=="
    ),
    "a chunk that declares 4 GB": "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2////8ElEQVRJRU5E",
}
"""PNGs that ended the process, and took 4.3 GB, when OpenCV 4.14 decoded them."""


def decoded_elsewhere(images: list[bytes]) -> tuple[list[str], int]:
    """What becomes of each image in a process of its own, and by how many bytes that process grew at most."""
    code = """
import base64, json, resource, sys
from contracts.errors import InvalidImage
from models.images.decode import decode
images = [base64.b64decode(text) for text in json.load(sys.stdin)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for data in images:
    try:
        print("decoded" if decode(data) else "")
    except InvalidImage as error:
        print(error.code)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    texts = json.dumps([base64.b64encode(image).decode() for image in images])
    child = subprocess.run([sys.executable, "-c", code], input=texts, capture_output=True, text=True, check=False)
    assert child.returncode == 0, f"ended with {child.returncode}: {child.stderr[-500:]}"
    *outcomes, grown = child.stdout.split()
    return outcomes, int(grown) * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize("name", DEADLY)
def test_no_image_ends_or_fills_the_process(name: str) -> None:
    outcomes, grown = decoded_elsewhere([base64.b64decode(DEADLY[name])])
    assert outcomes == ["corrupt_image"]
    assert grown < 20_000_000


@pytest.mark.parametrize("frames", [1, 3])
def test_every_word_of_a_png_may_hold_anything(frames: int) -> None:
    buffer = io.BytesIO()
    first, *others = [Image.new("RGB", (160, 120), (0, 80 * index, 0)) for index in range(frames)]
    first.save(buffer, "PNG", save_all=frames > 1, append_images=others)
    data = buffer.getvalue()
    damaged = [
        data[:position] + word.to_bytes(4, "big") + data[position + 4 :]
        for position in range(8, len(data) - 4)
        for word in (0, 1, 0x1000, 0x7FFFFFFF, 0xF0000000, 0xFFFFFFFF)
    ]
    outcomes, grown = decoded_elsewhere([data, *damaged])
    assert outcomes[0] == "decoded"
    assert set(outcomes) <= {"decoded", "corrupt_image", "image_too_large"}
    assert grown < 64_000_000


@pytest.mark.parametrize("orientation", [1, 3, 5, 6, 8])
@pytest.mark.parametrize("turn", [True, False])
def test_a_heic_is_turned_upright_once(*, orientation: int, turn: bool) -> None:
    """By its property, by its EXIF data where there is no property, and not by both."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(heic(2, 1, orientation=orientation, exif=exif.tobytes()[6:], turn=turn))
    stored = np.tile(astronaut(), (1, 2, 1))
    expected = {
        1: stored,
        3: stored[::-1, ::-1],
        5: stored.transpose(1, 0, 2),
        6: np.rot90(stored, -1),
        8: np.rot90(stored),
    }[orientation]
    assert picture.pixels.shape == expected.shape
    assert np.abs(picture.pixels[..., ::-1].astype(int) - expected).mean() < 12
    assert (picture.height, picture.width) == expected.shape[:2]


def test_a_heic_of_a_phone_is_decoded_in_children(encoded: Encoded) -> None:
    data = heic(8, 6)
    with DecoderPool() as children:
        image = EncodedImage(data, children=children)
        picture = image.decode()
        assert (image.longest_side, image.pixels) == (4096, 4096 * 3072)
        assert picture.pixels.shape == (3072, 4096, 3)
        with pytest.raises(CorruptImage):
            EncodedImage(data[:-200], children=children)
