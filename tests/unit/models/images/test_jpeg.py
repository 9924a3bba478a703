"""Headers read by hand: as Pillow reads them, and never another size than what is decoded afterwards."""

import io
import random
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from contracts.errors import CorruptImage
from models.images.jpeg import count_scans, is_baseline, read_preamble, read_unusual_preamble, start_of_scan

Encoded = Callable[..., bytes]


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def inserted(data: bytes, segment: bytes) -> bytes:
    """The JPEG with these bytes right behind its start."""
    return data[:2] + segment + data[2:]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"optimize": True, "subsampling": 0},
        {"subsampling": 2, "restart_marker_rows": 1},
        {"comment": b"\xff\xc0 is no frame here"},
        {"icc_profile": bytes(100_000)},
        {"exif": exif(6)},
    ],
    ids=["plain", "progressive", "optimised", "restarts", "comment", "profile", "exif"],
)
def test_ordinary_jpegs_say_what_pillow_reads(encoded: Encoded, options: dict[str, Any]) -> None:
    data = encoded(83, 61, "JPEG", **options)
    preamble = read_preamble(data)
    assert preamble is not None
    with Image.open(io.BytesIO(data)) as image:
        assert preamble == (*image.size, image.info.get("exif", b""))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_printed_pictures_are_ordinary(mode: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (20, 10)).save(buffer, "JPEG")
    assert read_preamble(buffer.getvalue()) == (20, 10, b"")


def test_a_thumbnail_is_neither_the_frame_nor_the_scan(encoded: Encoded) -> None:
    thumbnail = encoded(16, 8)
    data = inserted(encoded(64, 48), b"\xff\xe5" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail)
    assert read_preamble(data) == (64, 48, b"")
    assert start_of_scan(data) > len(thumbnail)


def test_what_is_not_ordinary_is_left_to_pillow(encoded: Encoded) -> None:
    plain, frame = encoded(64, 48), b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
    start = plain.index(b"\xff\xc0")
    assert read_preamble(inserted(plain, frame)) is None, "two frames"
    assert read_preamble(inserted(plain, b"\xff\x01")) is None, "a marker without a length"
    assert read_preamble(inserted(plain, b"\xff\xe0\x00\x01")) is None, "a length shorter than itself"
    assert read_preamble(plain[:start] + b"\xff\xc9" + plain[start + 2 :]) is None, "arithmetic coding"
    assert read_preamble(plain[: start + 4] + b"\x0c" + plain[start + 5 :]) is None, "12 bits"
    assert read_preamble(plain[: start + 5] + bytes(2) + plain[start + 7 :]) is None, "no height"
    assert read_preamble(plain[:300]) is None, "cut off"
    assert read_preamble(encoded(kind="PNG")) is None
    assert read_preamble(b"") is None
    twice = encoded(64, 48, exif=exif(6))
    segment = twice[twice.index(b"\xff\xe1") : twice.index(b"\xff\xdb")]
    assert read_preamble(inserted(twice, segment)) is None, "EXIF in two parts"


def test_a_damaged_header_never_hides_a_larger_picture(encoded: Encoded) -> None:
    dice, data = random.Random(1), encoded(83, 61, exif=exif(3))
    header, read, decoded = start_of_scan(data), 0, 0
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(dice.choice((1, 1, 2, 4))):
            damaged[dice.randrange(2, header)] = dice.choice((0, 1, 2, 8, 0xC0, 0xD0, 0xDA, 0xFF, dice.randrange(256)))
        preamble = read_preamble(bytes(damaged))
        if preamble is None or preamble.width * preamble.height > 1_000_000:
            continue
        read += 1
        pixels = cv2.imdecode(np.frombuffer(damaged, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        if pixels is not None:
            decoded += 1
            assert pixels.shape[:2] == (preamble.height, preamble.width)
    assert read > decoded > 500


def with_scans(data: bytes, further: int, between: bytes = b"") -> bytes:
    """The progressive JPEG with its last scan repeated."""
    last = data.rindex(b"\xff\xda")
    return data[:-2] + (between + data[last:-2]) * further + data[-2:]


def test_scans_are_counted(encoded: Encoded) -> None:
    assert count_scans(encoded(64, 48)) == 1
    progressive = encoded(64, 48, progressive=True)
    assert count_scans(progressive) == 10
    assert count_scans(with_scans(progressive, 300)) == 310


def test_scans_of_thumbnails_and_appended_pictures_do_not_count(encoded: Encoded) -> None:
    thumbnail = encoded(16, 8, progressive=True)
    data = inserted(encoded(64, 48), b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail)
    assert count_scans(data + thumbnail * 50) == 1


@pytest.mark.parametrize(
    "between",
    [b"\xff\x01\xff", b"\xff\xff\xff", b"\xff\xd0", b"\xff\x00", b"\xff\xd8", b"\xff\xfe\x00\x04\xff\xd9", b"junk"],
    ids=["no length", "filling", "restart", "stuffed", "start", "an end in a comment", "junk"],
)
def test_nothing_between_scans_hides_one(encoded: Encoded, between: bytes) -> None:
    progressive = encoded(64, 48, progressive=True)
    assert count_scans(with_scans(progressive, 50, between)) >= 60


def test_the_walk_over_a_flood_of_segments_ends(encoded: Encoded) -> None:
    data, flood = encoded(64, 48), b"\xff\xfe\x00\x02" * 5000
    for read in (read_preamble, read_unusual_preamble, count_scans, start_of_scan):
        with pytest.raises(CorruptImage, match="2,000 parts"):
            read(inserted(data, flood))
    with pytest.raises(CorruptImage, match="2,000 parts"):
        count_scans(data[:-2] + flood + data[-2:])


@pytest.mark.parametrize("filling", [b"\xff", b"\xff\x00", b"junk"])
def test_the_walk_over_a_flood_of_filling_ends(encoded: Encoded, filling: bytes) -> None:
    flooded = inserted(encoded(64, 48), filling * 2_000_000)
    assert read_preamble(flooded) is None
    with pytest.raises(CorruptImage, match="between two parts"):
        read_unusual_preamble(flooded)


def test_some_filling_is_nothing_unusual(encoded: Encoded) -> None:
    data = encoded(64, 48, exif=exif(6))
    assert read_preamble(inserted(data, b"\xff" * 1000)) == read_preamble(data)


def test_unusual_headers_are_read_as_libjpeg_reads_them(encoded: Encoded) -> None:
    data = encoded(64, 48, exif=exif(6))
    expected = read_preamble(data)
    behind_a_segment = data.index(b"\xff\xdb")
    for oddity in (b"\xff\x01", b"\xff\xff", b"junk", b"\xff\xd0"):
        unusual = data[:behind_a_segment] + oddity + data[behind_a_segment:]
        assert read_unusual_preamble(unusual) == expected
        assert cv2.imdecode(np.frombuffer(unusual, np.uint8), cv2.IMREAD_COLOR) is not None
    assert read_unusual_preamble(data[:60]) is None


def test_baseline_is_told_from_progressive(encoded: Encoded) -> None:
    assert is_baseline(encoded(64, 48))
    assert not is_baseline(encoded(64, 48, progressive=True))
