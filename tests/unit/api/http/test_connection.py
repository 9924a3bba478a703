"""Has the client gone? Asked of real sockets, with descriptors as a busy gateway has them."""

import fcntl
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.http.connection import disconnected

ROOT = Path(__file__).parents[4]
HIGH = 1_500
"""A gateway with so many connections has descriptors that `select` cannot take."""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection, of which the gateway's end has a high descriptor."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], 2 * HIGH), limits[1]))
    low, client = socket.socketpair()
    ours = socket.socket(fileno=fcntl.fcntl(low.fileno(), fcntl.F_DUPFD, HIGH))
    low.close()
    yield ours, client
    ours.close()
    client.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_client_that_waits_in_silence_is_there(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, client = pair
    ours.settimeout(7)
    gone = disconnected({"gunicorn.socket": ours})
    assert not gone()
    client.send(b"the next request")
    assert not gone()
    assert ours.gettimeout() == 7
    assert ours.recv(3) == b"the", "what was looked at is still to be read"


def test_a_client_that_has_closed_its_end_is_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, client = pair
    gone = disconnected({"gunicorn.socket": ours})
    client.close()
    assert gone()
    ours.close()
    assert gone(), "nor is one whose connection is closed already"


def test_without_a_socket_no_client_is_known_to_have_gone() -> None:
    assert not disconnected({})()


def test_under_gevent_asking_neither_blocks_nor_misjudges() -> None:
    code = """
from gevent import monkey; monkey.patch_all()
import socket
from api.http.connection import disconnected
ours, client = socket.socketpair()
gone = disconnected({"gunicorn.socket": ours})
assert not gone()
client.close()
assert gone()
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
