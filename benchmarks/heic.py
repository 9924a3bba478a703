"""HEIC files of any size, put together from one picture: nothing that Mien may use encodes HEVC.

``astronaut.heic`` is the photo of `skimage.data.astronaut` (public domain), 512 pixels a side, encoded once by
``heif-enc -q 40 -o astronaut.heic astronaut.png`` of libheif 1.15 with x265; ``phone.heic`` the same, enlarged to 3024
pixels a side, in the middle of 4032x3024 grey ones, with ``-q 15``. `heic` makes files of them as phones write them:
tiles in a grid, the grid among the items, rotation as a property, EXIF data beside it.
"""

from pathlib import Path
from typing import Final

from models.images.bmff import read_item, read_items

SIDE: Final = 512
"""Of the astronaut, in pixels."""
ASTRONAUT: Final = Path(__file__).with_name("astronaut.heic")
PHONE: Final = Path(__file__).with_name("phone.heic")
_TURNS: Final = {1: (0, None), 8: (1, None), 3: (2, None), 6: (3, None), 4: (0, 0), 2: (0, 1), 5: (1, 0), 7: (1, 1)}
"""Quarter turns to the left, and the mirror (0: top and bottom exchanged, 1: sides), that make an EXIF orientation."""


def heic(
    columns: int = 1,
    rows: int = 1,
    *,
    orientation: int = 1,
    exif: bytes = b"",
    turn: bool = True,
    picture: Path = ASTRONAUT,
) -> bytes:
    """Make a HEIC of a picture, again and again.

    Args:
        columns: of the grid.
        rows: of the grid.
        orientation: EXIF orientation that the file is to have.
        exif: TIFF structure of EXIF data, without a signature.
        turn: whether the orientation is a property; if not, only the EXIF data can say it.
        picture: `ASTRONAUT` or `PHONE`.
    """
    data = picture.read_bytes()
    items = read_items(data)
    assert items is not None
    hevc = read_item(data, items, items.primary, len(data))
    configuration, size = (
        next(data[each.begin : each.end] for each in items.properties[items.primary] if each.kind == kind)
        for kind in (b"hvcC", b"ispe")
    )
    width, height = (int.from_bytes(size[at : at + 4], "big") * times for at, times in ((4, columns), (8, rows)))
    turns, mirror = _TURNS[orientation]
    properties = [
        box(b"hvcC", configuration),
        box(b"ispe", size),
        full_box(b"ispe", numbers(4, width, height)),
        box(b"irot", bytes([turns])),
        box(b"imir", bytes([mirror or 0])),
    ]
    turned = [4] * (turns > 0) + [5] * (mirror is not None) if turn else []
    tiles = list(range(3, 3 + columns * rows))
    grid = bytes([0, 0, rows - 1, columns - 1]) + numbers(2, width, height)
    described = numbers(4, 6) + b"Exif\0\0" + exif
    contents = {1: grid, **dict.fromkeys(tiles, hevc)} | ({2: described} if exif else {})
    kinds = {1: b"grid", **dict.fromkeys(tiles, b"hvc1")} | ({2: b"Exif"} if exif else {})
    associations = {1: [3, *turned], **{tile: [1, 2] for tile in tiles}}
    references = [(b"dimg", 1, tiles), *([(b"cdsc", 2, [1])] if exif else [])]
    return _file(kinds, contents, properties, associations, references)


def _file(
    kinds: dict[int, bytes],
    contents: dict[int, bytes],
    properties: list[bytes],
    associations: dict[int, list[int]],
    references: list[tuple[bytes, int, list[int]]],
) -> bytes:
    """Lay the boxes out; the media data come last."""
    infos = [full_box(b"infe", numbers(2, item, 0) + kind + b"\0", version=2) for item, kind in kinds.items()]
    linked = b"".join(numbers(2, item) + bytes([len(own), *own]) for item, own in associations.items())
    fixed = [
        full_box(b"hdlr", bytes(4) + b"pict" + bytes(13)),
        full_box(b"pitm", numbers(2, 1)),
        full_box(b"iinf", numbers(2, len(infos)) + b"".join(infos)),
        box(b"iprp", box(b"ipco", b"".join(properties)) + full_box(b"ipma", numbers(4, len(associations)) + linked)),
        full_box(b"iref", b"".join(box(kind, numbers(2, item, len(to), *to)) for kind, item, to in references)),
    ]
    begin = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    size = len(begin) + len(full_box(b"meta", b"".join([*fixed, _locations(contents, 0)]))) + 8
    meta = full_box(b"meta", b"".join([*fixed, _locations(contents, size)]))
    return begin + meta + box(b"mdat", b"".join(contents.values()))


def _locations(contents: dict[int, bytes], begin: int) -> bytes:
    rows = []
    for item, content in contents.items():
        rows.append(numbers(2, item, 0, 1) + numbers(4, begin, len(content)))
        begin += len(content)
    return full_box(b"iloc", numbers(2, 0x4400, len(rows)) + b"".join(rows))


def box(kind: bytes, content: bytes = b"") -> bytes:
    """A box."""
    return numbers(4, 8 + len(content)) + kind + content


def full_box(kind: bytes, content: bytes = b"", version: int = 0) -> bytes:
    """A box with a version and no flags."""
    return box(kind, bytes([version, 0, 0, 0]) + content)


def numbers(size: int, *values: int) -> bytes:
    """Numbers of ``size`` bytes each."""
    return b"".join(value.to_bytes(size, "big") for value in values)
