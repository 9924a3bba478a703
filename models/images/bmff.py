"""The structure of HEIC and AVIF, walked before any decoder sees them.

Files are made of boxes (ISO base media file format, ISO/IEC 14496-12), which describe items (HEIF, ISO/IEC 23008-12).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from contracts.errors import CorruptImage

_MOST_BOXES: Final = 4_000
"""In one box, and entries of a table: a photo of 50 megapixels in tiles of 512 pixels has 200 items."""


class Box(NamedTuple):
    """A box, by the place of its content in the file."""

    kind: bytes
    begin: int
    end: int


class Reader:
    """Reads numbers one after another, and nothing beyond an end."""

    def __init__(self, data: bytes, begin: int, end: int) -> None:
        """Begin at a place."""
        self._data, self.position, self._end = data, begin, end

    def number(self, size: int) -> int:
        """Read ``size`` bytes as a number; 0 if ``size`` is 0."""
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        """Read ``size`` bytes.

        Raises:
            CorruptImage: there are fewer.
        """
        begin, self.position = self.position, self.position + size
        if self.position > self._end:
            raise damaged()
        return self._data[begin : self.position]

    def version(self) -> tuple[int, int]:
        """Read version and flags of a full box."""
        return self.number(1), self.number(3)

    def count(self, size: int) -> int:
        """Read the number of a table's entries.

        Raises:
            CorruptImage: there are more than any photo has.
        """
        count = self.number(size)
        if count > _MOST_BOXES:
            raise CorruptImage(f"The image is made of more than {_MOST_BOXES:,} parts.")
        return count


class Location(NamedTuple):
    """Where the bytes of an item stand."""

    in_idat: bool
    """In the box ``idat`` rather than in the file."""
    extents: tuple[tuple[int, int], ...]
    """Offset and length of each part."""


class Items(NamedTuple):
    """What the box ``meta`` says of a file's items."""

    primary: int
    kinds: Mapping[int, bytes]
    """Type of each item, such as ``hvc1``."""
    locations: Mapping[int, Location]
    properties: Mapping[int, Sequence[Box]]
    """Of each item, in the order in which they apply."""
    references: Mapping[tuple[int, bytes], Sequence[int]]
    """Items that an item refers to in one way, such as ``dimg``."""
    data: Box | None
    """The box ``idat``."""


def boxes(data: bytes, begin: int, end: int) -> Iterator[Box]:
    """Walk the boxes between two places.

    Raises:
        CorruptImage: a length points beyond the end, or there are too many of them.
    """
    for _ in range(_MOST_BOXES):
        if begin == end:
            return
        head = Reader(data, begin, end)
        size, kind = head.number(4), head.take(4)
        if size == 1:
            size = head.number(8)
        elif size == 0:  # the last one may leave its size open
            size = end - begin
        if begin + size > end:
            raise CorruptImage("The image ends too early: it was cut off on its way.")
        if begin + size < head.position:
            raise damaged()
        yield Box(kind, head.position, begin + size)
        begin += size
    raise CorruptImage(f"The image is made of more than {_MOST_BOXES:,} parts.")


def brands(data: bytes) -> frozenset[bytes]:
    """Major and compatible brands of a file; none of another kind of file."""
    size = int.from_bytes(data[:4], "big")
    if data[4:8] != b"ftyp" or not 16 <= size <= min(len(data), 4 * _MOST_BOXES):
        return frozenset()
    return frozenset(data[at : at + 4] for at in (8, *range(16, size - 3, 4)))


def read_items(data: bytes) -> Items | None:
    """Read the items of a file; None if it has none, as a film.

    Raises:
        CorruptImage: a length or a count is wrong.
    """
    meta = next((box for box in list(boxes(data, 0, len(data))) if box.kind == b"meta"), None)
    if meta is None:
        return None
    parts = {box.kind: box for box in boxes(data, meta.begin + 4, meta.end)}
    if not {b"pitm", b"iinf", b"iloc", b"iprp"} <= parts.keys():
        return None
    reader = Reader(data, *parts[b"pitm"][1:])
    wide = reader.version()[0] > 0
    return Items(
        primary=reader.number(4 if wide else 2),
        kinds=_read_kinds(data, parts[b"iinf"]),
        locations=_read_locations(data, parts[b"iloc"]),
        properties=_read_properties(data, parts[b"iprp"]),
        references=_read_references(data, parts[b"iref"]) if b"iref" in parts else {},
        data=parts.get(b"idat"),
    )


