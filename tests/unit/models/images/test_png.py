"""The structure of PNGs: every length is held against the data, and a decoder sees pixels only."""

import io
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from contracts.errors import CorruptImage
from models.images.png import SIGNATURE, pixels_only, read_png_header

Encoded = Callable[..., bytes]


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def chunks(data: bytes) -> list[tuple[bytes, int]]:
    """Type and position of each chunk."""
    found, position = [], len(SIGNATURE)
    while position < len(data):
        found.append((data[position + 4 : position + 8], position))
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return found


def kinds(data: bytes) -> list[bytes]:
    return [kind for kind, _ in chunks(data)]


@pytest.fixture
def plain(encoded: Encoded) -> bytes:
    return encoded(64, 48, "PNG")


@pytest.fixture
def animated() -> bytes:
    buffer = io.BytesIO()
    first, *others = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue")]
    first.save(buffer, "PNG", save_all=True, append_images=others)
    return buffer.getvalue()


def test_size_is_read(plain: bytes) -> None:
    assert read_png_header(plain) == (64, 48, b"")


def test_exif_is_found_before_and_behind_the_pixels(plain: bytes) -> None:
    exif = chunk(b"eXIf", b"MM\0*")
    for kind in (b"IDAT", b"IEND"):
        position = next(position for found, position in chunks(plain) if found == kind)
        assert read_png_header(plain[:position] + exif + plain[position:]) == (64, 48, b"Exif\0\0MM\0*")


def test_an_animation_becomes_its_first_picture(animated: bytes) -> None:
    assert {b"acTL", b"fcTL", b"fdAT"} <= set(kinds(animated))
    still = pixels_only(animated)
    assert set(kinds(still)) == {b"IHDR", b"IDAT", b"IEND"}
    with Image.open(io.BytesIO(still)) as image:
        assert np.all(np.asarray(image.convert("RGB")) == (255, 0, 0))


def test_palette_and_transparency_stay_and_metadata_goes() -> None:
    buffer = io.BytesIO()
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.save(buffer, "PNG", transparency=0, dpi=(72, 72), icc_profile=b"a colour profile")
    assert {b"pHYs", b"iCCP"} <= set(kinds(buffer.getvalue()))
    assert kinds(pixels_only(buffer.getvalue())) == [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"]


def test_what_follows_the_end_is_passed_over(plain: bytes) -> None:
    assert read_png_header(plain + b"a film that a phone appended")[:2] == (64, 48)
    assert pixels_only(plain + b"a film") == pixels_only(plain)


@pytest.mark.parametrize("length", [0x7FFFFFFF, 0xF0000000, 0xFFFFFFFF])
def test_no_length_points_beyond_the_data(animated: bytes, length: int) -> None:
    for _, position in chunks(animated):
        damaged = animated[:position] + length.to_bytes(4, "big") + animated[position + 4 :]
        for read in (read_png_header, pixels_only):
            with pytest.raises(CorruptImage):
                read(damaged)


@pytest.mark.parametrize(
    "contents",
    [
        [],
        [b"IEND"],
        [b"IHDR", b"IEND"],
        [b"IHDR", b"empty", b"IEND"],
        [b"IHDR", b"IDAT"],
        [b"IDAT", b"IHDR", b"IEND"],
        [b"IHDR", b"IHDR", b"IDAT", b"IEND"],
        [b"short", b"IDAT", b"IEND"],
    ],
    ids=lambda contents: "-".join(kind.decode() for kind in contents) or "nothing",
)
def test_header_pixels_and_end_are_there_and_in_order(contents: list[bytes]) -> None:
    header = (64).to_bytes(4, "big") + (48).to_bytes(4, "big") + b"\x08\x02\0\0\0"
    parts = {
        b"IHDR": chunk(b"IHDR", header),
        b"short": chunk(b"IHDR", header[:-1]),
        b"IDAT": chunk(b"IDAT", zlib.compress(bytes(193 * 48))),
        b"empty": chunk(b"IDAT", b""),
        b"IEND": chunk(b"IEND", b""),
    }
    with pytest.raises(CorruptImage):
        read_png_header(SIGNATURE + b"".join(parts[part] for part in contents))


def test_an_image_of_no_height_is_damaged(plain: bytes) -> None:
    with pytest.raises(CorruptImage):
        read_png_header(plain[:20] + bytes(4) + plain[24:])


def test_the_walk_over_a_flood_of_chunks_ends(plain: bytes) -> None:
    flood = chunk(b"tEXt", b"") * 30_000
    with pytest.raises(CorruptImage, match="20,000 parts"):
        read_png_header(plain[:33] + flood + plain[33:])
