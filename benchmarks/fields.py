"""Where the lengths, counts and sizes stand in a sound file, by its format, and what to write there instead.

`fields` walks JPEG (ITU-T T.81), PNG (ISO/IEC 15948), WebP (RFC 9649), AVIF and HEIC (ISO/IEC 14496-12) and ZIP
(APPNOTE 6.3), and the EXIF data in the first three (TIFF 6.0). It is for sound files only: decoders and Mien's own
walks have to bear what `extremes` make of them.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

Order = Literal["big", "little"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_SIZES_OF_FRAME: Final = (1, 2, 2, 1)
"""Precision, height, width, number of components."""
_IHDR: Final = (4, 4, 1, 1, 1, 1, 1)
_FCTL: Final = (4, 4, 4, 4, 4, 2, 2, 1, 1)
_IFD_POINTERS: Final = frozenset({0x8769, 0x8825, 0xA005})
_LOCAL: Final = (2, 2, 2, 2, 2, 4, 4, 4, 2, 2)
_ENTRY: Final = (2, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4)
_END: Final = (2, 2, 2, 2, 4, 4, 2)
_CONTAINERS: Final = {"meta": 4, "iinf": 6, "iprp": 0, "ipco": 0, "iref": 4}
"""Boxes that hold boxes, and how many bytes of theirs stand before those."""
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


class Field(NamedTuple):
    """A number in a file."""

    name: str
    begin: int
    size: int
    order: Order


def fields(data: bytes) -> list[Field]:
    """Every length, count, size and offset of a sound file, in its order."""
    if data.startswith(b"\xff\xd8"):
        return list(_jpeg(data))
    if data.startswith(_PNG):
        return list(_png(data))
    if data[4:8] == b"ftyp":
        return list(_boxes(data, 0, len(data)))
    return list(_zip(data) if data.startswith(b"PK") else _webp(data))


def extremes(data: bytes, field: Field) -> list[int]:
    """What the field may hold at worst: nothing, all, signs, one more, one less, and what the file's size suggests."""
    most = 256**field.size - 1
    now, rest = number(data, field), len(data) - field.begin - field.size
    wanted = {0, 1, 2, 3, 4, 8, 255, now - 1, now + 1, 2 * now, 7000, rest - 1, rest, rest + 1, len(data)}
    wanted |= {most, most - 1, most // 2, most // 2 + 1, most // 16 * 15, most // 256}
    return sorted(value for value in wanted if 0 <= value <= most and value != now)


def number(data: bytes, field: Field) -> int:
    """What the field holds."""
    return int.from_bytes(data[field.begin : field.begin + field.size], field.order)


def changed(data: bytes, *values: tuple[Field, int]) -> bytes:
    """The file with other numbers in some of its fields."""
    copy = bytearray(data)
    for field, value in values:
        copy[field.begin : field.begin + field.size] = value.to_bytes(field.size, field.order)
    return bytes(copy)


def dimensions(data: bytes) -> list[tuple[Field, Field]]:
    """Pairs of fields that are a width and a height: extremes of one alone are small pictures."""
    names = {"height", "width", "canvas width", "canvas height"}
    sides = [field for field in fields(data) if field.name.rpartition(": ")[2] in names]
    return list(zip(sides[::2], sides[1::2], strict=True))


def _numbers(names: str, begin: int, sizes: Iterable[int], order: Order) -> Iterator[Field]:
    """One field after the other; names are separated by commas."""
    for name, size in zip(names.split(","), sizes, strict=True):
        yield Field(name, begin, size, order)
        begin += size


def _jpeg(data: bytes) -> Iterator[Field]:
    position = 2
    while position < len(data) - 3:
        marker, begin = data[position + 1], position + 4
        end = position + 2 + int.from_bytes(data[position + 2 : begin], "big")
        yield Field(f"marker {marker:X}", position + 1, 1, "big")
        yield Field(f"{marker:X}: length", position + 2, 2, "big")
        yield from _jpeg_segment(data, marker, begin, end)
        if marker == 0xDA:  # behind it stand pixels, up to the next marker
            found = _NEXT_MARKER.search(data, end)
            end = found.start() if found else len(data)
        position = end


def _jpeg_segment(data: bytes, marker: int, begin: int, end: int) -> Iterator[Field]:
    if marker in _FRAMES:
        yield from _numbers("SOF: precision,SOF: height,SOF: width,SOF: components", begin, _SIZES_OF_FRAME, "big")
        for at in range(begin + 6, end, 3):
            yield from _numbers("SOF: component,SOF: sampling,SOF: table", at, (1, 1, 1), "big")
    elif marker == 0xDA:
        yield Field("SOS: components", begin, 1, "big")
        yield from (Field("SOS: component", at, 1, "big") for at in range(begin + 1, end))
    elif marker < 0xE0:
        yield from _jpeg_tables(data, marker, begin, end)
    elif data.startswith(b"Exif\0\0", begin):
        yield from _tiff(data, begin + 6, end)
    elif data.startswith(b"JFIF\0", begin):
        yield from _numbers("JFIF: units,JFIF: x,JFIF: y,JFIF: columns,JFIF: rows", begin + 7, (1, 2, 2, 1, 1), "big")


def _jpeg_tables(data: bytes, marker: int, begin: int, end: int) -> Iterator[Field]:
    while begin < end:
        if marker == 0xC4:
            yield from _numbers("DHT: table" + ",DHT: codes" * 16, begin, (1,) * 17, "big")
            begin += 17 + sum(data[begin + 1 : begin + 17])
        elif marker == 0xDB:
            yield Field("DQT: table", begin, 1, "big")
            begin += 65 if data[begin] < 16 else 129
        else:
            yield Field("DRI: interval", begin, 2, "big")
            begin = end


def _tiff(data: bytes, begin: int, end: int) -> Iterator[Field]:
    order: Order = "little" if data[begin : begin + 2] == b"II" else "big"
    yield from _numbers("EXIF: version,EXIF: first directory", begin + 2, (2, 4), order)
    directories = [begin + int.from_bytes(data[begin + 4 : begin + 8], order)]
    for directory in directories:
        entries = int.from_bytes(data[directory : directory + 2], order)
        yield Field("EXIF: entries", directory, 2, order)
        for at in range(directory + 2, min(directory + 2 + 12 * entries, end), 12):
            yield from _numbers("EXIF: tag,EXIF: type,EXIF: count,EXIF: offset", at, (2, 2, 4, 4), order)
            if int.from_bytes(data[at : at + 2], order) in _IFD_POINTERS:
                directories.append(begin + int.from_bytes(data[at + 8 : at + 12], order))
        following = Field("EXIF: next directory", directory + 2 + 12 * entries, 4, order)
        yield following
        if offset := number(data, following):
            directories.append(begin + offset)


def _png(data: bytes) -> Iterator[Field]:
    position = len(_PNG)
    while position < len(data):
        kind, begin = data[position + 4 : position + 8].decode(), position + 8
        end = begin + int.from_bytes(data[position : position + 4], "big")
        yield Field(f"{kind}: length", position, 4, "big")
        if kind == "IHDR":
            names = "width,height,depth,colour,compression,filter,interlace"
            yield from _numbers(names, begin, _IHDR, "big")
        elif kind == "acTL":
            yield from _numbers("acTL: frames,acTL: plays", begin, (4, 4), "big")
        elif kind == "fcTL":
            names = "number,width,height,x,y,delay,delay,dispose,blend".replace(",", ",fcTL: ")
            yield from _numbers(f"fcTL: {names}", begin, _FCTL, "big")
        elif kind == "eXIf":
            yield from _tiff(data, begin, end)
        elif kind in ("IDAT", "fdAT"):
            yield Field(f"{kind}: window", begin + (4 if kind == "fdAT" else 0), 2, "big")
        position = end + 4


def _webp(data: bytes) -> Iterator[Field]:
    yield Field("RIFF: size", 4, 4, "little")
    yield from _webp_chunks(data, 12, 8 + int.from_bytes(data[4:8], "little"))


def _webp_chunks(data: bytes, position: int, end: int) -> Iterator[Field]:
    while position + 8 <= end:
        kind, begin = data[position : position + 4].decode(), position + 8
        size = int.from_bytes(data[position + 4 : begin], "little")
        yield Field(f"{kind}: size", position + 4, 4, "little")
        yield from _webp_chunk(data, kind, begin, begin + size)
        position = begin + size + size % 2


def _webp_chunk(data: bytes, kind: str, begin: int, end: int) -> Iterator[Field]:
    if kind == "VP8X":
        yield from _numbers("VP8X: flags,VP8X: canvas width,VP8X: canvas height", begin, (4, 3, 3), "little")
    elif kind == "ANIM":
        yield from _numbers("ANIM: background,ANIM: loops", begin, (4, 2), "little")
    elif kind == "ANMF":
        names = "ANMF: x,ANMF: y,ANMF: width,ANMF: height,ANMF: duration,ANMF: flags"
        yield from _numbers(names, begin, (3, 3, 3, 3, 3, 1), "little")
        yield from _webp_chunks(data, begin + 16, end)
    elif kind == "VP8 ":
        yield from _numbers("VP8: first partition,VP8: start", begin, (3, 3), "little")
        yield from _numbers("VP8: width,VP8: height", begin + 6, (2, 2), "little")
    elif kind == "VP8L":
        yield from _numbers("VP8L: signature,VP8L: width and height", begin, (1, 4), "little")
    elif kind == "ALPH":
        yield Field("ALPH: flags", begin, 1, "little")
    elif kind == "EXIF":
        yield from _tiff(data, begin + (6 if data.startswith(b"Exif\0\0", begin) else 0), end)


def _boxes(data: bytes, position: int, end: int) -> Iterator[Field]:
    """Sizes of boxes, and all numbers of two and of four bytes that may stand in those without others in them."""
    while position < end:
        size, kind = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8].decode()
        yield Field(f"{kind}: size", position, 4, "big")
        begin, position = position + 8, position + size
        if kind in _CONTAINERS:
            yield from _boxes(data, begin + _CONTAINERS[kind], position)
        elif kind == "ispe":
            yield from _numbers("ispe: version,ispe: width,ispe: height", begin, (4, 4, 4), "big")
        elif kind != "mdat":
            last = min(begin + 40, position)
            size = 1 if last - begin < 4 else 2
            yield from (Field(f"{kind}: number", at, size, "big") for at in range(begin, last - size + 1, size))
            yield from (Field(f"{kind}: long number", at, 4, "big") for at in range(begin, last - 3, 4))


def _zip(data: bytes) -> Iterator[Field]:
    """Fields of an archive that was written without data descriptors and without a comment."""
    end = len(data) - 22
    _, _, _, entries, _, entry, _ = struct.unpack("<4H2IH", data[end + 4 :])
    for _ in range(entries):
        lengths: Sequence[int] = struct.unpack("<3H", data[entry + 28 : entry + 34])
        local = int.from_bytes(data[entry + 42 : entry + 46], "little")
        names = "version,flags,method,time,date,crc,packed,size,name,extra".replace(",", ",local: ")
        yield from _numbers(f"local: {names}", local + 4, _LOCAL, "little")
        names = "made by," + names.replace(",local: ", ",") + ",comment,disk,internal,external,offset"
        yield from _numbers("entry: " + names.replace(",", ",entry: "), entry + 4, _ENTRY, "little")
        entry += 46 + sum(lengths)
    names = "disk,first disk,entries here,entries,directory bytes,directory offset,comment".replace(",", ",end: ")
    yield from _numbers(f"end: {names}", end + 4, _END, "little")
