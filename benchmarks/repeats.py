"""Images whose parts come again and again, and what it costs to read their header.

    python -m benchmarks.repeats [--most-cpu-s 0.1]

Boxes, entries of tables and extents of a HEIC, segments of a JPEG, chunks of a PNG and a WebP, tags of EXIF data.
Extremes in a field (`benchmarks.lengths`) are stopped where data end; in these files each part is sound by itself, and
they are as large as a gateway takes them. Fails if `models.images.header.read_header` takes longer or more than
`MOST_BYTES` for one of them; `make fuzz-images` runs it, and a test, whose coverage takes several times as long.
"""

import argparse
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from benchmarks.heic import box, full_box, numbers
from contracts.errors import InvalidImage
from models.images.decode import MAX_PIXELS
from models.images.header import read_header

MOST_BYTES: Final = 8_000_000
_FILE_BYTES: Final = 9_500_000
_SIDE: Final = 64
"""Of the picture, in pixels."""
_TIMES: Final = (2, 100, 4000, 19_000, 65_535)
"""How often something comes; as often as fits is tried, too."""


def locations(items: Sequence[Sequence[tuple[int, int]]], method: int = 0) -> bytes:
    """The box ``iloc``: offsets and lengths of the extents of items 1, 2, ...; ``method`` 1 counts from ``idat``."""
    rows = [
        numbers(2, number, method, 0, len(extents)) + b"".join(numbers(4, *extent) for extent in extents)
        for number, extents in enumerate(items, 1)
    ]
    return full_box(b"iloc", numbers(2, 0x4400, len(rows)) + b"".join(rows), version=1)


def heic_of(
    iloc: bytes,
    *,
    kinds: bytes = b"",
    properties: bytes = b"",
    associations: bytes = b"",
    tables: bytes = b"",
    more: bytes = b"",
    media: bytes = b"",
) -> bytes:
    """A HEIC without a picture in it, of `_SIDE` pixels a side, whose parts may be anything.

    Args:
        iloc: the box, as `locations` makes it.
        kinds: boxes ``infe``, in place of that of one image.
        properties: boxes behind the size among the properties.
        associations: the box ``ipma``, in place of that which gives item 1 its size.
        tables: boxes behind those in ``iprp``.
        more: boxes behind the others in ``meta``.
        media: the content of ``mdat``.
    """
    kinds = kinds or _kind(1, b"hvc1")
    size = full_box(b"ispe", numbers(4, _SIDE, _SIDE))
    associations = associations or full_box(b"ipma", numbers(4, 1) + numbers(2, 1) + b"\1\1")
    meta = [
        full_box(b"hdlr", bytes(4) + b"pict" + bytes(13)),
        full_box(b"pitm", numbers(2, 1)),
        full_box(b"iinf", numbers(2, 1) + kinds),
        iloc,
        box(b"iprp", box(b"ipco", size + properties) + associations + tables),
        more,
    ]
    return _BEGIN + full_box(b"meta", b"".join(meta)) + box(b"mdat", media)


def with_properties(*kinds: bytes, turns: int = 1, sides: int = 0) -> bytes:
    """A HEIC with properties that turn it, in their order.

    Args:
        kinds: ``irot`` or ``imir``, each as often as wanted.
        turns: quarter turns to the left of ``irot``.
        sides: 1 if ``imir`` exchanges left and right, 0 if top and bottom.
    """
    properties = box(b"irot", bytes([turns])) + box(b"imir", bytes([sides]))
    indices = bytes([1, *(2 + (kind == b"imir") for kind in kinds)])
    associations = full_box(b"ipma", numbers(4, 1) + numbers(2, 1) + bytes([len(indices)]) + indices)
    return heic_of(locations([[(0, 16)]]), properties=properties, associations=associations)


