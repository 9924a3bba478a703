"""What the gateway knows of whoever sent the current request."""

import select
import socket
from collections.abc import Callable, Mapping
from typing import Any


def vanished(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """A question to ask while the client waits: has it closed its connection?"""
    connection = environ.get("gunicorn.socket")

    def ask() -> bool:
        if connection is None:
            return False
        try:
            readable, _, _ = select.select([connection], [], [], 0)
            return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    return ask
