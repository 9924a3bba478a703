"""Headers: what is refused, and that nothing is decoded for it."""

import contextlib
import io
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.heic import heic
from contracts.errors import ImageTooLarge, InvalidImage, NotAnImage, UnsupportedImageFormat
from models.images.header import read_header

Encoded = Callable[..., bytes]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
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


@pytest.mark.parametrize(("kind", "name"), [("GIF", "a GIF"), ("BMP", "a BMP"), ("TIFF", "a TIFF"), ("PDF", "a PDF")])
def test_what_is_sent_by_mistake_is_named(encoded: Encoded, kind: str, name: str) -> None:
    with pytest.raises(UnsupportedImageFormat, match=f"This is {name}; send JPEG, PNG, WebP, AVIF or HEIC"):
        read_header(encoded(kind=kind), 10_000)


@pytest.mark.parametrize("brand", [b"isom", b"mp42", b"qt  ", b"M4V "])
def test_a_film_is_named(brand: bytes) -> None:
    with pytest.raises(UnsupportedImageFormat, match="This is an MP4; send JPEG"):
        read_header(b"\0\0\0\x18ftyp" + brand + bytes(4) + brand + b"iso2" + bytes(100), 10_000)


def test_a_heic_is_held_against_the_limit_before_it_is_decoded() -> None:
    assert read_header(heic(2, 1, orientation=6), 600_000)[:4] == ("HEIC", 512, 1024, 1)
    with pytest.raises(ImageTooLarge, match="1024 x 512"):
        read_header(heic(2, 1), 500_000)


def test_a_heic_may_have_fewer_pixels_than_others() -> None:
    """Its decoder takes the longest for each."""
    assert read_header(heic(17, 8), 50_000_000).width == 17 * 512
    with pytest.raises(ImageTooLarge, match="36,000,000"):
        read_header(heic(18, 8), 50_000_000)


def test_too_many_pixels_are_refused(encoded: Encoded) -> None:
    assert read_header(encoded(100, 100), 10_000)
    with pytest.raises(ImageTooLarge, match="101 x 100"):
        read_header(encoded(101, 100), 10_000)


def png(width: int, height: int) -> bytes:
    """A black PNG, one byte a pixel, written without ever holding its pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    packer = zlib.compressobj(9)
    row = bytes(width + 1)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x00\x00\x00\x00")
    return header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("side", "refused"), [(7_000, False), (30_000, True)])
def test_no_image_is_decoded_whether_allowed_or_not(side: int, refused: bool, tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    file.write_bytes(png(side, side))
    code = f"""
import resource
from pathlib import Path
from benchmarks.heic import heic
from contracts.errors import ImageTooLarge
from models.images.header import read_header
data = Path({str(file)!r}).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_header(data, 50_000_000)
    print("allowed")
except ImageTooLarge:
    print("refused")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    verdict, grown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert verdict == ("refused" if refused else "allowed")
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(grown) * unit < 20_000_000, f"{side} x {side} pixels would be {side * side / 1e6:.0f} MB"


def progressive(side: int, further_scans: int) -> bytes:
    """A progressive JPEG that declares this size, with more scans than the ten that Pillow writes."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    size, last = data.index(b"\xff\xc2") + 5, data.rindex(b"\xff\xda")
    declared = data[:size] + side.to_bytes(2, "big") * 2 + data[size + 4 : -2]
    return declared + data[last:-2] * further_scans + data[-2:]


@pytest.mark.parametrize(("side", "most"), [(7_000, 12), (3_000, 66), (64, 100)])
def test_a_jpeg_has_as_many_scans_as_can_be_decoded_in_time(side: int, most: int) -> None:
    assert read_header(progressive(side, most - 10), 50_000_000).width == side
    with pytest.raises(ImageTooLarge, match=f"more than the {most} scans"):
        read_header(progressive(side, most - 9), 50_000_000)


def test_a_phone_photo_with_further_pictures_behind_it_is_a_jpeg(encoded: Encoded) -> None:
    buffer = io.BytesIO()
    first, second = (Image.open(io.BytesIO(encoded(64, 48))) for _ in range(2))
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    header = read_header(buffer.getvalue(), 10_000)
    assert (header.format, header.width, header.height) == ("JPEG", 64, 48)


STARTS = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\x00\x00\x00\x00WEBP",
    b"DDS ",
    b"GIF89a",
    b"BM",
    b"II*\x00",
    b"",
]


@pytest.mark.parametrize("start", STARTS)
def test_no_bytes_raise_anything_but_our_own_errors(start: bytes) -> None:
    dice = random.Random(1)
    for length in range(300):
        with contextlib.suppress(InvalidImage):
            read_header(start + dice.randbytes(length), 10_000)
