"""What the gateway knows of whoever sent the current request."""

import select
import socket
from collections.abc import Callable, Mapping
from typing import Any

from flask import g, request

from contracts.api_keys import ApiKey


def client_name() -> str:
    """The key's id, or the address of a client without one."""
    key: ApiKey | None = g.get("api_key")
    return key.id if key else (request.remote_addr or "")


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
