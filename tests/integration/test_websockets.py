"""WebSockets as they are deployed: a real gunicorn with gevent, and clients that are polite, or are not."""

import os
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from redis import Redis

from api.access.keys import ApiKeyStore
from api.http.scopes import Scope
from api.http.websocket_connection import FRAMES_A_SECOND, LOST_AFTER_S
from deploy.ports import free_port
from support.gateway import bearer
from support.processes import Process, StartProcess
from support.websocket import Client, Refused, connected

WaitFor = Callable[..., Any]
PICTURE = 200_000
ROOT = Path(__file__).parents[2]
MODULE = "tests.support.echo_gateway"
MAX_BYTES = 1_000_000
"""Of a message to `/echo`."""


class Echo:
    """A gateway with a view that echoes."""

    def __init__(self, process: Process, port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log
        self._clients = list[Client]()

    def connect(self, **headers: str) -> Client:
        client = Client(self.port, "/echo", {name.replace("_", "-"): value for name, value in headers.items()})
        self._clients.append(client)
        return client

    def drop_all(self) -> None:
        for client in self._clients:
            client.drop()


@pytest.fixture
def start(start_process: StartProcess, wait_for: WaitFor, tmp_path: Path) -> Iterator[Callable[..., Echo]]:
    started = list[Echo]()

    def start(**settings: object) -> Echo:
        port = free_port()
        process = start_process(MODULE, port=port, **settings)
        wait_for(lambda: answers(process, port), "the gateway to answer")
        started.append(Echo(process, port, tmp_path / f"{MODULE}-0.log"))
        return started[-1]

    yield start
    for gateway in started:
        gateway.drop_all()


def answers(process: Process, port: int) -> bool:
    assert process.poll() is None, "the gateway ended at its start"
    try:
        return requests.get(f"http://127.0.0.1:{port}/livez", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture(scope="module")
def shared(redis_server: str, wait_for: WaitFor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Echo]:
    """A gateway for the tests that leave it as it is."""
    port, log = free_port(), tmp_path_factory.mktemp("echo") / "echo.log"
    environment = {**os.environ, "MIEN_REDIS_URL": redis_server, "MIEN_PORT": str(port)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    wait_for(lambda: answers(process, port), "the gateway to answer")
    yield Echo(process, port, log)
    process.terminate()
    process.wait(30)


@pytest.fixture
def echo(shared: Echo) -> Iterator[Echo]:
    yield shared
    shared.drop_all()
    assert "Traceback" not in shared.log.read_text()


def test_large_messages_arrive_whole_both_ways(echo: Echo) -> None:
    with connected(echo.port, "/echo") as client:
        client.send(str(PICTURE))
        assert [client.receive() for _ in range(20)] == [bytes([number]) * PICTURE for number in range(20)]
        for number in range(20):
            client.send(bytes([number]) * PICTURE)
            assert client.receive() == bytes([number]) * PICTURE


def test_messages_in_parts_are_put_together_and_texts_are_texts(echo: Echo) -> None:
    with connected(echo.port, "/echo") as client:
        client.send_part(b"one ", last=False)
        client.send_part(b"two", last=True)
        assert client.receive() == b"one two"
        client.send("Grüße")
        assert client.receive() == "Grüße"


def test_a_message_that_is_too_long_ends_the_connection_however_it_is_sent(echo: Echo) -> None:
    process = psutil.Process(echo.process.pid)
    before = sum(child.memory_info().rss for child in process.children())
    with connected(echo.port, "/echo") as client:
        client.send(bytes(MAX_BYTES))
        assert client.receive() == bytes(MAX_BYTES)
        client.send(bytes(MAX_BYTES + 1))
        assert (client.receive(), client.closed) == (None, (1009, "A message may have 1,000,000 bytes at most."))
    with connected(echo.port, "/echo") as client, pytest.raises(ConnectionError):
        send_without_end(client)
    grown = sum(child.memory_info().rss for child in process.children()) - before
    assert grown < 50_000_000


def send_without_end(client: Client) -> None:
    """One message in parts, of which none is the last; some are thrown away while the client is told."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        client.send_part(bytes(PICTURE), last=False)


def test_compression_is_not_agreed_to_so_that_no_message_grows_once_it_is_here(echo: Echo) -> None:
    client = echo.connect(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    assert b"extensions" not in client.head.lower()
    bomb = zlib.compress(bytes(10_000_000))
    client.socket.sendall(bytes([0xC2, 0x80 | 126]) + len(bomb).to_bytes(2, "big") + bytes(4) + bomb)
    assert (client.receive(), (client.closed or (0,))[0]) == (None, 1002)
    client.drop()


PLAIN = ({"Upgrade": ""}, {"Connection": "keep-alive"}, {"Sec-WebSocket-Version": "8"})
MALFORMED = ({"Sec-WebSocket-Key": "short"}, {"Content-Length": "5"})


def test_a_plain_request_is_told_to_upgrade_and_a_malformed_one_is_refused(echo: Echo) -> None:
    for headers in PLAIN:
        with pytest.raises(Refused) as refused:
            Client(echo.port, "/echo", headers)
        assert refused.value.status == 426
        head, _, body = refused.value.answer.partition("\r\n\r\n")
        told = {"upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13"}
        assert told <= set(head.lower().split("\r\n"))
        assert '"code": "upgrade_required"' in body
    for headers in MALFORMED:
        with pytest.raises(Refused) as refused:
            Client(echo.port, "/echo", headers)
        assert refused.value.status == 400


def test_a_page_of_another_origin_gets_no_websocket(echo: Echo) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        with pytest.raises(Refused) as refused:
            echo.connect(Origin=origin)
        assert refused.value.status == 403
        assert '"code": "cross_site"' in refused.value.answer


def test_pages_of_its_own_and_of_allowed_origins_get_one(start: Callable[..., Echo]) -> None:
    gateway = start(cors_origins="https://app.example")
    for origin in (f"http://127.0.0.1:{gateway.port}", "https://app.example"):
        with connected(gateway.port, "/echo", {"Origin": origin}) as client:
            client.send("hello")
            assert client.receive() == "hello"


def test_a_client_that_answers_no_ping_is_dropped_and_its_place_is_free(start: Callable[..., Echo]) -> None:
    gateway = start(max_viewers=1, client_share=1)
    lost, begun = gateway.connect(), time.monotonic()
    with pytest.raises(Refused) as refused:
        gateway.connect()
    assert refused.value.status == 503
    while True:
        try:
            gateway.connect().drop()
            break
        except Refused:
            assert time.monotonic() < begun + LOST_AFTER_S + 2
    assert time.monotonic() > begun + LOST_AFTER_S - 1
    lost.drop()


def test_a_client_that_answers_pings_stays_and_one_that_ends_frees_its_place_at_once(
    start: Callable[..., Echo], wait_for: WaitFor
) -> None:
    gateway = start(max_viewers=1, client_share=1)
    client = gateway.connect()
    with pytest.raises(TimeoutError):
        client.receive(LOST_AFTER_S + 2)
    client.send("still here")
    assert client.receive() == "still here"
    client.close()
    assert client.closed == (1000, "")

    def free() -> bool:
        try:
            gateway.connect().drop()
        except Refused:
            return False
        return True

    wait_for(free, "the place to be free", 2)


def test_a_client_that_does_not_read_is_dropped(echo: Echo) -> None:
    client = echo.connect()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.send("1000000")
    with pytest.raises(ConnectionError):
        talk_on(client, LOST_AFTER_S + 3)


def talk_on(client: Client, seconds: float) -> None:
    """Send pongs and read nothing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.socket.sendall(b"\x8a\x80\0\0\0\0")
        time.sleep(0.05)  # how often it sends; the client is there, and does not read


def test_a_flood_of_tiny_frames_is_ended(echo: Echo) -> None:
    client = echo.connect()
    client.socket.sendall(b"\x89\x80\0\0\0\0" * (FRAMES_A_SECOND + 1))
    while client.receive() is not None:
        pass
    assert client.closed == (1008, f"More than {FRAMES_A_SECOND} messages, or parts of them, in a second.")


def test_what_is_no_websocket_frame_ends_the_connection(echo: Echo) -> None:
    client = echo.connect()
    client.socket.sendall(b"GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n")
    assert (client.receive(), (client.closed or (0,))[0]) == (None, 1002)
    assert client.socket.recv(100) == b""


def test_an_error_of_the_view_is_told_and_logged(start: Callable[..., Echo]) -> None:
    gateway = start()
    with connected(gateway.port, "/echo") as client:
        client.send("raise")
        assert client.receive() is None
        assert client.closed == (1011, "Something went wrong inside Mien; its log has the details.")
    assert "this test wanted it" in gateway.log.read_text()


def test_a_process_that_stops_says_so_and_stops_in_time(start: Callable[..., Echo]) -> None:
    echo = start()
    polite, rude = echo.connect(), echo.connect()
    polite.send("hello")
    assert polite.receive() == "hello"
    echo.process.send_signal(signal.SIGTERM)
    assert polite.receive() is None
    assert polite.closed == (1012, "This gateway is about to stop; connect again.")
    assert echo.process.wait(10) == 0
    rude.drop()


def test_a_key_is_needed_and_its_end_ends_the_connection(start: Callable[..., Echo], redis: Redis) -> None:
    api_keys = ApiKeyStore(redis)
    gateway = start(require_keys=True)
    token = api_keys.create("viewer", frozenset({Scope.LIVE}))
    with pytest.raises(Refused) as refused:
        gateway.connect()
    assert refused.value.status == 401
    with connected(gateway.port, "/echo", bearer(token)) as client:
        client.send("hello")
        assert client.receive() == "hello"
        api_keys.revoke(api_keys.all()[0].id)
        assert client.receive(LOST_AFTER_S + 3) is None
        assert client.closed == (1008, "The key of this connection is not valid any more.")


def test_a_thousand_connections_leave_nothing_behind(echo: Echo, wait_for: WaitFor) -> None:
    process = psutil.Process(echo.process.pid)

    def files() -> int:
        return sum(child.num_fds() for child in process.children())

    before = files()
    for _ in range(10):
        clients = [echo.connect() for _ in range(100)]
        for client in clients:
            client.drop()
    wait_for(lambda: files() <= before + 5, "all connections to be closed", 20)
    assert requests.get(f"http://127.0.0.1:{echo.port}/livez", timeout=5).ok
