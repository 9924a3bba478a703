"""A proxy between Mien and its broker that does to connections what networks do."""

import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: a socket that is closed resets its connection."""
_NOTHING: Final = b"*-1\r\n"
"""Redis' answer to a blocking request that has waited in vain."""


class Hold:
    """A place at which one connection stands still, while all others go on."""

    def __init__(self, contained: bytes, kind: str) -> None:
        self.contained, self.kind = contained, kind
        self.reached, self._released = threading.Event(), threading.Event()

    def release(self) -> None:
        """End the connection, and what was held is gone."""
        self._released.set()

    def stand(self) -> None:
        """Say so, and stand still."""
        self.reached.set()
        self._released.wait()


class RedisProxy:
    """Passes on what comes, until a test sets one of its faults. All of them hold for every connection.

    A request is told by what it contains, such as the hash of a script.
    """

    def __init__(self, server: Path, seed: int = 0) -> None:
        """Stand before a server.

        Args:
            server: its Unix socket.
            seed: of the resets.
        """
        self._server, self._random = server, random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._connections = set[_Connection]()
        self._losing: dict[bytes, int] = {}
        self._holds: list[Hold] = []
        self.delay_s = 0.0
        """Before each piece of an answer."""
        self.reset_share = 0.0
        """Part of the pieces of requests whose connection is reset once they have been forwarded."""
        self.lost = self.resets = self.starved = 0
        """Answers that were lost, connections that were reset, and requests that were told of nothing, so far."""
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def lose_answers(self, contained: bytes, count: int) -> None:
        """Forward requests that contain this, and cut the connection before the answer: `count` times from now on."""
        with self._lock:
            self._losing[contained] = count

    def starve(self, contained: bytes) -> None:
        """Requests that contain this, on the connections that are there now, are told after a second: there is none.

        So does a server that others no longer write to, as after a failover. A new connection leads to the right one.
        """
        with self._lock:
            for connection in self._connections:
                connection.starved = contained

    def forget(self) -> None:
        """Nothing comes through the connections that are there now, which stay open; later ones are passed on."""
        with self._lock:
            for connection in self._connections:
                connection.forgotten = True

    def hold_request(self, contained: bytes) -> Hold:
        """The next request that contains this comes as far as here."""
        return self._hold(contained, "request")

    def hold_answer_to(self, contained: bytes) -> Hold:
        """The answer to the next request that contains this comes as far as here: it was carried out."""
        return self._hold(contained, "answer to")

    def hold_answer(self, contained: bytes) -> Hold:
        """The next answer that contains this comes as far as here."""
        return self._hold(contained, "answer")

    def _hold(self, contained: bytes, kind: str) -> Hold:
        hold = Hold(contained, kind)
        with self._lock:
            self._holds.append(hold)
        return hold

    def held(self, data: bytes, kind: str) -> Hold | None:
        """Whether this piece is the first that is to be held."""
        with self._lock:
            for hold in self._holds:
                if hold.kind == kind and hold.contained in data:
                    self._holds.remove(hold)
                    return hold
        return None

    def cut(self) -> None:
        """Reset all connections."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.reset()

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def loses_answer_to(self, request: bytes) -> bool:
        """Whether the answer to this piece of a request is to be lost; counts it."""
        with self._lock:
            for contained, left in self._losing.items():
                if left and contained in request:
                    self._losing[contained] = left - 1
                    self.lost += 1
                    return True
        return False

    def resets_after(self) -> bool:
        """Whether a connection is to be reset now; counts it."""
        with self._lock:
            reset = self._random.random() < self.reset_share
            self.resets += reset
        return reset

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection = _Connection(self, client, server)
        with self._lock:
            self._connections.add(connection)
        try:
            server.connect(str(self._server))
            connection.serve()
        except OSError:  # the server is away
            pass
        finally:
            connection.reset()
            with self._lock:
                self._connections.discard(connection)


class _Connection:
    def __init__(self, proxy: RedisProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._losing = threading.Event()
        self._hold: Hold | None = None
        self.starved = b""
        """Requests that contain this are told of nothing."""
        self.forgotten = False
        """Whether nothing comes through, either way."""

    def serve(self) -> None:
        answers = threading.Thread(target=self._answers, daemon=True)
        answers.start()
        for data in _pieces(self._client):
            if self.forgotten:
                continue
            if self.starved and self.starved in data:
                time.sleep(1)  # as long as a server waits for something to tell
                self._client.sendall(_NOTHING)
                self._proxy.starved += 1
                continue
            if hold := self._proxy.held(data, "request"):
                hold.stand()
                break
            self._hold = self._hold or self._proxy.held(data, "answer to")
            if self._proxy.loses_answer_to(data):
                self._losing.set()
            self._server.sendall(data)
            if self._proxy.resets_after():
                self.reset()
        self.reset()
        answers.join()

    def reset(self) -> None:
        with suppress(OSError):
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)
            end.close()

    def _answers(self) -> None:
        for data in _pieces(self._server):
            if self.forgotten:
                continue
            if self._losing.is_set():
                break
            if hold := self._hold or self._proxy.held(data, "answer"):
                hold.stand()
                break
            time.sleep(self._proxy.delay_s)  # the fault itself: an answer takes that much longer
            with suppress(OSError):
                self._client.sendall(data)
        self.reset()


def _pieces(source: socket.socket) -> Iterator[bytes]:
    with suppress(OSError):
        while data := source.recv(65_536):
            yield data


@contextmanager
def redis_proxy(server: Path, seed: int = 0) -> Iterator[RedisProxy]:
    """A proxy before the server of a Unix socket, for the length of the block."""
    proxy = RedisProxy(server, seed)
    try:
        yield proxy
    finally:
        proxy.close()
