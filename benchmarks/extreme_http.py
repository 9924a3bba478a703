"""Requests whose framing is set to its extremes: lengths, chunk sizes and extensions, and numbers of headers.

What stands in the head of a request, and between the chunks of its body, is left out, repeated, lengthened, and
contradicted. Each request is the last one on its connection: the client has nothing more to say.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from benchmarks.extreme_json import values
from benchmarks.fuzz_images import seeds

LENGTHS: Final = (
    0,
    1,
    100,
    4000,
    4094,
    4095,
    8160,
    8180,
    8190,
    8191,
    8192,
    16_400,
    70_000,
    420_000,
    1_000_000,
    9_000_000,
)
_COUNTS: Final = (0, 1, 2, 44, 45, 46, 47, 48, 49, 50, 51, 100, 1000, 70_000)
_NUMBERS: Final = (
    b"", b" ", b"0", b"-0", b"-1", b"+5", b"1", b"00000000005", b"0x5", b"5e3", b"5.0", b"5 5", b"5, 5", b"5,6",
    b"5;", b"'5'",
    b"\xb2", b"\xd9\xa1", b"\t5", b"5\0", b"5\r", b"5\n", b"NaN", *(b"%d" % (2**bits + more) for bits in (31, 32, 63,
    64) for more in (-1, 0)),
    b"9999999", b"10000000", b"10000001", b"49999999", b"50000000", b"50000001",
    *(b"9" * digits for digits in (19, 20, 400, 4300, 4301, 8100)), *(b"0" * digits + b"5" for digits in (20, 4300,
    8100)),
)  # fmt: skip
_SIZES: Final = (
    b"", b" ", b"0", b"00", b"-1", b"+5", b"0x5", b"5 ", b" 5", b"5\t", b"G", b"5G", b"_5", b"5_5", b"\xb2", b"5\0",
    b"5\r", b"5\n",
    b"1", b"ffff", b"FFFF", b"989680", b"2faf080", *(b"%x" % (2**bits + more) for bits in (31, 32, 63,
    64) for more in (-1, 0)),
    *(b"f" * digits for digits in (16, 400, 4300, 8100, 9000, 70_000)), *(b"0" * digits + b"5" for digits in (8000,
    8189, 70_000)),
)  # fmt: skip
_EXTENSIONS: Final = (b"x", b" ", b";", b";a=b", b';a="b"', b'"', b"\\", b";a", b"\xff", b"\n", b"\r", b"=", b'a="\\"')
_CODINGS: Final = (
    b"", b"chunked", b"Chunked", b"chunked, chunked", b"identity", b"gzip", b"gzip, chunked", b"chunked, gzip", b"x",
    b" chunked ",
    b"chunked;a=b", b"\x0bchunked", b"chunked," * 1000, b"xchunked", b"chunked\0",
)  # fmt: skip
_TARGET: Final = b"/v1/jobs"
_TYPE: Final = b"Content-Type: image/jpeg"


def http_requests() -> Iterator[tuple[str, bytes]]:
    """All requests, by name."""
    photo = seeds()[0]
    yield from _lengths(photo)
    yield from _chunks(photo)
    yield from _trailers(photo)
    yield from _headers(photo)
    yield from _lines(photo)
    yield from _options(photo)


def _request(body: bytes, *headers: bytes, line: bytes = b"POST %s HTTP/1.1" % _TARGET) -> bytes:
    return b"\r\n".join((line, b"Host: 127.0.0.1", *headers, b"", body))


def _lengths(photo: bytes) -> Iterator[tuple[str, bytes]]:
    right = b"Content-Length: %d" % len(photo)
    near = tuple(b"%d" % (len(photo) + more) for more in (-100, -1, 1, 100, 1_000_000))
    for number in (*_NUMBERS, *near):
        header = b"Content-Length: " + number
        name = f"Content-Length {number[:30]!r} of {len(number)}"
        yield name, _request(photo, _TYPE, header)
        yield f"{name}, right before", _request(photo, _TYPE, right, header)
        yield f"{name}, right behind", _request(photo, _TYPE, header, right)
        yield f"{name}, and chunks", _request(_chunked(photo), _TYPE, header, b"Transfer-Encoding: chunked")
        yield f"{name}, without a body", _request(b"", _TYPE, header)
        yield f"{name}, 1.0", _request(photo, _TYPE, header, line=b"POST %s HTTP/1.0" % _TARGET)
        yield f"{name}, continued", _request(photo, _TYPE, header, b"Expect: 100-continue")
    for times in (2, 40, 1000):
        yield f"{times} times the right length", _request(photo, _TYPE, *[right] * times)
    for coding in _CODINGS:
        header = b"Transfer-Encoding: " + coding
        yield f"coding {coding[:30]!r}", _request(_chunked(photo), _TYPE, header)
        yield f"coding {coding[:30]!r} twice", _request(_chunked(photo), _TYPE, header, header)
        yield (
            f"coding {coding[:30]!r}, 1.0",
            _request(_chunked(photo), _TYPE, header, line=b"POST %s HTTP/1.0" % _TARGET),
        )


def _chunked(data: bytes, size: int = 4096) -> bytes:
    pieces = [data[begin : begin + size] for begin in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _in_chunks(body: bytes) -> bytes:
    return _request(body, _TYPE, b"Transfer-Encoding: chunked")


def _chunks(photo: bytes) -> Iterator[tuple[str, bytes]]:
    right = b"%x" % len(photo)
    for size in (1, 2, 3, 100, len(photo)):
        yield f"chunks of {size}", _in_chunks(_chunked(photo, size))
    yield "a million chunks of a byte", _in_chunks(_chunked(photo.ljust(1_000_000, b"\0"), 1))
    yield "the largest in one chunk", _in_chunks(_chunked(photo.ljust(49_000_000, b"\0"), 49_000_000))
    yield "more than the largest in one chunk", _in_chunks(_chunked(photo.ljust(51_000_000, b"\0"), 51_000_000))
    near = tuple(b"%x" % (len(photo) + more) for more in (-1, 1, 100))
    for size in (*_SIZES, *near):
        name = f"chunk size {size[:20]!r} of {len(size)}"
        yield name, _in_chunks(size + b"\r\n" + photo + b"\r\n0\r\n\r\n")
        yield f"{name}, second", _in_chunks(b"1\r\n\xff\r\n" + size + b"\r\n" + photo[1:] + b"\r\n0\r\n\r\n")
        yield f"{name}, last", _in_chunks(right + b"\r\n" + photo + b"\r\n" + size + b"\r\n\r\n")
    for part in _EXTENSIONS:
        for length in LENGTHS:
            extension = b";" + part * (length // len(part))
            name = f"extension of {length} of {part!r}"
            yield name, _in_chunks(right + extension + b"\r\n" + photo + b"\r\n0\r\n\r\n")
            yield f"{name}, last", _in_chunks(right + b"\r\n" + photo + b"\r\n0" + extension + b"\r\n\r\n")
            yield f"{name}, without an end", _in_chunks(right + extension)
    for times in (1000, 20_000):
        many = b"".join(b"1;" + b"x" * (8000 * 1000 // times) + b"\r\n\0\r\n" for _ in range(times))
        yield f"{times} extensions", _in_chunks(many + b"0\r\n\r\n")
    for end in (b"", b"\r", b"\n", b"x", b"\r\n\r\n"):
        yield f"chunk that ends with {end!r}", _in_chunks(right + b"\r\n" + photo + end + b"0\r\n\r\n")


def _trailers(photo: bytes) -> Iterator[tuple[str, bytes]]:
    body = b"%x\r\n%s\r\n0\r\n" % (len(photo), photo)
    for count in _COUNTS:
        yield f"{count} trailers", _in_chunks(body + b"a: b\r\n" * count + b"\r\n")
        yield f"{count} trailers without an end", _in_chunks(body + b"a: b\r\n" * count)
    for length in LENGTHS:
        yield f"trailer of {length}", _in_chunks(body + b"a: " + b"x" * length + b"\r\n\r\n")
        yield f"trailer's name of {length}", _in_chunks(body + b"x" * length + b": b\r\n\r\n")
        yield f"trailer of {length} without an end", _in_chunks(body + b"x" * length)
        yield f"trailer of {length} line feeds", _in_chunks(body + b"\n" * length + b"\r\n")


def _headers(photo: bytes) -> Iterator[tuple[str, bytes]]:
    length = b"Content-Length: %d" % len(photo)
    for count in _COUNTS:
        yield f"{count} headers", _request(photo, _TYPE, length, *[b"a: b"] * count)
        yield (
            f"{count} different headers",
            _request(photo, _TYPE, length, *(b"a%d: b" % index for index in range(count))),
        )
        yield f"{count} headers without an end", b"POST / HTTP/1.1\r\n" + b"a: b\r\n" * count
        yield f"{count} empty lines before", b"\r\n" * count + _request(photo, _TYPE, length)
    names = (
        b"Host", b"Content-Type", b"Idempotency-Key", b"Prefer", b"Authorization", b"Cookie", b"X-Forwarded-For",
        b"Forwarded",
        b"Origin", b"X-Request-ID", b"Accept", b"Range", b"Connection", b"Expect", b"Sec-Fetch-Site",
        b"If-None-Match", b"Upgrade",
        b"Last-Event-ID", b"Content-Encoding", b"A",
    )  # fmt: skip
    for name in names:
        for size in LENGTHS:
            yield f"{name.decode()} of {size}", _request(photo, length, b"%s: %s" % (name, b"x" * size))
        for text in (b",", b";", b"=", b'"', b"a=b; ", b"wait=1, ", b"\xff", b"1.2.3.4, ", b"Basic ", b"/", b"9"):
            yield (
                f"{name.decode()} of {text!r}",
                _request(photo, _TYPE, length, b"%s: %s" % (name, text * (8100 // len(text)))),
            )
    for size in LENGTHS:
        yield f"header's name of {size}", _request(photo, _TYPE, length, b"x" * size + b": b")
        yield f"folded header of {size}", _request(photo, _TYPE, length, b"a: b", b" " + b"x" * size)
        yield f"head of {size} without an end", b"POST / HTTP/1.1\r\n" + b"x" * size


def _lines(photo: bytes) -> Iterator[tuple[str, bytes]]:
    length = b"Content-Length: %d" % len(photo)
    for size in LENGTHS:
        yield f"address of {size}", _request(photo, _TYPE, length, line=b"POST /%s HTTP/1.1" % (b"x" * size))
        yield f"query of {size}", _request(photo, _TYPE, length, line=b"POST %s?x=%s HTTP/1.1" % (_TARGET, b"x" * size))
        yield f"method of {size}", _request(photo, _TYPE, length, line=b"X" * size + b" / HTTP/1.1")
        yield f"version of {size}", _request(photo, _TYPE, length, line=b"GET / HTTP/1." + b"1" * size)
        yield f"{size} bytes that are no request", b"\0" * size
        yield f"{size} line feeds", b"\n" * size
    for version in (
        b"HTTP/0.9",
        b"HTTP/1.0",
        b"HTTP/2.0",
        b"HTTP/9.9",
        b"http/1.1",
        b"HTTP/1",
        b"HTTP/-1.1",
        b"",
        b"PRI",
    ):
        yield f"version {version!r}", _request(photo, _TYPE, length, line=b"POST %s %s" % (_TARGET, version))
    for times in (2, 100, 1000):
        yield f"{times} requests at once", _request(b"", line=b"GET /livez HTTP/1.1") * times


def _options(photo: bytes) -> Iterator[tuple[str, bytes]]:
    """Options in the address, as long as an address may be."""
    length = b"Content-Length: %d" % len(photo)
    for option in (b"priority", b"deadline", b"annotate", b"metadata", b"webhook", b"wait", b"camera", b"x"):
        for value in (each for each in values() if each.size <= 3000):
            line = b"POST %s?%s=%s HTTP/1.1" % (_TARGET, option, quote(value.text.strip(b'"')).encode())
            yield f"?{option.decode()}: {value.name}", _request(photo, _TYPE, length, line=line)
    for count in (2, 100, 1000):
        line = b"POST %s?%s HTTP/1.1" % (_TARGET, b"&".join([b"a=b"] * count))
        yield f"{count} parameters", _request(photo, _TYPE, length, line=line)
