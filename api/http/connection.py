"""The socket below a request: whether its client is still there, what may wait in it unsent, and how it is closed."""

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from flask import Response

_SEND_BUFFER: Final = 64 * 1024
"""Bytes. The default holds some 78 pictures, which a slow viewer sees seconds late; this holds about five."""
_DEAD_AFTER_MS: Final = 4_000
"""What was sent and nobody has acknowledged for so long, or taken, went to nobody."""
_STUCK_AFTER_S: Final = 4.0
"""A viewer that takes no byte for so long is dropped; one that is slow is not."""
_LINGER_BYTES: Final = 64 * 1024 * 1024
_LINGER_S: Final = 2.0
_LONGEST_LINGER_S: Final = 10.0


def disconnected(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """A question to ask while the client waits: has it closed its connection?"""
    connection = environ.get("gunicorn.socket")

    def ask() -> bool:
        return connection is not None and _closed(connection)

    return ask


def prepare_for_stream(environ: Mapping[str, Any]) -> None:
    """Keep a viewer's backlog short, and notice within five seconds when it has vanished, or reads no more."""
    connection = environ.get("gunicorn.socket")
    getattr(connection, "expect_progress", lambda _: None)(_STUCK_AFTER_S)
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_AFTER_MS)


def close_afterwards(response: Response, environ: Mapping[str, Any]) -> None:
    """Close the connection after this answer, without keeping what the client still sends.

    Closing at once would reset the connection, and a client that is still sending would see that instead of the answer.
    So the answer goes out first, then a bounded rest of the body is thrown away as it comes, then the connection ends.
    The answer says so: a client that sent its next request meanwhile would wait for an answer until its time is over.
    """
    connection = environ.get("gunicorn.socket")
    if connection is None:
        return
    getattr(connection, "close_afterwards", lambda: None)()  # a plain socket cannot tell its answer

    def linger() -> None:
        left, end, thrown_away = _LINGER_BYTES, time.monotonic() + _LONGEST_LINGER_S, bytearray(65_536)
        with suppress(OSError, ValueError):
            connection.shutdown(socket.SHUT_WR)  # the answer is complete: a client that has understood ends it, too
            while left > 0 and (patience := min(_LINGER_S, end - time.monotonic())) > 0:
                connection.settimeout(patience)
                received = connection.recv_into(thrown_away)
                if not received:
                    break
                left -= received
                time.sleep(0)  # it is the turn of other clients
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    response.call_on_close(linger)


def _closed(connection: socket.socket) -> bool:
    """Whether the other side has closed it. Not by `select`, which takes no descriptor from 1,024 on."""
    patience = connection.gettimeout()
    try:
        connection.settimeout(0)
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        with suppress(OSError):
            connection.settimeout(patience)
