"""JSON bodies in which each value and each key is set to its extremes, one after the other.

`json_requests` walks sound documents: whatever stands in them is replaced by numbers of extreme size and digits,
strings, escapes, lists, objects and nesting of extreme length, and images by base64 of every length and padding. The
largest are as large as a gateway takes JSON.
"""

import base64
import copy
import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from benchmarks.fuzz_images import seeds

MOST: Final = 9_400_000
"""Bytes of a value; the body has more, and may have 10,000,000."""
LARGE: Final = 100_000
"""Bytes. Larger values are tried in one place only where few cases are wanted."""
LENGTHS: Final = (0, 1, 2, 255, 256, 2048, 2049, 8192, 8193, 70_000, 1_000_000, MOST)
_DIGITS: Final = (19, 20, 308, 309, 310, 4299, 4300, 4301, 70_000, 1_000_000, MOST)
_NUMBERS: Final = (
    b"0", b"-0", b"-0.0", b"1", b"-1", b"255", b"256", b"1e0", b"1E+2", b"1e308", b"1e309", b"-1e309", b"1e-400",
    b"1e999999999", b"1e-999999999", b"1e99999999999999999999", b"NaN", b"Infinity", b"-Infinity", b"0x10", b"01",
    b"1.", b"+1", b".5", b"1e", b"-", *(b"%d" % (2**bits + more) for bits in (31, 32, 53, 63, 64,
    128) for more in (-1, 0)),
)  # fmt: skip
_ESCAPES: Final = (
    rb"\u0000", rb"\ud800", rb"\udc00", rb"\ud800\ud800", rb"\udc00\ud800", rb"\udbff\udfff", rb"\ud83d\ude00",
    rb"\u00e9",
    rb"\u", rb"\ud8", rb"\ud800\u", rb"\x41", rb"\/", rb"\n", b"\\", b"\0", b"\x1f", b"\x7f", b"\xff", b"\xc0\x80",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "\u00e9".encode(), "\u202e".encode(), "\U0001f600".encode(), b" ", b"\\\n",
)  # fmt: skip
_WORDS: Final = (b"null", b"true", b"false", b"nul", b"True", b"", b" ", b",", b":", b"}", b"]", b'"', b"'x'", b"/**/1")
_DEPTHS: Final = (1, 2, 100, 198, 199, 200, 201, 202, 1000, 24_000, 49_000, 60_000)
_ITEMS: Final = (
    b"0",
    b"255",
    b"257",
    b"-1",
    b"1.5",
    b"null",
    b'""',
    b'"eA"',
    b"[]",
    b"{}",
    b"9" * 4300,
    b"",
    b"1e1",
    b"1.25",
)
_COUNTS: Final = (0, 1, 2, 99, 100, 101, 1000, 24_000, 49_000, 51_000, 999_000, 1_000_002, 1_999_000, 2_000_002)
_MARK: Final = "@@"


class Value(NamedTuple):
    """What is written in place of a value: its name, and pieces of text with how often each comes."""

    name: str
    pieces: tuple[tuple[bytes, int], ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(text) * times for text, times in self.pieces)

    @property
    def text(self) -> bytes:
        """All of it, which may be long."""
        return b"".join(text * times for text, times in self.pieces)


def _text(name: str, text: bytes) -> Value:
    return Value(name, ((text, 1),))


def _string(name: str, text: bytes, times: int) -> Value:
    return Value(name, ((b'"', 1), (text, times), (b'"', 1)))


