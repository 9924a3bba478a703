"""How fast a client has to send its body and to read its answer: else it would hold a connection, and memory, for ever.

Both are allowed a grace and, beyond it, as long as the bytes take at the least rate.
"""

import errno
import fcntl
import socket
import struct
import termios
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

import gevent
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import NoMoreData, ParseException

from contracts.errors import InvalidRequest, MalformedRequest, MienError, RequestTooSlow
from contracts.settings import Settings

_PIECE: Final = 64 * 1024
_FREE_CHUNKS: Final = 10_000
_BYTES_A_CHUNK: Final = 64
"""That further ones have on an average; a line of base64 has 76. Each costs 2 µs, however short it is."""
_CHUNKS_A_TURN: Final = 1000
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_LOOK_S: Final = 0.5
"""So often it is looked at whether a client that gives no room for more has taken something."""


class BodyRateMiddleware:
    """WSGI middleware, for servers on gevent: a view that reads a body which arrives too slowly gets an error."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self._app, self._settings = app, settings

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve one request."""
        environ["wsgi.input"] = _Body(environ["wsgi.input"], self._settings)
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


class _Body:
    """A body; the time counts from the first read on."""

    def __init__(self, stream: Any, settings: Settings) -> None:
        self._stream, self._rate, self._grace_s = stream, settings.min_transfer_rate, settings.transfer_grace_s
        self._end: float | None = None
        reader = getattr(stream, "reader", None)
        if isinstance(reader, ChunkedReader):
            reader.parser = _chunks(reader.parser)

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, or all.

        Raises:
            RequestTooSlow: the time has run out. Gunicorn closes a connection whose body could not be read.
            InvalidRequest: the body ends too early, or its chunks are malformed.
        """
        if self._end is None:
            self._end = time.monotonic() + self._grace_s
        left = self._end - time.monotonic()
        late = RequestTooSlow(
            f"The body arrives more slowly than {self._rate:,} bytes a second (MIEN_MIN_TRANSFER_RATE), beyond "
            f"{self._grace_s:g} s (MIEN_TRANSFER_GRACE_S)."
        )
        if left <= 0:
            raise late
        try:
            with gevent.Timeout(left, late):
                data: bytes = self._stream.read(size)
        except NoMoreData as error:
            raise InvalidRequest("The body ended before all of it had arrived.") from error
        except ParseException as error:
            raise InvalidRequest(f"The body is malformed: {error}.") from error
        self._end += len(data) / self._rate
        return data


def _chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks of a body; after some of them it is the turn of other requests.

    Raises:
        MalformedRequest: they are many, and almost empty.
    """
    size = 0
    for number, piece in enumerate(pieces):
        size += len(piece)
        if number > _FREE_CHUNKS + size // _BYTES_A_CHUNK:
            raise MalformedRequest(f"The body comes in chunks of less than {_BYTES_A_CHUNK} bytes.")
        if number % _CHUNKS_A_TURN == _CHUNKS_A_TURN - 1:
            gevent.sleep(0)  # what has arrived already is read without a wait in which others are served
        yield piece


class AnswerSocket:
    """A client's socket, as an answer is written to it: a client that does not read is dropped, and frees the memory.

    Everything else is the socket's own.
    """

    def __init__(
        self,
        connection: socket.socket,
        settings: Settings,
        refusal: MienError | None = None,
        close_afterwards: Callable[[], None] = lambda: None,
    ) -> None:
        """Wrap a socket.

        Args:
            connection: the socket.
            settings: for the least rate.
            refusal: what a request on a connection too many is told.
            close_afterwards: has the answer say that no other one follows on this connection.
        """
        self.refusal, self.close_afterwards = refusal, close_afterwards
        self._connection = connection
        self._rate, self._grace_s = settings.min_transfer_rate, settings.transfer_grace_s
        self._stuck_s = self._grace_s

    def expect_progress(self, within_s: float) -> None:
        """From now on some byte of what is sent has to be taken every so many seconds, however slowly the rest is."""
        self._stuck_s = min(self._stuck_s, within_s)

    def _send(self, piece: memoryview, end: float) -> int:
        """Send what fits, and wait for room as long as the client takes something.

        The system tells of room only once a third of its buffer is free, which takes a slow client many seconds; so
        what is left in the buffer is looked at as well.

        Raises:
            TimeoutError: nothing was taken for too long, or `end` has come.
        """
        taken_at, unsent = time.monotonic(), _unsent(self._connection)
        while True:
            left = min(taken_at + self._stuck_s, end) - time.monotonic()
            self._connection.settimeout(max(0.001, min(_LOOK_S, left)))
            try:
                return int(self._connection.send(piece))
            except TimeoutError:
                before, unsent = unsent, _unsent(self._connection)
                if unsent < before:
                    taken_at = time.monotonic()
                if time.monotonic() >= min(taken_at + self._stuck_s, end):
                    raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def sendall(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            BrokenPipeError: the client reads too slowly, or not at all. What is unsent is given up with the connection.
        """
        view = memoryview(data)
        end = time.monotonic() + self._grace_s + len(view) / self._rate
        patience = self._connection.gettimeout()
        try:
            while view:
                view = view[self._send(view[:_PIECE], end) :]
        except TimeoutError as error:
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            raise BrokenPipeError(errno.EPIPE, "the client does not read its answer") from error
        finally:
            self._connection.settimeout(patience)


def _unsent(connection: socket.socket) -> int:
    """Bytes that the client has not taken yet of those that the system has; 0 where that is not told."""
    count = array("i", [0])
    with suppress(OSError, ValueError):
        fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, count)
    return count[0]
