"""The head of a request that asks for a WebSocket, and the answer to it (RFC 6455, section 4)."""

import base64
import binascii
from typing import Any, Final

from flask import Request
from werkzeug.routing import Map, MapAdapter
from wsproto.utilities import generate_accept_token

from contracts.errors import InvalidRequest, UpgradeRequired

VERSION: Final = "13"
UPGRADE_HEADERS: Final = {"Upgrade": "websocket", "Connection": "Upgrade"}
_KEY_BYTES: Final = 16


class AnyRequestMap(Map):
    """Addresses that plain requests and those for a WebSocket find alike; it is the view that says which it speaks.

    Werkzeug's own has two kinds of rules, and a 400 for a request of the other kind.
    """

    def bind_to_environ(self, *arguments: Any, **named: Any) -> MapAdapter:
        """Werkzeug's, for a request as if it were a plain one."""
        adapter = super().bind_to_environ(*arguments, **named)
        adapter.websocket = False
        return adapter


def check_upgrade(request: Request) -> None:
    """Refuse what does not ask for a WebSocket. To be called before anything is looked up or held for the request.

    Raises:
        UpgradeRequired: it is a plain request, or asks for another version of the protocol.
        InvalidRequest: it asks for one in a way that the protocol does not know.
    """
    head = request.headers
    wanted = "websocket" in _words(head.get("Upgrade", "")) and "upgrade" in _words(head.get("Connection", ""))
    if request.method != "GET" or not wanted:
        raise UpgradeRequired(
            f"{request.path} speaks WebSocket only: open it with a WebSocket client, or have your proxy pass on "
            "the headers Upgrade and Connection."
        )
    if head.get("Sec-WebSocket-Version") != VERSION:
        raise UpgradeRequired(f"Version {VERSION} of WebSocket is the only one here.", field="Sec-WebSocket-Version")
    if not _is_key(head.get("Sec-WebSocket-Key", "")):
        raise InvalidRequest("A WebSocket's key has to be 16 bytes in base64.", field="Sec-WebSocket-Key")
    if request.content_length or "Transfer-Encoding" in head:
        raise InvalidRequest("A request for a WebSocket has no body.", field="Content-Length")


def acceptance(request: Request) -> dict[str, str]:
    """Headers of the answer that accepts. No extension is: a compressed message would be bounded only once unpacked."""
    token = generate_accept_token(request.headers["Sec-WebSocket-Key"].encode("latin-1"))
    return {**UPGRADE_HEADERS, "Sec-WebSocket-Accept": token.decode()}


def _words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",")}


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False
