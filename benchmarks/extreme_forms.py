"""Multipart forms in which each piece is set to its extremes, one after the other, and forms of many parts.

A sound form is a list of pieces: delimiters, headers with their names and parameters, line breaks, data. `form_bodies`
leaves each of them out, repeats it, and writes extremes of its kind there. The largest are as large as a gateway takes
them.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from benchmarks.extreme_json import LARGE, values
from benchmarks.fuzz_images import seeds

Kind = Literal["delimiter", "word", "break", "file", "text", "around"]

BOUNDARY: Final = b"xYzZY"
MOST: Final = 49_000_000
"""Bytes of a form; 50,000,000 are taken."""
LENGTHS: Final = (1, 2, 255, 256, 4096, 8000, 8100, 8190, 8191, 70_000, 499_000, 501_000, 1_000_000, MOST)
_COUNTS: Final = (0, 1, 2, 99, 100, 101, 999, 1000, 1001, 10_000)
_WORDS: Final = (
    b'"',
    b"\\",
    b'\\"',
    b";",
    b"=",
    b"; a=b",
    b"; a*0=b",
    b"; name=x",
    b"'",
    b"%ff",
    b"\xff",
    b"\0",
    b"\xc3\xa9",
    b",",
)
_NUMBERS: Final = (
    b"0", b"-1", b"1", b"+1", b"0x10", b"1e3", b"1, 1", b"abc", *(b"%d" % 2**bits for bits in (31, 32, 63, 64)),
    b"9" * 400, b"9" * 4301, b"9" * 8000,
)  # fmt: skip
_DATA: Final = (
    b"\0", b"x", b"\r\n", b"\r", b"\n", b"-", b"\r\n--", b"\r\n--" + BOUNDARY[:-1], b"--" + BOUNDARY,
    b"\r\n--" + BOUNDARY,
    b"\r\n--" + BOUNDARY + b" ", b"\r\n--" + BOUNDARY + b"x", b"\r\n--" + BOUNDARY + b"-", b"\n--" + BOUNDARY + b"\t",
)  # fmt: skip
_SPACES: Final = (1, 8, 70_000, 499_000, 600_000)
_PARAMETERS: Final = (
    b"", b'""', b'"', b"\\", b'"\\""', b"(a+)+$", b"[", b"a b", b'"a b "', b"\xe9", b"a; boundary=b", b'"a\\', b"a*",
    b"-" * 70,
)  # fmt: skip


class Piece(NamedTuple):
    """A part of the text of a form."""

    kind: Kind
    text: bytes


def sound_form(boundary: bytes = BOUNDARY) -> list[Piece]:
    """Two files, and every option that a job may have."""
    options = {
        b"priority": b"bulk", b"deadline": b"60.5", b"annotate": b"true", b"metadata": b'{"order": 7}',
        b"webhook": b"https://example.com/told",
    }  # fmt: skip
    pieces = [Piece("around", b"")]
    for photo, name in ((seeds()[0], b"filename"), (seeds()[5], b"filename*")):
        text = b'"me.jpg"' if name == b"filename" else b"UTF-8''m%C3%A9.png"
        pieces += [
            *_begin(boundary, b'"images"'),
            Piece("word", b"; "),
            Piece("word", name),
            Piece("word", b"="),
            Piece("word", text),
        ]
        pieces += [
            Piece("break", b"\r\n"),
            Piece("word", b"Content-Type"),
            Piece("word", b":"),
            Piece("word", b"image/jpeg"),
        ]
        pieces += [Piece("break", b"\r\n"), Piece("break", b"\r\n"), Piece("file", photo), Piece("break", b"\r\n")]
    for option, value in options.items():
        pieces += _begin(boundary, b'"%s"' % option)
        pieces += [Piece("break", b"\r\n"), Piece("break", b"\r\n"), Piece("text", value), Piece("break", b"\r\n")]
    return [*pieces, Piece("delimiter", b"--%s--\r\n" % boundary), Piece("around", b"")]


def _begin(boundary: bytes, name: bytes) -> list[Piece]:
    words = (b"Content-Disposition", b":", b" form-data", b"; ", b"name", b"=", name)
    return [Piece("delimiter", b"--%s\r\n" % boundary), *(Piece("word", word) for word in words)]


def form_bodies(*, few: bool) -> Iterator[tuple[str, str, bytes]]:
    """All forms: a name, the content type and the body; with `LARGE` pieces once a kind only if few are wanted."""
    usual = f"multipart/form-data; boundary={BOUNDARY.decode()}"
    for name, body in _with_extremes(few=few):
        yield name, usual, body
    for name, body in _of_many_parts():
        if not few or len(body) <= LARGE or "10000" in name:
            yield name, usual, body
    yield from _of_boundaries()


def _with_extremes(*, few: bool) -> Iterator[tuple[str, bytes]]:
    pieces, seen = sound_form(), set[str]()
    yield "sound", b"".join(piece.text for piece in pieces)
    for index, piece in enumerate(pieces):
        begin, end = (b"".join(each.text for each in some) for some in (pieces[:index], pieces[index + 1 :]))
        for name, text in _extremes(piece):
            if not few or len(text) <= LARGE or piece.kind not in seen:
                yield f"piece {index}, {piece.text[:20]!r}: {name}", begin + text + end
        seen.add(piece.kind)
        yield f"ends before piece {index}", begin


def _extremes(piece: Piece) -> Iterator[tuple[str, bytes]]:
    """What may stand in place of a piece."""
    yield "nothing", b""
    for times in (2, 100, 1001, 70_000):
        if len(piece.text) * times <= MOST:
            yield f"{times} times", piece.text * times
    match piece.kind:
        case "delimiter":
            yield from _delimiters(piece.text)
        case "word":
            yield from ((f"{length} letters", b"x" * length) for length in LENGTHS)
            yield from ((f"{times} {word!r}", word * times) for word in _WORDS for times in (1, 1000))
            yield from (
                (f"then Content-Length {number[:20]!r}", piece.text + b"\r\nContent-Length: " + number)
                for number in _NUMBERS
            )
            yield from ((f"then {times} headers", piece.text + b"\r\na: b" * times) for times in (50, 1000, 70_000))
        case "break":
            yield from (
                (f"{times} {text!r}", text * times)
                for text in (b"\n", b"\r", b" ", b"\r\n ")
                for times in (1, 2, 9000, 70_000)
            )
        case "text":
            yield from ((value.name, value.text.strip(b'"')) for value in values() if value.size < 600_000)
        case _:
            yield from _data()


def _delimiters(text: bytes) -> Iterator[tuple[str, bytes]]:
    bare = text.rstrip(b"\r\n")
    yield from (
        (f"ends with {end!r}", bare + end)
        for end in (b"", b"\n", b"\r", b"x\r\n", b"-\r\n", b"--", b"--\r\n", b"\0\r\n")
    )
    yield from (
        (f"{times} of {space!r}", bare + space * times + b"\r\n") for times in _SPACES for space in (b" ", b"\t")
    )
    yield from ((f"{times} hyphens", b"-" * times + b"\r\n") for times in (1, 3, 70_000, 600_000))
    yield "only its hyphens", b"--\r\n"
    yield "shorter", bare[:-1] + b"\r\n"


def _data() -> Iterator[tuple[str, bytes]]:
    for part in _DATA:
        for length in LENGTHS:
            times = -(-length // len(part))
            yield f"{times} times {part!r}", part * times


def _of_many_parts() -> Iterator[tuple[str, bytes]]:
    """Forms of parts that are each sound, and of empty ones."""
    head, end = b"--" + BOUNDARY + b"\r\n", b"--" + BOUNDARY + b"--\r\n"
    file = head + b'Content-Disposition: form-data; name="images"; filename="a"\r\n\r\n'
    field = head + b'Content-Disposition: form-data; name="'
    parts = {
        "images": lambda _: file + seeds()[0] + b"\r\n",
        "empty files": lambda _: file + b"\r\n",
        "files without a line break": lambda _: file,
        "fields": lambda index: field + b'f%d"\r\n\r\nx\r\n' % index,
        "fields of one name": lambda _: field + b'deadline"\r\n\r\n1\r\n',
        "fields without a name": lambda _: head + b"Content-Disposition: form-data\r\n\r\n\r\n",
        "parts without headers": lambda _: head + b"\r\n\r\n",
        "parts of nothing": lambda _: head,
        "ends": lambda _: end,
    }
    for name, part in parts.items():
        for count in (*_COUNTS, MOST // len(part(1_000_000))):
            yield f"{count} {name}", b"".join(map(part, range(count))) + end


def _of_boundaries() -> Iterator[tuple[str, str, bytes]]:
    """Forms with boundaries of extreme length, and content types that give none."""
    for length in (1, 69, 70, 71, 255, 1000, 4000, 8000, 8100, 8190, 9000):
        for letter in (b"x", b"-", b"'"):
            body = b"".join(piece.text for piece in sound_form(letter * length))
            yield (
                f"boundary of {length} {letter!r}",
                f"multipart/form-data; boundary={(letter * length).decode()}",
                body,
            )
            yield (
                f"{length} {letter!r} in quotes",
                f'multipart/form-data; boundary="{(letter * length).decode()}"',
                body,
            )
    for text in _PARAMETERS:
        body = b"".join(piece.text for piece in sound_form(text.strip(b'"')))
        yield f"boundary {text!r}", f"multipart/form-data; boundary={text.decode('latin-1')}", body
    body = b"".join(piece.text for piece in sound_form())
    for more in (
        "",
        ";",
        "; boundary",
        "; boundary=x; boundary=y",
        "; a=b" * 1500,
        "; boundary*0=x; boundary*1=Y",
        "; b" * 2700,
    ):
        yield f"parameters {more[:40]!r}", f"multipart/form-data{more}", body
    for times in (2, 100, 1000):
        continued = "".join(f"; boundary*{index}=x" for index in range(times))[:8000]
        yield f"a boundary in {times} pieces", f"multipart/form-data{continued}", body
