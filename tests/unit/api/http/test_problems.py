"""The rest of a refused body: a client that takes too long over it loses its connection, and nothing is raised."""

import socket

from flask import Flask

from contracts.errors import RequestTooSlow
from contracts.settings import Settings


class Slow:
    """A body whose time is over."""

    def read(self, _: int = -1) -> bytes:
        raise RequestTooSlow("The body did not arrive within 30 s.")


def test_a_refused_body_that_does_not_arrive_ends_with_its_connection(app: Flask) -> None:
    ours, client = socket.socketpair()
    with ours, client:
        response = app.test_client().post(
            "/detect_emotion",
            content_type="image/jpeg",
            environ_overrides={
                "CONTENT_LENGTH": str(Settings().max_body_bytes + 1),
                "gunicorn.socket": ours,
                "wsgi.input": Slow(),
            },
        )
        assert response.status_code == 413
        response.close()
        assert client.recv(1) == b""
