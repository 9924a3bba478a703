"""A gateway behind the proxy with TLS, which runs the configuration of its container."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from redis import Redis

from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from deploy.ports import free_port
from support.caddy import Edge, edge, with_hosts
from support.live import publish_picture, read_each_picture, unpack, watch
from support.processes import StartGateway
from support.tls_proxy import CERTIFICATE
from support.websocket import connected

LONGEST = 20_000
"""Bytes of a body that fit into buffers: of a longer one that is refused a client may not see the answer."""


@pytest.fixture
def proxy(start_gateway: StartGateway, tmp_path: Path) -> Iterator[Edge]:
    _, port = start_gateway(trusted_proxies="127.0.0.1,::1", max_body_bytes=LONGEST)
    with edge(port, tmp_path) as found:
        yield found


@pytest.fixture
def store(redis: Redis, settings: Settings) -> FrameStore:
    return FrameStore(redis, settings)


def test_photos_pictures_and_websockets_come_through_tls(proxy: Edge, store: FrameStore) -> None:
    _speaks_http_2(proxy)
    _sends_plain_requests_to_tls(proxy)
    _refuses_bodies_as_the_gateway_says(proxy)
    read_each_picture(store, proxy.address, verify=proxy.authority)
    _opens_a_websocket(proxy, store)


def _speaks_http_2(proxy: Edge) -> None:
    context = proxy.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("localhost", proxy.port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        assert client.selected_alpn_protocol() == "h2"
        assert client.version() == "TLSv1.3"


def _sends_plain_requests_to_tls(proxy: Edge) -> None:
    answer = requests.get(f"{proxy.plain}/ping", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://localhost/ping")


def _refuses_bodies_as_the_gateway_says(proxy: Edge) -> None:
    sent = {"data": b"\0" * (LONGEST + 1), "headers": {"Content-Type": "image/jpeg"}}
    answer = requests.post(f"{proxy.address}/detect_emotion", verify=proxy.authority, timeout=30, **sent)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert "Server" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers, "a browser would hold all of localhost to it"


def _opens_a_websocket(proxy: Edge, store: FrameStore) -> None:
    headers = {"Host": f"localhost:{proxy.port}", "Origin": proxy.address}
    with connected(proxy.port, "/v1/live", headers, tls=proxy.context()) as client:
        watch(client, hall={})
        publish_picture(store, 5)
        header, jpeg = unpack(client.receive())
        while not jpeg:
            header, jpeg = unpack(client.receive())
        assert header["camera"] == "hall"


def test_gateways_are_told_who_asks_and_clients_cannot_forge_it(tmp_path: Path) -> None:
    with upstream() as (port, heard), edge(port, tmp_path) as proxy:
        forged = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
        assert requests.get(f"{proxy.address}/x", headers=forged, verify=proxy.authority, timeout=10).ok
        (head,) = heard
        assert head["X-Forwarded-For"] in {"127.0.0.1", "::1"}
        assert head["X-Forwarded-Proto"] == "https"
        assert head["Host"] == f"localhost:{proxy.port}"


def test_own_certificates_are_served_and_browsers_told_to_insist(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    (folder / "certificate.pem").write_bytes(CERTIFICATE.read_bytes())
    (folder / "key.pem").write_bytes(CERTIFICATE.with_name("key.pem").read_bytes())
    with upstream() as (port, _), edge(port, tmp_path, EDGE_CERTIFICATES="files") as proxy:
        answer = requests.get(f"{proxy.address}/x", verify=CERTIFICATE, timeout=10)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_gateway_that_takes_no_connection_costs_no_request_not_even_one_with_a_body(tmp_path: Path) -> None:
    with upstream() as (port, heard):
        within = with_hosts(tmp_path, "127.0.0.2 gateways", "127.0.0.1 gateways")  # nobody listens at the first
        with edge(port, tmp_path, within, EDGE_GATEWAY=f"gateways:{port}") as proxy:
            for _ in range(20):
                answer = requests.post(f"{proxy.address}/x", b"x" * 60_000, verify=proxy.authority, timeout=10)
                assert answer.status_code == 200
        assert len(heard) == 20


def test_while_no_gateway_answers_clients_are_told_to_try_again(tmp_path: Path) -> None:
    with edge(free_port(), tmp_path) as proxy:
        answer = requests.post(f"{proxy.address}/v1/jobs", data=b"x", verify=proxy.authority, timeout=30)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["status"]) == ("unavailable", 503)


@contextmanager
def upstream() -> Iterator[tuple[int, list[dict[str, str]]]]:
    """A server in a gateway's place: its port, and the heads of the requests that reached it."""
    heard: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, heard
        server.shutdown()
