"""Boxes and items of HEIC and AVIF files."""

import pytest

from benchmarks.heic import heic
from contracts.errors import CorruptImage
from models.images.bmff import boxes, brands, read_item, read_items


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def test_boxes_are_walked_with_long_and_open_sizes() -> None:
    long = b"\0\0\0\1long" + (16 + 3).to_bytes(8, "big") + b"abc"
    data = box(b"free", b"") + long + b"\0\0\0\0mdat" + b"rest"
    found = [(each.kind, data[each.begin : each.end]) for each in boxes(data, 0, len(data))]
    assert found == [(b"free", b""), (b"long", b"abc"), (b"mdat", b"rest")]


@pytest.mark.parametrize("size", [2, 7, 13, 2**32 - 1])
def test_a_size_that_cannot_be_is_refused(size: int) -> None:
    data = size.to_bytes(4, "big") + b"free" + bytes(4)
    with pytest.raises(CorruptImage):
        list(boxes(data, 0, len(data)))


def test_the_number_of_boxes_is_bounded() -> None:
    with pytest.raises(CorruptImage, match="more than 4,000"):
        list(boxes(box(b"free", b"") * 5000, 0, 40_000))


def test_brands_are_those_of_the_first_box() -> None:
    assert brands(heic()) == {b"heic", b"mif1"}
    assert brands(b"\0\0\0\x14ftypisom\0\0\0\0mp42") == {b"isom", b"mp42"}
    assert brands(b"\xff\xff\xff\xffftypheic") == frozenset()
    assert brands(b"RIFF") == frozenset()


def test_items_are_read_with_their_properties_and_references() -> None:
    data = heic(2, 1, orientation=5, exif=b"II*\0")
    items = read_items(data)
    assert items is not None
    assert items.kinds == {1: b"grid", 2: b"Exif", 3: b"hvc1", 4: b"hvc1"}
    assert [each.kind for each in items.properties[1]] == [b"ispe", b"irot", b"imir"]
    assert items.references == {(1, b"dimg"): [3, 4], (2, b"cdsc"): [1]}
    assert read_item(data, items, 2).endswith(b"Exif\0\0II*\0")
    assert read_item(data, items, 3) == read_item(data, items, 4)
    with pytest.raises(CorruptImage):
        read_item(data, items, 9)


def test_a_film_has_no_items() -> None:
    assert read_items(box(b"ftyp", b"isom") + box(b"moov", b"")) is None


@pytest.mark.parametrize("version", [0, 1, 4, 127])
def test_an_item_of_an_unknown_version_is_refused(version: int) -> None:
    data = bytearray(heic(2, 1))
    data[data.index(b"infe") + 4] = version
    with pytest.raises(CorruptImage):
        read_items(bytes(data))


def test_an_item_whose_type_is_not_ascii_is_refused() -> None:
    """pi-heif 1.4 ends the process that decodes it."""
    with pytest.raises(CorruptImage):
        read_items(heic(exif=b"II*\0").replace(b"Exif", b"Ex\x8a\xf0", 1))


def test_an_item_that_does_not_lie_within_the_data_is_refused() -> None:
    data = heic()
    items = read_items(data)
    assert items is not None
    with pytest.raises(CorruptImage, match="cut off"):
        read_item(data[:-1], items, 3)
