"""Multipart forms whose parts have short heads: werkzeug bounds fields and their number, and no part's headers."""

from collections.abc import Iterator
from typing import IO, Any, Final

import gevent
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.sansio.multipart import (
    BLANK_LINE_RE,
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
    State,
)

from contracts.errors import MalformedRequest

HEAD_BYTES: Final = 8_190
"""Of the headers of a part; as many as a header of the request itself may have."""
_PIECE: Final = 65_536
"""Bytes that are read at a time. The dearest ones, near misses of the boundary, take 2 ms."""
Parsed = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]


class ShortHeadDecoder(MultipartDecoder):
    """Refuses a part whose headers do not end soon, before they are parsed."""

    def next_event(self) -> Event:
        """What comes next.

        Raises:
            MalformedRequest: the headers of a part are longer than `HEAD_BYTES`.
        """
        long = self.state is State.PART and len(self.buffer) > HEAD_BYTES
        if long and not BLANK_LINE_RE.search(self.buffer, 0, HEAD_BYTES):
            raise MalformedRequest(f"A part of the form has more than {HEAD_BYTES:,} bytes of headers.")
        return super().next_event()


class ShortHeadParser(FormDataParser):
    """Werkzeug's parser of forms, with that decoder."""

    def _parse_multipart(
        self,
        stream: IO[bytes],
        mimetype: str,  # noqa: ARG002 - werkzeug's signature
        content_length: int | None,
        options: dict[str, str],
    ) -> Parsed:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise ValueError("Missing boundary")
        decoder = ShortHeadDecoder(boundary, self.max_form_memory_size, max_parts=self.max_form_parts)
        parts = _Parts(self, content_length)
        for event in _events(decoder, stream):
            parts.take(event)
        return stream, self.cls(parts.fields), self.cls(parts.files)


class _Parts:
    """Fields in memory and files where the parser's stream factory puts them."""

    def __init__(self, parser: FormDataParser, content_length: int | None) -> None:
        self.fields, self.files = list[tuple[str, str]](), list[tuple[str, FileStorage]]()
        self._limit, self._content_length = parser.max_form_memory_size, content_length
        self._opener = MultiPartParser(parser.stream_factory)
        self._part: Field | File | None = None
        self._text = bytearray()
        self._file: Any = None

    def take(self, event: Event) -> None:
        """Begin a part, or add to it and maybe end it."""
        if isinstance(event, File):
            self._part, self._file = event, self._opener.start_file_streaming(event, self._content_length)
        elif isinstance(event, Field):
            self._part, self._text = event, bytearray()
        elif isinstance(event, Data):
            self._add(event)

    def _add(self, data: Data) -> None:
        part = self._part
        if isinstance(part, File):
            self._file.write(data.data)
            if not data.more_data:
                self._file.seek(0)
                self.files.append((part.name, FileStorage(self._file, part.filename, part.name, headers=part.headers)))
        elif part is not None:
            self._text += data.data
            if self._limit is not None and len(self._text) > self._limit:
                raise RequestEntityTooLarge
            if not data.more_data:
                charset = self._opener.get_part_charset(part.headers)
                self.fields.append((part.name, self._text.decode(charset, "replace")))


def _events(decoder: MultipartDecoder, stream: IO[bytes]) -> Iterator[Event]:
    """What comes next in the form, piece by piece; between two pieces it is the turn of other requests."""
    data: bytes | None = b"-"
    while data is not None:
        data = stream.read(_PIECE) or None
        decoder.receive_data(data)
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            yield event
        gevent.sleep(0)  # a body that has arrived already is read without a wait in which others are served