def shared_tiles(columns: int, size: int) -> bytes:
    """A HEIC whose tiles, a row of them, all name the same ``size`` bytes of it (none if there are two)."""
    tiles = range(2, 2 + columns)
    grid = bytes([0, 0, 0, columns - 1]) + numbers(2, columns * _SIDE, _SIDE)
    own = b"".join(numbers(2, tile) + b"\1\1" for tile in tiles)
    places = [[(0, len(grid))], *([(0 if columns > 2 else size * tile, size)] for tile in range(columns))]
    return heic_of(
        locations(places, method=0).replace(numbers(2, 1, 0, 0, 1), numbers(2, 1, 1, 0, 1), 1),
        kinds=_kind(1, b"grid") + b"".join(_kind(tile, b"hvc1") for tile in tiles),
        properties=full_box(b"ispe", numbers(4, columns * _SIDE, _SIDE)),
        associations=full_box(b"ipma", numbers(4, 1 + columns) + numbers(2, 1) + b"\1\2" + own),
        more=full_box(b"iref", box(b"dimg", numbers(2, 1, columns, *tiles))) + box(b"idat", grid),
        media=bytes(size),
    )


def repeats() -> Iterator[tuple[str, bytes]]:
    """Files with one of their parts again and again, and what is repeated."""
    for what, (make, part_bytes, most) in _REPEATED.items():
        times = {min(times, most, _FILE_BYTES // part_bytes) for times in (*_TIMES, _FILE_BYTES)}
        for count in sorted(times):
            yield f"{what}, {count} times", make(count)


def main() -> int:
    """Run it. Returns 1 if a header costs too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most-cpu-s", type=float, default=0.1, help="default: %(default)s")
    limit_s = parser.parse_args().most_cpu_s
    most_cpu_s, most_bytes, too_dear = 0.0, 0, 0
    for name, data in repeats():
        cpu_s, grown, outcome = header_cost(data)
        most_cpu_s, most_bytes = max(most_cpu_s, cpu_s), max(most_bytes, grown)
        if cpu_s > limit_s or grown > MOST_BYTES:
            too_dear += 1
            print(f"{name} ({len(data):,} bytes): {outcome}, {cpu_s:.3f} s of CPU, {grown:,} bytes")
    print(f"at most {most_bytes / 1e6:.1f} MB and {most_cpu_s:.3f} s of CPU a header")
    return min(too_dear, 1)


def header_cost(data: bytes) -> tuple[float, int, str]:
    """Read a header twice: seconds of CPU, then bytes at most; and what became of it."""
    begun = time.process_time()
    outcome = _read(data)
    cpu_s = time.process_time() - begun
    tracemalloc.start()
    try:
        _read(data)
        return cpu_s, tracemalloc.get_traced_memory()[1], outcome
    finally:
        tracemalloc.stop()


def _read(data: bytes) -> str:
    try:
        read_header(data, MAX_PIXELS)
    except InvalidImage as error:
        return error.code
    return "read"


def _kind(item: int, kind: bytes) -> bytes:
    return full_box(b"infe", numbers(2, item, 0) + kind + b"\0", version=2)


def _jpeg(segment: bytes) -> bytes:
    """The smallest file that has a size, with something in front of it."""
    frame = numbers(2, 17) + b"\x08" + numbers(2, _SIDE, _SIDE) + b"\3\1\x11\0\2\x11\0\3\x11\0"
    return b"\xff\xd8" + segment + b"\xff\xc0" + frame + b"\xff\xda\0\x0c\3\1\0\2\0\3\0\0\x3f\0\0\xff\xd9"


def _png(chunks: bytes) -> bytes:
    size = numbers(4, _SIDE, _SIDE) + b"\x08\2\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", size) + chunks + _chunk(b"IDAT", bytes(9)) + _chunk(b"IEND")


def _chunk(kind: bytes, content: bytes = b"") -> bytes:
    return numbers(4, len(content)) + kind + content + numbers(4, zlib.crc32(kind + content))


def _webp(chunks: bytes) -> bytes:
    extended = _riff(b"VP8X", b"\x08\0\0\0" + (_SIDE - 1).to_bytes(3, "little") * 2)
    picture = _riff(b"VP8L", b"\x2f" + ((_SIDE - 1) * (1 + 2**14)).to_bytes(4, "little") + bytes(5))
    return _riff(b"RIFF", b"WEBP" + extended + chunks + picture)


def _riff(kind: bytes, content: bytes = b"") -> bytes:
    return kind + len(content).to_bytes(4, "little") + content


def _exif(tags: int) -> bytes:
    return b"MM\0*" + numbers(4, 8) + numbers(2, tags) + (numbers(2, 0x0100, 3) + numbers(4, 1, 0)) * tags + bytes(4)


def _one(**parts: Any) -> bytes:
    return heic_of(locations([[(0, 16)]]), **parts)


def _associations(items: int, each: int, index: int = 1) -> bytes:
    return full_box(b"ipma", numbers(4, items) + (numbers(2, 1) + bytes([each]) + bytes([index]) * each) * items)


def _references(entries: int) -> bytes:
    return box(b"dimg", numbers(2, 1, entries) + numbers(2, 1) * entries)


_BEGIN: Final = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
_MANY: Final = 10**7
_ROTATED: Final = {"properties": box(b"irot", b"\3"), "associations": _associations(3000, 255, 2)}
_REPEATED: Final[dict[str, tuple[Callable[[int], bytes], int, int]]] = {
    "extents over the same 100 KB": (
        lambda times: heic_of(locations([[(0, 100_000)] * times]), media=bytes(100_000)), 8, 65_535),
    "extents of a byte": (
        lambda times: heic_of(locations([[(at, 1) for at in range(times)]]), media=bytes(times)), 8, 65_535),
    "locations": (lambda times: heic_of(locations([[(0, 16)]] * times)), 16, 65_535),
    "tiles over the same bytes": (lambda times: shared_tiles(min(times, 256), 1_000_000), 40, 256),
    "boxes in the file": (lambda times: _BEGIN + box(b"free") * times, 8, _MANY),
    "boxes in meta": (lambda times: _one(more=box(b"free") * times), 8, _MANY),
    "boxes in iprp": (lambda times: _one(tables=box(b"free") * times), 8, _MANY),
    "properties": (lambda times: _one(properties=box(b"free") * times), 8, _MANY),
    "items": (lambda times: _one(kinds=_kind(1, b"hvc1") * times), 21, _MANY),
    "tables of properties": (lambda times: _one(tables=box(b"ipco", box(b"free") * 3999) * times), 32_000, _MANY),
    "associations": (lambda times: _one(associations=_associations(times, 0)), 3, _MANY),
    "associations of 255": (lambda times: _one(associations=_associations(times, 255)), 258, _MANY),
    "tables of associations": (lambda times: _one(tables=_associations(4000, 255) * times), 1_032_016, _MANY),
    "tables of rotations": (lambda times: _one(**_ROTATED, tables=_associations(3000, 255, 2) * times), 774_016, _MANY),
    "references": (lambda times: _one(more=full_box(b"iref", _references(times))), 2, 65_535),
    "tags of EXIF data in a PNG": (lambda times: _png(_chunk(b"eXIf", _exif(times))), 12, 65_535),
    "tags of EXIF data in a WebP": (lambda times: _webp(_riff(b"EXIF", _exif(times))), 12, 65_535),
    "segments of a JPEG": (lambda times: _jpeg(b"\xff\xe1\0\2" * times), 4, _MANY),
    "filling of a JPEG": (lambda times: _jpeg(b"\xff" * times), 1, _MANY),
    "chunks of a PNG": (lambda times: _png(_chunk(b"tEXt") * times), 12, _MANY),
    "pixels of a PNG": (lambda times: _png(_chunk(b"IDAT") * times), 12, _MANY),
    "chunks of a WebP": (lambda times: _webp(_riff(b"EXIF") * times), 8, _MANY),
    "tables of references": (lambda times: _one(more=full_box(b"iref", _references(4000) * times)), 8012, _MANY),
}  # fmt: skip
"""Makes a file with a number of parts; bytes of a part; the most of them that can be said."""

if __name__ == "__main__":
    sys.exit(main())
