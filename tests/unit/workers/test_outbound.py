"""Where webhooks may go, and how long a receiver may take: real sockets, real addresses."""

import ipaddress
import socket
import threading

import pytest

from contracts.addresses import AddressPolicy
from contracts.errors import ConfigurationError, WebhookRefused
from workers import outbound

LOCAL = AddressPolicy("127.0.0.0/8")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n", b"H"])
def test_a_receiver_that_answers_byte_by_byte_is_given_its_time_and_no_more(
    monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(outbound, "TIMEOUT_S", 0.5)
    done = threading.Event()

    def trickle() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(answer)
            while not done.wait(0.1):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=trickle)
        thread.start()
        with pytest.raises(TimeoutError, match=r"no answer within 0\.5 s"):
            outbound.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, LOCAL)
        done.set()
        thread.join()


def test_the_status_is_all_that_is_read_of_an_answer() -> None:
    done = threading.Event()

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            done.wait(30)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        assert outbound.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, LOCAL) == 200
        done.set()
        thread.join()


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "192.168.0.1",
    "0.0.0.0",
    "100.64.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "fec0::1",
    "192.0.0.192",
]
DISGUISED = [
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "224.0.0.1",
    "2001:0:7f00:1::1",
    "::7f00:1",
    "::ffff:0:7f00:1",
]


@pytest.mark.parametrize("address", [*PRIVATE, *DISGUISED])
def test_addresses_that_are_not_public_are_refused_however_they_are_written(address: str) -> None:
    assert not AddressPolicy("").permits(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert AddressPolicy("").permits(ipaddress.ip_address(address))


def test_the_operator_may_allow_networks() -> None:
    policy = AddressPolicy("10.0.0.0/8, fd00::/8")
    assert policy.permits(ipaddress.ip_address("10.1.2.3"))
    assert not policy.permits(ipaddress.ip_address("192.168.0.1"))
    with pytest.raises(ConfigurationError, match="MIEN_WEBHOOK_NETWORKS"):
        AddressPolicy("10.0.0.0/33")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "http://user:secret@example.com/",
        "http:///x",
        "http://[::1]/",
        "http://x:99999/",
        "http://example..com/",
        f"http://{'a' * 64}.com/",
        "http://example.com/é",
        "http://example.com/a b",
    ],
)
def test_addresses_are_looked_at_before_they_are_stored(url: str) -> None:
    with pytest.raises(WebhookRefused):
        AddressPolicy("").check_url(url)