def values() -> Iterator[Value]:
    """Every extreme of a value."""
    yield from (_text(f"the text {text.decode()}", text) for text in (*_NUMBERS, *_WORDS))
    for digits in _DIGITS:
        for name, begin in (("", b""), ("negative ", b"-"), ("fraction ", b"0."), ("exponent ", b"1e"), ("e-", b"1e-")):
            yield Value(f"{name}number of {digits} digits", ((begin, 1), (b"9", digits)))
        yield Value(f"number of {digits} zeros", ((b"1", 1), (b"0", digits), (b".0", 1)))
    yield from (_string(f"string of {length}", b"x", length) for length in LENGTHS)
    yield from (Value(f"string of {length} without an end", ((b'"', 1), (b"x", length))) for length in LENGTHS[::3])
    for escape in _ESCAPES:
        for times in (1, 1000, MOST // len(escape)):
            yield _string(f"{times} times {escape!r}", escape, times)
    yield from _nested()
    yield from _lists()
    yield from _objects()


def _nested() -> Iterator[Value]:
    for begin, end in ((b"[", b"]"), (b'{"a":', b"}"), (b'[{"image":', b"}]")):
        for depth in (*_DEPTHS, MOST // len(begin + end)):
            yield Value(f"{depth} times {begin.decode()}", ((begin, depth), (b"1", 1), (end, depth)))
            yield Value(f"{depth} times {begin.decode()} without an end", ((begin, depth),))


def _lists() -> Iterator[Value]:
    for item in _ITEMS:
        for count in (*_COUNTS, MOST // (len(item) + 1)):
            if 0 < count * (len(item) + 1) <= MOST:
                pieces = ((b"[", 1), (item + b",", count - 1), (item + b"]", 1))
                yield Value(f"list of {count} times {item[:9].decode()}", pieces)
    yield from (Value(f"{space!r} in a list", ((b"[255,", 1), (space, MOST), (b"216]", 1))) for space in (b" ", b"\n"))


def _objects() -> Iterator[Value]:
    for count in (0, 1, 2, 100, 1000, 12_000, 24_000, 26_000, 600_000):
        yield _text(f"{count} keys", _different_keys(count))
        yield Value(f"{count} times the same key", ((b"{", 1), (b'"image":"",', count), (b'"image":""}', 1)))
    for key in keys():
        yield Value(f"key: {key.name}", ((b"{", 1), *key.pieces, (b":1}", 1)))


@cache
def _different_keys(count: int) -> bytes:
    return b"{%s}" % b",".join(b'"k%d":7' % index for index in range(count))


def keys() -> Iterator[Value]:
    """Every extreme of a key."""
    yield from (_string(f"string of {length}", b"k", length) for length in LENGTHS)
    yield from (_string(f"string of {escape!r}", escape, 1) for escape in _ESCAPES)
    texts = (b"1", b"null", b"[]", b"", b'"__proto__"', b'"wait"')
    yield from (_text(f"the text {text.decode()}", text) for text in texts)


def base64_values() -> Iterator[Value]:
    """An image as base64 of every length, padding and alphabet, and as a data URI."""
    text = base64.b64encode(seeds()[0]).rstrip(b"=")
    most = MOST - len(text) - 100
    for length in (1, 2, 3, 4, 5, len(text) - 2, len(text) - 1, len(text)):
        for times in (0, 1, 2, 3, 4, 5, 1000, most):
            pieces = ((b'"' + text[:length], 1), (b"=", times), (b'"', 1))
            yield Value(f"base64 of {length} and {times} of padding", pieces)
    for name, part in (("padding", b"="), ("space", b" "), ("line break", rb"\n"), ("other", b"-_"), ("wrong", b"!")):
        for times in (1, 4, 1000, most // len(part)):
            for place in (0, 2, len(text) // 2):
                pieces = ((b'"' + text[:place], 1), (part, times), (text[place:] + b'"', 1))
                yield Value(f"{times} times {name} at {place}", pieces)
    for times in (0, 1, 1000, 70_000, 1_000_000, most):
        for head, end in (("", ";base64,"), ("image/", ";base64,"), (";", ","), (";base64,", ""), ("", "")):
            pieces = ((f'"data:{head}'.encode(), 1), (b"x", times), (end.encode() + text + b'"', 1))
            yield Value(f"data:{head}, {times} letters, {end}", pieces)
        yield _string(f"{times} heads", b"data:;base64,", min(times, most // 13))


def documents() -> list[Any]:
    """Sound ones, with everything in them that may stand in one."""
    text = base64.b64encode(seeds()[0]).decode()
    options = {"priority": "bulk", "deadline": 60.5, "annotate": True, "metadata": {"order": {"number": [7]}}}
    return [
        {"images": [{"image": text, "name": "me.jpg"}, text, list(seeds()[5])], **options},
        {"image": text, "webhook": "https://example.com/told"},
    ]


def json_bodies(*, few: bool) -> Iterator[tuple[str, bytes]]:
    """All bodies, by name; or, if only few are wanted, with `LARGE` values in one place each."""
    first = {"images", "image", "metadata"}
    for number, document in enumerate(documents()):
        yield f"document {number}", json.dumps(document).encode()
        for path in _paths(document):
            name = ".".join(map(str, path))
            large = not few or name in first
            yield from _placed(document, path, name, values(), large=large)
            if path and path[-1] == "image":
                yield from _placed(document, path, name, base64_values(), large=large)
            if path and isinstance(path[-1], str):
                yield from _renamed(document, path, large=large)
    yield from _whole()


def _placed(
    document: Any, path: tuple[Any, ...], name: str, written: Iterable[Value], *, large: bool
) -> Iterator[tuple[str, bytes]]:
    changed = copy.deepcopy({"": document})
    parent: Any = changed
    for key in ("", *path[:-1]) if path else ():
        parent = parent[key]
    parent[path[-1] if path else ""] = _MARK
    begin, end = json.dumps(changed[""]).encode().split(b'"%s"' % _MARK.encode())
    for value in written:
        if large or value.size <= LARGE:
            yield f"{name}: {value.name}", begin + value.text + end


def _renamed(document: Any, path: tuple[Any, ...], *, large: bool) -> Iterator[tuple[str, bytes]]:
    changed = copy.deepcopy(document)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[_MARK] = parent[path[-1]]
    begin, end = json.dumps(changed).encode().split(b'"%s"' % _MARK.encode())
    for key in keys():
        if large or key.size <= LARGE:
            yield f"{'.'.join(map(str, path))} again as {key.name}", begin + key.text + end
    yield f"{'.'.join(map(str, path))} twice", begin + json.dumps(path[-1]).encode() + end


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values of a document stand, the document first; bytes in a list are all alike."""
    yield path
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _paths(member, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value[:3]):
            yield from _paths(item, (*path, index))


def _whole() -> Iterator[tuple[str, bytes]]:
    """Whole bodies: what stands around a document, and documents that end too early."""
    sound = json.dumps(documents()[1]).encode()
    for name, part in (("space", b" "), ("line break", b"\n"), ("zero", b"\0"), ("mark", b"\xef\xbb\xbf")):
        for times in (1, 1000, MOST // len(part) - len(sound)):
            yield f"{times} times {name} before", part * times + sound
            yield f"{times} times {name} behind", sound + part * times
    yield "two documents", sound * 2
    yield from ((f"the first {length} bytes", sound[:length]) for length in range(0, len(sound), 13))
    yield "UTF-16", sound.decode().encode("utf-16")
