"""How long a receiver may take, and what is read of its answer: real sockets."""

import socket
import threading

import pytest

from contracts.addresses import AddressPolicy
from contracts.errors import WebhookRefused
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


def test_the_address_is_looked_at_again_when_it_is_called() -> None:
    with pytest.raises(WebhookRefused, match=r"127\.0\.0\.1 is not a public address"):
        outbound.post("http://127.0.0.1:9/", b"{}", {}, AddressPolicy(""))