def read_item(data: bytes, items: Items, item: int) -> bytes:
    """Give the bytes of an item.

    Raises:
        CorruptImage: they do not lie within the data.
    """
    if item not in items.locations:
        raise damaged()
    location = items.locations[item]
    begin, end = items.data[1:] if location.in_idat and items.data else (0, len(data))
    parts = []
    for offset, length in location.extents:
        first = begin + offset
        last = first + length if length else end
        if last > end or first > last:
            raise CorruptImage("The image ends too early: it was cut off on its way.")
        parts.append(data[first:last])
    return b"".join(parts)


def damaged() -> CorruptImage:
    """Make the error for a header that cannot be right."""
    return CorruptImage("The image's header is damaged.")


def _read_kinds(data: bytes, box: Box) -> dict[int, bytes]:
    reader = Reader(data, box.begin, box.end)
    version, _ = reader.version()
    reader.count(4 if version else 2)
    kinds = {}
    for entry in boxes(data, reader.position, box.end):
        inner = Reader(data, entry.begin, entry.end)
        version, _ = inner.version()
        if entry.kind != b"infe" or version not in (2, 3):
            raise damaged()
        item = inner.number(2 if version == 2 else 4)
        inner.take(2)
        kind = inner.take(4)
        if not all(0x20 <= letter <= 0x7E for letter in kind):  # pi-heif 1.4 ends the process if one is not ASCII
            raise damaged()
        kinds[item] = kind
    return kinds


def _read_locations(data: bytes, box: Box) -> dict[int, Location]:
    reader = Reader(data, box.begin, box.end)
    version, _ = reader.version()
    sizes = reader.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    locations, left = {}, _MOST_BOXES
    for _ in range(reader.count(2 if version < 2 else 4)):
        item = reader.number(2 if version < 2 else 4)
        method = reader.number(2) & 15 if version else 0
        reader.take(2)
        base = reader.number(base_size)
        extents = []
        for _ in range(min(reader.count(2), left)):
            reader.take(index_size)
            offset = base + reader.number(offset_size)
            extents.append((offset, reader.number(length_size)))
        left -= len(extents)
        if method > 1:  # built of other items, which no photo is
            raise damaged()
        locations[item] = Location(method == 1, tuple(extents))
    return locations


def _read_properties(data: bytes, box: Box) -> dict[int, list[Box]]:
    parts = list(boxes(data, box.begin, box.end))
    known = [each for part in parts if part.kind == b"ipco" for each in boxes(data, part.begin, part.end)]
    properties: dict[int, list[Box]] = {}
    for part in parts:
        if part.kind != b"ipma":
            continue
        reader = Reader(data, part.begin, part.end)
        version, flags = reader.version()
        for _ in range(reader.count(4)):
            item = reader.number(4 if version else 2)
            for _ in range(reader.number(1)):
                index = reader.number(2) & 0x7FFF if flags & 1 else reader.number(1) & 0x7F
                if index > len(known):
                    raise damaged()
                if index:
                    properties.setdefault(item, []).append(known[index - 1])
    return properties


def _read_references(data: bytes, box: Box) -> dict[tuple[int, bytes], list[int]]:
    reader = Reader(data, box.begin, box.end)
    wide = 4 if reader.version()[0] else 2
    references: dict[tuple[int, bytes], list[int]] = {}
    for part in boxes(data, reader.position, box.end):
        inner = Reader(data, part.begin, part.end)
        item = inner.number(wide)
        references[item, part.kind] = [inner.number(wide) for _ in range(inner.count(2))]
    return references
