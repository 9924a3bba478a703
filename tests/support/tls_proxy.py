"""TLS in front of a server that speaks none, as the embedded one: what a client sees is real."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

CERTIFICATE: Final = Path(__file__).with_name("tls") / "certificate.pem"
"""For ``localhost``, signed by itself; its key lies beside it and is worth nothing elsewhere."""


@contextmanager
def tls_proxy(host: str, port: int) -> Iterator[int]:
    """Listen on a port of ``localhost`` and pass on what comes, decrypted, to a server.

    Args:
        host: of the server.
        port: of the server.

    Yields:
        The port.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_name("key.pem"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, (host, port)), daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, context: ssl.SSLContext, server: tuple[str, int]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, context, server), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, server: tuple[str, int]) -> None:
    with client, suppress(OSError):
        secure, plain = context.wrap_socket(client, server_side=True), socket.create_connection(server)
        with secure, plain:
            back = threading.Thread(target=_copy, args=(plain, secure), daemon=True)
            back.start()
            _copy(secure, plain)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
