"""Receivers of webhooks that take what they are sent, and answer never or too late: told again, with the same id."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from contracts.storage import keys
from contracts.storage.webhooks import RETRY_DELAYS_S
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem
from workers.outbound import TIMEOUT_S

JOBS = 4
BOUND_S = 2 * TIMEOUT_S + 1.2 * sum(RETRY_DELAYS_S[:2]) + 30
"""Two receivers at a time are waited for in vain; the gaps before the second and the third attempt; and the work."""


class Receiver:
    """Treats what it is sent for the first, second, … time as these words say; from then on it takes it."""

    def __init__(self, *ways: str) -> None:
        self.ids = dict[str, list[str]]()
        """Job → the ids of its webhooks, in the order in which they came."""
        self.stop = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                came = receiver.ids.setdefault(self.path, [])
                came.append(self.headers["webhook-id"])
                way = ways[len(came) - 1] if len(came) <= len(ways) else "takes"
                if way == "cut":  # it has it, and says nothing
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if way == "slow":  # for longer than anybody waits
                    receiver.stop.wait(2 * TIMEOUT_S)
                with suppress(OSError):
                    self.send_response(204)
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver("cut", "slow")
    yield receiver
    receiver.close()


@pytest.mark.slow_fault
@pytest.mark.fault("A webhook is delivered at least once", "receiver takes it, answers never, then too late")
def test_a_webhook_that_was_taken_without_an_answer_comes_again_with_its_id(
    broker: Broker, receiver: Receiver, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker, webhook_networks="127.0.0.0/8")
    began = time.monotonic()
    for number in range(JOBS):
        assert system.ledger.submit(webhook=f"{receiver.url}/{number}").status == 202
    system.account.settle(30)
    wait_for(lambda: not system.redis.zcard(keys.WEBHOOKS_DUE), "all webhooks to be delivered", BOUND_S)
    recovered_s = time.monotonic() - began
    assert sorted(receiver.ids) == [f"/{number}" for number in range(JOBS)]
    assert {len(ids) for ids in receiver.ids.values()} == {3}, "until it was answered"
    assert all(len(set(ids)) == 1 for ids in receiver.ids.values()), "each with one id"
    assert len({ids[0] for ids in receiver.ids.values()}) == JOBS
    measured({**system.check(), "delivered": JOBS, "sent": 3 * JOBS}, recovered_s)
