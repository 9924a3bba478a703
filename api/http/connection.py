"""What the gateway knows of whoever sent the current request."""

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from flask import g, request

from contracts.storage.api_keys import ApiKey


def client_name() -> str:
    """The key's id, or the address of a client without one."""
    key: ApiKey | None = g.get("api_key")
    return key.id if key else (request.remote_addr or "")


def vanished(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """A question to ask while the client waits: has it closed its connection?"""
    connection = environ.get("gunicorn.socket")

    def ask() -> bool:
        return connection is not None and _closed(connection)

    return ask


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
