"""What HEIC and AVIF files say of their picture."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from benchmarks.heic import SIDE, heic
from benchmarks.repeats import heic_of, locations, shared_tiles, with_properties
from contracts.errors import CorruptImage, UnsupportedImageFormat
from models.images.heif import is_film, is_heif, read_heif_header
from support.memory import traced_memory

Encoded = Callable[..., bytes]


def tiff(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()[6:]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_has_the_size_that_its_decoder_gives(orientation: int) -> None:
    header = read_heif_header(heic(2, 1, orientation=orientation, exif=tiff(orientation)))
    size = (SIDE, 2 * SIDE) if orientation >= 5 else (2 * SIDE, SIDE)
    assert header == ("HEIC", *size, 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_avif_is_left_to_be_turned(encoded: Encoded, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert read_heif_header(encoded(64, 48, "AVIF", exif=exif)) == ("AVIF", 64, 48, orientation)


def test_exif_data_count_where_there_is_no_rotation_among_the_properties() -> None:
    assert read_heif_header(heic(2, 1, exif=tiff(6))).orientation == 6
    assert read_heif_header(heic(2, 1, orientation=6, exif=tiff(3))).orientation == 1
    assert read_heif_header(heic(2, 1, exif=b"no TIFF")).orientation == 1


def test_pictures_are_told_from_films() -> None:
    assert is_heif(heic())
    assert not is_film(heic())
    assert is_film(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ")
    assert not is_heif(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ")


def test_another_codec_is_named(encoded: Encoded) -> None:
    with pytest.raises(UnsupportedImageFormat, match="'jpeg'"):
        read_heif_header(heic().replace(b"hvc1", b"jpeg"))


def change(data: bytes, what: bytes, *numbers: int) -> bytes:
    """Write 32-bit numbers behind version and flags of the last box of a kind."""
    at = data.rindex(what) + 8
    return data[:at] + b"".join(number.to_bytes(4, "big") for number in numbers) + data[at + 4 * len(numbers) :]


@pytest.mark.parametrize(
    "data",
    [
        change(heic(2, 1), b"ispe", 70_000, 70_000),
        change(heic(2, 1), b"ispe", 0, 0),
        heic(2, 1).replace(b"dimg", b"thmb"),
        heic(2, 1).replace(b"\0\0\0\x01\x04\x00\x02\x00", b"\0\0\0\x09\x04\x00\x02\x00"),
        heic(2, 1).replace(b"pitm\0\0\0\0\0\1", b"pitm\0\0\0\0\0\7"),
        heic(2, 1).replace(b"meta", b"free"),
    ],
    ids=["the grid's size is another", "no size", "no tiles", "more tiles in the grid", "no primary item", "no items"],
)
def test_a_file_that_contradicts_itself_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptImage):
        read_heif_header(data)


def test_tiles_have_no_more_pixels_than_the_image_needs() -> None:
    """Of a small picture in a grid of large tiles, decoders would decode all of them."""
    data = heic(3, 3)
    at = data.index(b"ispe") + 8
    huge = (8192).to_bytes(4, "big") * 2
    with pytest.raises(CorruptImage):
        read_heif_header(data[:at] + huge + data[at + 8 :])


def test_it_says_what_pillow_says(encoded: Encoded) -> None:
    data = encoded(70, 31, "AVIF")
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == read_heif_header(data)[1:3]


def test_tiles_are_of_one_kind() -> None:
    data = heic(2, 1)
    at = data.rindex(b"hvc1")
    with pytest.raises(CorruptImage):
        read_heif_header(data[:at] + b"av01" + data[at + 4 :])


def test_tiles_that_share_their_bytes_are_refused() -> None:
    """A decoder would read a file of ten megabytes four thousand times."""
    assert read_heif_header(shared_tiles(2, 10)).width == 128
    with pytest.raises(CorruptImage):
        read_heif_header(shared_tiles(64, 10_000))


def shown(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """What a viewer shows of an EXIF orientation (CIPA DC-008, tag 0x0112): where its first row and column are."""
    return {1: pixels, 2: np.fliplr(pixels), 3: np.rot90(pixels, 2), 4: np.flipud(pixels), 5: pixels.T,
            6: np.rot90(pixels, -1), 7: np.rot90(pixels, 2).T, 8: np.rot90(pixels)}[orientation]  # fmt: skip


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("sides", [0, 1])
@pytest.mark.parametrize("kinds", [[], [b"irot"], [b"imir"], [b"irot", b"imir"], [b"imir", b"irot"]])
def test_properties_turn_in_their_order(kinds: list[bytes], turns: int, sides: int) -> None:
    data = with_properties(*kinds, turns=turns, sides=sides).replace(b"hvc1", b"av01")
    pixels = expected = np.arange(12).reshape(3, 4)
    for kind in kinds:
        expected = np.rot90(expected, turns) if kind == b"irot" else np.flip(expected, sides)
    assert shown(pixels, read_heif_header(data).orientation).tolist() == expected.tolist()


@pytest.mark.parametrize("kinds", [[b"irot"] * 2, [b"imir"] * 2, [b"irot", b"imir", b"irot"]])
def test_a_second_rotation_or_mirror_is_refused(kinds: list[bytes]) -> None:
    with pytest.raises(CorruptImage, match="damaged"):
        read_heif_header(with_properties(*kinds))


def test_the_bytes_of_a_picture_are_not_copied() -> None:
    data = heic_of(locations([[(0, 4_000_000)]]), media=bytes(4_000_000))
    with traced_memory() as memory:
        read_heif_header(data)
    assert memory.peak < 100_000


def test_exif_data_are_read_up_to_a_limit() -> None:
    data = heic(exif=tiff(6) + bytes(4_000_000))
    with traced_memory() as memory:
        assert read_heif_header(data).orientation == 6
    assert memory.peak < 500_000
