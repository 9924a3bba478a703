"""HEIC and AVIF: what a file says of its picture, read from its items. Nothing is decoded."""

from typing import Final, Literal, NamedTuple

from contracts.errors import CorruptImage, UnsupportedImageFormat
from models.images.bmff import Box, Items, Reader, brands, count_bytes, damaged, read_item, read_items
from models.images.exif import SIGNATURE, read_orientation

HeifFormat = Literal["HEIC", "AVIF"]

_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"avif", b"avis", b"mif1", b"mif2", b"msf1"})
"""Of files whose items are pictures. Others, such as ``isom`` and ``qt  ``, are films."""
_CODECS: Final[dict[bytes, HeifFormat]] = {b"hvc1": "HEIC", b"av01": "AVIF"}
_TILED: Final = 1.5
"""Times an image's pixels that its tiles may have in all: they overhang at two sides; a few more are free."""
_FEW_PIXELS: Final = 2_000_000
_GRID_BYTES: Final = 12
_EXIF_BYTES: Final = 65_536
"""As many as a JPEG can hold; the orientation stands at their beginning."""

_TURN: Final = {1: 8, 8: 3, 3: 6, 6: 1, 2: 5, 5: 4, 4: 7, 7: 2}
"""EXIF orientation after a quarter turn to the left has been added."""
_FLIP: Final = {1: 4, 4: 1, 2: 3, 3: 2, 5: 8, 8: 5, 6: 7, 7: 6}
"""The same for top and bottom exchanged."""
_MIRROR: Final = {1: 2, 2: 1, 3: 4, 4: 3, 5: 6, 6: 5, 7: 8, 8: 7}
"""The same for left and right exchanged."""


class HeifHeader(NamedTuple):
    """What a HEIC or an AVIF says of itself."""

    format: HeifFormat
    width: int
    """Pixels as its decoder gives them, before `orientation`."""
    height: int
    orientation: int
    """EXIF orientation, 1 (upright) to 8, that is left to be applied."""


def is_heif(data: bytes) -> bool:
    """Whether data begin as a HEIC or an AVIF does."""
    return bool(brands(data) & _BRANDS)


def is_film(data: bytes) -> bool:
    """Whether data begin as an MP4 does, or another film in the same kind of file."""
    return data[4:8] == b"ftyp" and not is_heif(data)


def read_heif_header(data: bytes) -> HeifHeader:
    """Read format, size and orientation of the primary image.

    A rotation among its properties, ``irot`` and ``imir``, is what counts (ISO/IEC 23008-12, 6.5.10 and 6.5.12). The
    decoder of HEIC applies it, that of AVIF leaves it to its caller. EXIF data say the same again, so they count only
    where there is no such property.

    Args:
        data: a whole file that `is_heif`.

    Raises:
        UnsupportedImageFormat: the picture is stored in another codec.
        CorruptImage: a length points beyond the data, or what is needed is missing.
    """
    items = read_items(data)
    if items is None or items.primary not in items.kinds:
        raise CorruptImage("The image has no pixels.")
    width, height = _size(data, items, items.primary)
    codec = _codec(data, items, width, height)
    turned = _orientation(data, items)
    if turned is None:
        return HeifHeader(codec, width, height, _exif_orientation(data, items))
    if codec == "HEIC":
        return HeifHeader(codec, *((height, width) if turned >= 5 else (width, height)), 1)
    return HeifHeader(codec, width, height, turned)


def _codec(data: bytes, items: Items, width: int, height: int) -> HeifFormat:
    """Tell the codec of the primary image, or of the tiles that it is made of, and check that all of it is there."""
    primary = items.primary
    kind = items.kinds[primary]
    parts = [primary]
    if kind == b"grid":
        parts = _tiles(data, items, width, height)
        kind = items.kinds.get(parts[0], b"")
    if kind not in _CODECS:
        name = kind.decode("ascii", "replace").strip()
        raise UnsupportedImageFormat(f"This is a HEIF with {name!r} in it; send JPEG, PNG, WebP, AVIF or HEIC.")
    sizes = [_stored_bytes(data, items, part, kind) for part in parts]
    if sum(sizes) > len(data):  # tiles that share their bytes: a decoder reads them again for each
        raise damaged()
    return _CODECS[kind]


def _stored_bytes(data: bytes, items: Items, part: int, kind: bytes) -> int:
    """Bytes of an image or of a tile, which is to be of some kind and not empty."""
    size = count_bytes(data, items, part) if items.kinds.get(part) == kind else 0
    if not size:
        raise damaged()
    return size


def _tiles(data: bytes, items: Items, width: int, height: int) -> list[int]:
    """Items that a grid is made of (ISO/IEC 23008-12, 6.6.2.3); their pixels are bounded by those of the image."""
    content = read_item(data, items, items.primary, _GRID_BYTES)
    reader = Reader(content, 0, len(content))
    _, wide, rows, columns = (reader.number(1) for _ in range(4))
    size = (reader.number(4 if wide & 1 else 2), reader.number(4 if wide & 1 else 2))
    tiles = list(items.references.get((items.primary, b"dimg"), ()))
    if size != (width, height) or len(tiles) != (rows + 1) * (columns + 1):
        raise damaged()
    sizes = {tile: _size(data, items, tile) for tile in set(tiles)}
    pixels = sum(wide * tall for wide, tall in (sizes[tile] for tile in tiles))
    if pixels > _TILED * width * height + _FEW_PIXELS:
        raise damaged()
    return tiles


def _size(data: bytes, items: Items, item: int) -> tuple[int, int]:
    box = next((each for each in items.properties.get(item, ()) if each.kind == b"ispe"), None)
    if box is None:
        raise damaged()
    reader = _full_box(data, box)
    width, height = reader.number(4), reader.number(4)
    if not (width and height):
        raise damaged()
    return width, height


def _orientation(data: bytes, items: Items) -> int | None:
    """EXIF orientation that is the same as all rotations among the properties; None if there are none."""
    found, seen = None, set[bytes]()
    for box in items.properties.get(items.primary, ()):
        if box.kind not in (b"irot", b"imir"):
            continue
        if box.kind in seen:  # each may come once; of more, decoders apply one or all
            raise damaged()
        seen.add(box.kind)
        number = Reader(data, box.begin, box.end).number(1)
        found = found or 1
        if box.kind == b"irot":
            for _ in range(number & 3):
                found = _TURN[found]
        else:
            found = (_MIRROR if number & 1 else _FLIP)[found]
    return found


def _exif_orientation(data: bytes, items: Items) -> int:
    described = [item for (item, way), to in items.references.items() if way == b"cdsc" and items.primary in to]
    item = next((each for each in described if items.kinds.get(each) == b"Exif"), None)
    if item is None:
        return 1
    content = read_item(data, items, item, _EXIF_BYTES)
    begin = 4 + int.from_bytes(content[:4], "big")  # of the TIFF header, which a signature may stand before
    return read_orientation(SIGNATURE + content[begin:])


def _full_box(data: bytes, box: Box) -> Reader:
    reader = Reader(data, box.begin, box.end)
    reader.version()
    return reader
