"""Which way is up: read as Pillow reads it, and upright where the data are damaged."""

import random

import pytest
from PIL import Image

from models.images.exif import SIGNATURE, read_orientation


def exif(byte_order: str, orientation: int, kind: int = 3) -> bytes:
    order = {"II": "little", "MM": "big"}[byte_order]

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, "little" if order == "little" else "big")

    maker = number(0x010F, 2) + number(2, 2) + number(4, 4) + b"abc\0"
    turned = number(0x0112, 2) + number(kind, 2) + number(1, 4) + number(orientation, 2) + bytes(2)
    return SIGNATURE + byte_order.encode() + number(42, 2) + number(8, 4) + number(2, 2) + maker + turned + bytes(4)


@pytest.mark.parametrize("byte_order", ["II", "MM"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_both_byte_orders_are_read(byte_order: str, orientation: int) -> None:
    data = exif(byte_order, orientation)
    assert read_orientation(data) == orientation
    pillow = Image.Exif()
    pillow.load(data)
    assert pillow[0x0112] == orientation


@pytest.mark.parametrize(
    "data",
    [b"", SIGNATURE, SIGNATURE + b"XX*\0", exif("MM", 0), exif("MM", 9), exif("II", 6, kind=2), exif("MM", 6)[:30]],
    ids=["none", "empty", "no byte order", "too small", "too large", "another type", "cut off"],
)
def test_what_says_nothing_is_upright(data: bytes) -> None:
    assert read_orientation(data) == 1


def test_any_bytes_give_an_orientation() -> None:
    dice = random.Random(1)
    data = exif("II", 6)
    for _ in range(5000):
        damaged = bytearray(data)
        damaged[dice.randrange(6, len(data))] = dice.randrange(256)
        assert 1 <= read_orientation(bytes(damaged)) <= 8


def test_tags_without_end_are_read_to_the_end_of_the_data() -> None:
    assert read_orientation(SIGNATURE + b"MM\0*\0\0\0\x08\xff\xff" + bytes(12 * 1000)) == 1
