"""A WebSocket client of the tests, as polite or as rude as a test needs it."""

import base64
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from wsproto.connection import CLIENT, Connection
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage


class Refused(Exception):
    """No WebSocket came of it."""

    def __init__(self, status: int, answer: str) -> None:
        super().__init__(answer)
        self.status, self.answer = status, answer


class Client:
    """One connection. It answers pings only while it receives."""

    def __init__(
        self,
        port: int,
        path: str,
        headers: Mapping[str, str] = {},
        timeout_s: float = 30,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Connect, or raise `Refused`."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        head = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            **headers,
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items() if value), "", ""]
        self.socket.sendall("\r\n".join(lines).encode("latin-1"))
        answer = b""
        while b"\r\n\r\n" not in answer and (data := self.socket.recv(65_536)):
            answer += data
        self.head, _, rest = answer.partition(b"\r\n\r\n")
        status = int((answer.split(b" ", 2)[1:2] or [b"0"])[0])
        if status != 101:
            rest += self._body(len(rest))
            self.socket.close()
            raise Refused(status, f"{self.head.decode()}\r\n\r\n{rest.decode()}")
        self.protocol = Connection(CLIENT)
        self.protocol.receive_data(rest)
        self.closed: tuple[int, str] | None = None
        self.messages: list[bytes | str] = []
        self._part: Any = None
        self.answers_pings = True

    def send(self, data: bytes | str) -> None:
        """Send a message."""
        event = TextMessage(data=data) if isinstance(data, str) else BytesMessage(data=data)
        self.socket.sendall(self.protocol.send(event))

    def send_part(self, data: bytes, *, last: bool) -> None:
        """Send a fragment of a message."""
        self.socket.sendall(self.protocol.send(BytesMessage(data=data, message_finished=last)))

    def receive(self, timeout_s: float = 30) -> bytes | str | None:
        """The next message; None once the connection is over, with `closed` saying how.

        Raises:
            TimeoutError: there is none.
        """
        end = time.monotonic() + timeout_s
        while True:
            self._take()
            if self.messages:
                return self.messages.pop(0)
            if self.closed is not None:
                return None
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                data = self.socket.recv(65_536)
            except ConnectionError:
                data = b""
            if not data:
                self.closed = (1006, "")
                return None
            self.protocol.receive_data(data)

    def close(self) -> None:
        """Close it as a browser does."""
        self.socket.sendall(self.protocol.send(CloseConnection(code=1000)))
        while self.receive() is not None:
            pass
        self.socket.close()

    def drop(self) -> None:
        """End the connection without a word."""
        self.socket.close()

    def _body(self, received: int) -> bytes:
        """The rest of a refusal."""
        length = next((line.split(b":")[1] for line in self.head.split(b"\r\n") if b"Content-Length" in line), b"0")
        rest = b""
        while received + len(rest) < int(length) and (data := self.socket.recv(65_536)):
            rest += data
        return rest

    def _take(self) -> None:
        for event in self.protocol.events():
            if isinstance(event, Ping) and self.answers_pings:
                self.socket.sendall(self.protocol.send(event.response()))
            elif isinstance(event, CloseConnection):
                self.closed = (int(event.code), event.reason or "")
            elif isinstance(event, TextMessage | BytesMessage):
                self._part = event.data if self._part is None else self._part + event.data
                if event.message_finished:
                    self.messages.append(bytes(self._part) if isinstance(self._part, bytearray) else self._part)
                    self._part = None


@contextmanager
def connected(
    port: int, path: str, headers: Mapping[str, str] = {}, tls: ssl.SSLContext | None = None
) -> Iterator[Client]:
    """A connection for the length of a block."""
    client = Client(port, path, headers, tls=tls)
    try:
        yield client
    finally:
        client.drop()
