"""Boxes and items of HEIC and AVIF files."""

import pytest

from benchmarks.heic import box, full_box, heic, numbers
from benchmarks.repeats import heic_of, locations
from contracts.errors import CorruptImage
from models.images.bmff import MOST_PARTS, Budget, Reader, boxes, brands, count_bytes, read_item, read_items


def test_boxes_are_walked_with_long_and_open_sizes() -> None:
    long = b"\0\0\0\1long" + (16 + 3).to_bytes(8, "big") + b"abc"
    data = box(b"free", b"") + long + b"\0\0\0\0mdat" + b"rest"
    found = [(each.kind, data[each.begin : each.end]) for each in boxes(data, 0, len(data), Budget())]
    assert found == [(b"free", b""), (b"long", b"abc"), (b"mdat", b"rest")]


@pytest.mark.parametrize("size", [2, 7, 13, 2**32 - 1])
def test_a_size_that_cannot_be_is_refused(size: int) -> None:
    data = size.to_bytes(4, "big") + b"free" + bytes(4)
    with pytest.raises(CorruptImage):
        list(boxes(data, 0, len(data), Budget()))


def test_the_number_of_boxes_is_bounded_over_all_places() -> None:
    data, budget = box(b"free") * 30, Budget(50)
    assert len(list(boxes(data, 0, len(data), budget))) == 30
    with pytest.raises(CorruptImage, match="more than 50 parts"):
        list(boxes(data, 0, len(data), budget))


def test_the_number_of_entries_is_bounded_before_they_are_read() -> None:
    reader, budget = Reader(numbers(2, 3, 4, 4), 0, 6), Budget(10)
    assert [reader.count(2, budget), reader.count(2, budget)] == [3, 4]
    with pytest.raises(CorruptImage, match="more than 10 parts"):
        reader.count(2, budget)


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
    assert read_item(data, items, 2, 100).endswith(b"Exif\0\0II*\0")
    assert read_item(data, items, 3, len(data)) == read_item(data, items, 4, len(data))
    assert count_bytes(data, items, 3) == len(read_item(data, items, 3, len(data)))
    assert read_item(data, items, 2, 7) == b"\0\0\0\6Exi"
    with pytest.raises(CorruptImage):
        read_item(data, items, 9, 1)


def test_a_film_has_no_items() -> None:
    assert read_items(box(b"ftyp", b"isom") + box(b"moov")) is None


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
        count_bytes(data[:-1], items, 3)


@pytest.mark.parametrize(
    "extents",
    [[(0, 100)] * 4000, [(0, 10), (9, 10)], [(20, 5), (0, 21)], [(0, 0), (5, 5)]],
    ids=["4,000 times the same", "the next begins too early", "out of order", "the first goes to the end"],
)
def test_extents_that_overlap_are_refused(extents: list[tuple[int, int]]) -> None:
    data = heic_of(locations([extents]), media=bytes(200))
    items = read_items(data)
    assert items is not None
    with pytest.raises(CorruptImage, match="damaged"):
        count_bytes(data, items, 1)
    with pytest.raises(CorruptImage, match="damaged"):
        read_item(data, items, 1, 12)


def test_extents_may_stand_in_any_order() -> None:
    data = heic_of(locations([[(8, 4), (0, 4), (4, 4)]]))
    items = read_items(data)
    assert items is not None
    assert count_bytes(data, items, 1) == 12
    assert read_item(data, items, 1, 10) == data[8:12] + data[:4] + data[4:6]


@pytest.mark.parametrize("extents", [1, MOST_PARTS])
def test_extents_of_all_items_together_are_bounded(extents: int) -> None:
    data = heic_of(locations([[(0, 1)] * (extents // 2 + 1)] * 2))
    if extents == 1:
        assert read_items(data)
        return
    with pytest.raises(CorruptImage, match="more than 20,000 parts"):
        read_items(data)


@pytest.mark.parametrize("method", [2, 3, 15])
def test_an_item_that_is_built_of_others_is_refused(method: int) -> None:
    assert read_items(heic_of(locations([[(0, 16)]], method=1)))
    with pytest.raises(CorruptImage, match="damaged"):
        read_items(heic_of(locations([[(0, 16)]], method=method)))


@pytest.mark.parametrize("kind", [b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat"])
def test_a_box_that_stands_once_is_refused_twice(kind: bytes) -> None:
    with pytest.raises(CorruptImage, match="damaged"):
        read_items(heic_of(locations([[(0, 16)]]), more=full_box(kind, bytes(8)) * 2))


@pytest.mark.parametrize("kind", [b"ipco", b"ipma"])
def test_a_second_table_of_properties_is_refused(kind: bytes) -> None:
    with pytest.raises(CorruptImage, match="damaged"):
        read_items(heic_of(locations([[(0, 16)]]), tables=full_box(kind, bytes(4))))


def infos(items: int) -> bytes:
    return full_box(b"infe", numbers(2, 1, 0) + b"hvc1\0", version=2) * items


def associations(items: int) -> bytes:
    return full_box(b"ipma", numbers(4, items) + (numbers(2, 1) + b"\xff" + b"\1" * 255) * items)


def references(entries: int) -> bytes:
    return full_box(b"iref", box(b"dimg", numbers(2, 1, entries) + numbers(2, 1) * entries))


@pytest.mark.parametrize(
    ("allowed", "refused"),
    [
        ({"kinds": infos(9_900)}, {"kinds": infos(10_100)}),
        ({"associations": associations(75)}, {"associations": associations(80)}),
        ({"more": references(19_900)}, {"more": references(20_100)}),
        ({"properties": box(b"free") * 19_900}, {"properties": box(b"free") * 20_100}),
    ],
    ids=["items", "associations", "references", "properties"],
)
def test_parts_of_each_table_are_bounded(allowed: dict[str, bytes], refused: dict[str, bytes]) -> None:
    assert read_items(heic_of(locations([[(0, 16)]]), **allowed))
    with pytest.raises(CorruptImage, match="more than 20,000 parts"):
        read_items(heic_of(locations([[(0, 16)]]), **refused))
