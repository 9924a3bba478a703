"""The structure of HEIC and AVIF, walked before any decoder sees them.

Files are made of boxes (ISO base media file format, ISO/IEC 14496-12), which describe items (HEIF, ISO/IEC 23008-12).
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from contracts.errors import CorruptImage

MOST_PARTS: Final = 20_000
"""Boxes and entries of tables in a file, all together. A tile takes about ten of them, and a photo of 50 megapixels in
tiles of 512 pixels has 200 tiles. The walk takes some microseconds for each."""
_MOST_BRAND_BYTES: Final = 4_096
_SINGLE: Final = frozenset({b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat"})
"""Boxes of ``meta`` that stand there once; of two, decoders take one or the other."""


class Budget:
    """How many boxes and entries may still come in a file."""

    def __init__(self, parts: int = MOST_PARTS) -> None:
        """Begin with all of them."""
        self._most = self._left = parts

    def spend(self, parts: int) -> None:
        """Take away what is about to be read.

        Raises:
            CorruptImage: there are more than any photo has.
        """
        self._left -= parts
        if self._left < 0:
            raise CorruptImage(f"The image is made of more than {self._most:,} parts.")


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

    def count(self, size: int, budget: Budget) -> int:
        """Read the number of a table's entries.

        Raises:
            CorruptImage: the file has more of them than any photo.
        """
        count = self.number(size)
        budget.spend(count)
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


def boxes(data: bytes, begin: int, end: int, budget: Budget) -> Iterator[Box]:
    """Walk the boxes between two places.

    Raises:
        CorruptImage: a length points beyond the end, or there are too many of them.
    """
    while begin != end:
        budget.spend(1)
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


def brands(data: bytes) -> frozenset[bytes]:
    """Major and compatible brands of a file; none of another kind of file."""
    size = int.from_bytes(data[:4], "big")
    if data[4:8] != b"ftyp" or not 16 <= size <= min(len(data), _MOST_BRAND_BYTES):
        return frozenset()
    return frozenset(data[at : at + 4] for at in (8, *range(16, size - 3, 4)))


def read_items(data: bytes) -> Items | None:
    """Read the items of a file; None if it has none, as a film.

    Raises:
        CorruptImage: a length or a count is wrong.
    """
    budget = Budget()
    meta = next((box for box in list(boxes(data, 0, len(data), budget)) if box.kind == b"meta"), None)
    if meta is None:
        return None
    parts = _once(boxes(data, meta.begin + 4, meta.end, budget), _SINGLE)
    if not {b"pitm", b"iinf", b"iloc", b"iprp"} <= parts.keys():
        return None
    reader = Reader(data, *parts[b"pitm"][1:])
    wide = reader.version()[0] > 0
    return Items(
        primary=reader.number(4 if wide else 2),
        kinds=_read_kinds(data, parts[b"iinf"], budget),
        locations=_read_locations(data, parts[b"iloc"], budget),
        properties=_read_properties(data, parts[b"iprp"], budget),
        references=_read_references(data, parts[b"iref"], budget) if b"iref" in parts else {},
        data=parts.get(b"idat"),
    )


def count_bytes(data: bytes, items: Items, item: int) -> int:
    """Count the bytes of an item without copying them.

    Raises:
        CorruptImage: they do not lie within the data, or some of them are named twice.
    """
    return sum(last - first for first, last in _extents(data, items, item))


def read_item(data: bytes, items: Items, item: int, most: int) -> bytes:
    """Give the first bytes of an item.

    Args:
        data: the file.
        items: of the file.
        item: the one to read.
        most: bytes that are copied.

    Raises:
        CorruptImage: they do not lie within the data, or some of them are named twice.
    """
    content = bytearray()
    for first, last in _extents(data, items, item):
        content += data[first : min(last, first + most - len(content))]
    return bytes(content)


def _extents(data: bytes, items: Items, item: int) -> list[tuple[int, int]]:
    """Begin and end of each part of an item. As none overlaps another, an item has no more bytes than the file."""
    if item not in items.locations:
        raise damaged()
    location = items.locations[item]
    begin, end = items.data[1:] if location.in_idat and items.data else (0, len(data))
    extents = [(begin + offset, begin + offset + length if length else end) for offset, length in location.extents]
    if any(not first <= last <= end for first, last in extents):
        raise CorruptImage("The image ends too early: it was cut off on its way.")
    if any(last > first for (_, last), (first, _) in pairwise(sorted(extents))):
        raise damaged()
    return extents


def damaged() -> CorruptImage:
    """Make the error for a header that cannot be right."""
    return CorruptImage("The image's header is damaged.")


def _once(found: Iterable[Box], kinds: Container[bytes]) -> dict[bytes, Box]:
    """Boxes by their kind; those of some kinds may come once only."""
    parts: dict[bytes, Box] = {}
    for box in found:
        if box.kind in kinds and box.kind in parts:
            raise damaged()
        parts[box.kind] = box
    return parts


def _read_kinds(data: bytes, box: Box, budget: Budget) -> dict[int, bytes]:
    reader = Reader(data, box.begin, box.end)
    version, _ = reader.version()
    reader.take(4 if version else 2)  # their number, which those that come say as well
    kinds = {}
    for entry in boxes(data, reader.position, box.end, budget):
        budget.spend(1)  # it takes twice as long as another box
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


def _read_locations(data: bytes, box: Box, budget: Budget) -> dict[int, Location]:
    reader = Reader(data, box.begin, box.end)
    version, _ = reader.version()
    sizes = reader.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    locations = {}
    for _ in range(reader.count(2 if version < 2 else 4, budget)):
        item = reader.number(2 if version < 2 else 4)
        method = reader.number(2) & 15 if version else 0
        reader.take(2)
        base = reader.number(base_size)
        extents = []
        for _ in range(reader.count(2, budget)):
            reader.take(index_size)
            offset = base + reader.number(offset_size)
            extents.append((offset, reader.number(length_size)))
        if method > 1:  # built of other items, which no photo is
            raise damaged()
        locations[item] = Location(method == 1, tuple(extents))
    return locations


def _read_properties(data: bytes, box: Box, budget: Budget) -> dict[int, list[Box]]:
    parts = _once(boxes(data, box.begin, box.end, budget), {b"ipco", b"ipma"})
    if not {b"ipco", b"ipma"} <= parts.keys():
        return {}
    known = list(boxes(data, *parts[b"ipco"][1:], budget))
    properties: dict[int, list[Box]] = {}
    reader = Reader(data, *parts[b"ipma"][1:])
    version, flags = reader.version()
    for _ in range(reader.count(4, budget)):
        own = properties.setdefault(reader.number(4 if version else 2), [])
        for _ in range(reader.count(1, budget)):
            index = reader.number(2) & 0x7FFF if flags & 1 else reader.number(1) & 0x7F
            if index > len(known):
                raise damaged()
            if index:
                own.append(known[index - 1])
    return properties


def _read_references(data: bytes, box: Box, budget: Budget) -> dict[tuple[int, bytes], list[int]]:
    reader = Reader(data, box.begin, box.end)
    wide = 4 if reader.version()[0] else 2
    references: dict[tuple[int, bytes], list[int]] = {}
    for part in boxes(data, reader.position, box.end, budget):
        inner = Reader(data, part.begin, part.end)
        item = inner.number(wide)
        references[item, part.kind] = [inner.number(wide) for _ in range(inner.count(2, budget))]
    return references
