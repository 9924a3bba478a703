"""One WebSocket, from its acceptance to its end: messages in, messages out, and nothing that a client can hold up.

It is read by whoever calls `receive`: what a client sends too much of waits in its own socket, not in memory here.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from wsproto.connection import SERVER, Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

PING_EVERY_S: Final = 1.5
LOST_AFTER_S: Final = 4.5
"""A client that is silent for so long, whatever it was asked, is lost; so is one that does not take what is sent."""
LOOK_EVERY_S: Final = 3.0
"""Whether the client is still allowed."""
FRAMES_A_SECOND: Final = 500
"""That a client may send; more only keep the process busy."""
_TURN_S: Final = 0.5
"""So soon a reader that waits notices that the process is about to end."""
_PIECE: Final = 64 * 1024
_CLOSING_S: Final = 1.0
"""For so long a client's part of the closing is awaited."""
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class WebSocketClosed(Exception):
    """The connection is over. A view lets this pass."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{int(code)} {reason}".strip())
        self.code, self.reason = int(code), reason


class WebSocket:
    """What a view talks to. `receive` belongs to one thread; `send`, `close` and `end` to any."""

    def __init__(
        self,
        connection: Any,
        *,
        max_bytes: int,
        allowed: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Speak on a socket whose upgrade has been accepted.

        Args:
            connection: the socket. Where threads are greenlets it may be read and written at the same time.
            max_bytes: the longest message that the client may send, in however many frames.
            allowed: whether the client may still be here; asked every few seconds.
            clock: seconds.
        """
        self._connection, self._max_bytes, self._allowed, self._clock = connection, max_bytes, allowed, clock
        self._protocol = Connection(SERVER)
        self._sending = threading.Lock()
        self._message = bytearray()
        self._ending: WebSocketClosed | None = None
        self._over: WebSocketClosed | None = None
        self._lost = self._malformed = False
        self._heard_at = self._pinged_at = self._looked_at = self._second = clock()
        self._frames = 0

    def receive(self, timeout_s: float | None = None) -> bytes | str | None:
        """The next message of the client.

        To be called again and again for as long as the connection lasts, with short pauses only: pings, and the end of
        what is over, are its work.

        Args:
            timeout_s: for so many seconds this waits; 0: what is there already; None: for ever.

        Returns:
            None if there is none in time.

        Raises:
            WebSocketClosed: the connection is over, whoever ended it.
        """
        end = None if timeout_s is None else self._clock() + timeout_s
        while True:
            message = self._next()
            if message is not None:
                return message
            self._look_after()
            left = _TURN_S if end is None else max(0.0, end - self._clock())
            if not self._read(min(left, _TURN_S)) and end is not None and self._clock() >= end:
                return None

    def send(self, data: bytes | str) -> None:
        """Send a message, all of it; bytes as a binary one, a text as a text.

        Raises:
            WebSocketClosed: the connection is over, or the client did not take it in time, which ends it.
        """
        with self._sending:
            if self._over is not None:
                raise self._over
            try:
                message = TextMessage(data=data) if isinstance(data, str) else BytesMessage(data=data)
                self._write(self._protocol.send(message))
            except LocalProtocolError:
                raise self._set_over(CloseReason.NO_STATUS_RCVD, "The client is closing.") from None
            except OSError as error:
                raise self._lose("The client does not take what it is sent.") from error

    def close(self, code: int = CloseReason.NORMAL_CLOSURE, reason: str = "") -> None:
        """Say that this is the end, once; to a client that does not read, nothing is said."""
        if self._over is None:
            self._set_over(code, reason)
            self._send_control(CloseConnection(code=code, reason=reason), _CLOSING_S)

    def end(self, code: int, reason: str) -> None:
        """Have it closed by the thread that reads it, within a moment."""
        self._ending = WebSocketClosed(code, reason)

    def finish(self) -> None:
        """Wait a moment for the client's part of the closing, and end the connection."""
        self.close()
        end = self._clock() + _CLOSING_S
        with suppress(OSError):
            while not self._lost and not self._has_closed() and (left := end - self._clock()) > 0:
                self._connection.settimeout(left)
                data = self._connection.recv(_PIECE)
                if not data:
                    break
                if not self._malformed:
                    self._protocol.receive_data(data)
            if self._lost:  # what it has not taken goes with it
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._connection.shutdown(socket.SHUT_RDWR)

    def _has_closed(self) -> bool:
        """Whether the client has done its part of the closing; what else it sent is thrown away."""
        for _ in self._protocol.events():
            pass
        return self._protocol.state is ConnectionState.CLOSED

    def _next(self) -> bytes | str | None:
        """A message from what was read already; a client's pings are answered once, by its newest."""
        pinged: Ping | None = None
        try:
            for event in self._protocol.events():
                if self._over is not None:
                    raise self._over
                self._count(event)
                if isinstance(event, Ping):
                    pinged = event
                elif isinstance(event, CloseConnection):
                    raise self._closed_by_client(event)
                elif isinstance(event, TextMessage | BytesMessage):
                    message = self._add(event)
                    if message is not None:
                        return message
        finally:
            if pinged is not None:
                self._send_control(pinged.response())
        return None

    def _add(self, event: TextMessage | BytesMessage) -> bytes | str | None:
        self._message += event.data.encode() if isinstance(event, TextMessage) else event.data
        if len(self._message) > self._max_bytes:
            raise self._refuse(CloseReason.MESSAGE_TOO_BIG, f"A message may have {self._max_bytes:,} bytes at most.")
        if not event.message_finished:
            return None
        message, self._message = bytes(self._message), bytearray()
        return message.decode() if isinstance(event, TextMessage) else message

    def _count(self, event: Event) -> None:
        """Frames that end in the same second."""
        if not getattr(event, "frame_finished", True):
            return
        now = self._clock()
        if now >= self._second + 1:
            self._second, self._frames = now, 0
        self._frames += 1
        if self._frames > FRAMES_A_SECOND:
            raise self._refuse(
                CloseReason.POLICY_VIOLATION, f"More than {FRAMES_A_SECOND} messages, or parts of them, in a second."
            )

    def _look_after(self) -> None:
        """End what is over, and see to it that a client that is there says so."""
        if self._over is not None:
            raise self._over
        if self._ending is not None:
            raise self._refuse(self._ending.code, self._ending.reason)
        now = self._clock()
        if now >= self._looked_at + LOOK_EVERY_S:
            self._looked_at = now
            if not self._allowed():
                raise self._refuse(CloseReason.POLICY_VIOLATION, "The key of this connection is not valid any more.")
        if now >= self._heard_at + LOST_AFTER_S:
            raise self._lose("The client is silent.")
        if now >= max(self._heard_at, self._pinged_at) + PING_EVERY_S:
            self._pinged_at = now
            self._send_control(Ping())

    def _read(self, patience_s: float) -> bool:
        """Read what is there. Returns whether anything came.

        Raises:
            WebSocketClosed: the client is gone.
        """
        try:
            self._connection.settimeout(patience_s)
            data = self._connection.recv(_PIECE)
        except (TimeoutError, BlockingIOError):
            return False
        except OSError as error:
            raise self._lose("The connection broke.") from error
        if not data:
            raise self._lose("The client has gone without a word.")
        self._heard_at = self._clock()
        self._protocol.receive_data(data)
        time.sleep(0)  # it is the turn of others: one who sends without a pause would have all the time of the process
        return True

    def _send_control(self, event: Event, patience_s: float = 0.0) -> None:
        """Send a frame beside the messages; left out while one of them is still on its way."""
        if not (self._sending.acquire(timeout=patience_s) if patience_s else self._sending.acquire(blocking=False)):
            return
        try:
            self._write(self._protocol.send(event))
        except LocalProtocolError:
            pass
        except OSError:
            self._lose("The client does not take what it is sent.")
        finally:
            self._sending.release()

    def _write(self, data: bytes) -> None:
        """Send all of it: a socket on gevent takes what fits into its buffer and says how much that was.

        Raises:
            OSError: it cannot be sent, or was not taken in time.
        """
        view, end = memoryview(data), self._clock() + LOST_AFTER_S
        while view:
            left = end - self._clock()
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
            view = view[self._connection.send(view[:_PIECE]) :]

    def _closed_by_client(self, event: CloseConnection) -> WebSocketClosed:
        """Answer the closing, which wsproto also has stand for a breach of the protocol."""
        self._malformed = self._protocol.state is not ConnectionState.REMOTE_CLOSING
        self._send_control(event.response(), _CLOSING_S)
        return self._set_over(event.code, event.reason or "")

    def _refuse(self, code: int, reason: str) -> WebSocketClosed:
        self.close(code, reason)
        return self._over or WebSocketClosed(code, reason)

    def _lose(self, reason: str) -> WebSocketClosed:
        """There is nobody to say anything to. Who waits to send wakes up."""
        self._lost = True
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        return self._set_over(CloseReason.ABNORMAL_CLOSURE, reason)

    def _set_over(self, code: int, reason: str) -> WebSocketClosed:
        """The first reason stays."""
        self._over = self._over or WebSocketClosed(code, reason)
        return self._over
