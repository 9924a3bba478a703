"""A webhook's receiver is down for five minutes, and everything that could deliver it is killed meanwhile.

Time is injected where the system keeps it: what is due stands in Redis with its time, and is brought forward.
"""

import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import psutil
import pytest
import requests
from PIL import Image
from redis import Redis
from standardwebhooks import Webhook

from contracts.storage import keys
from support.faults import Measured

DOWN_S = 300.0


class Shift:
    """A gateway and a worker, to be replaced by fresh ones."""

    def __init__(self, start_gateway: Callable[..., Any], start_workers: Callable[..., list[Any]]) -> None:
        allowed = {"webhook_networks": "127.0.0.0/8"}
        (self._worker,) = start_workers(**allowed)
        self._gateway, port = start_gateway(**allowed)
        self.url = f"http://127.0.0.1:{port}"

    def kill(self) -> None:
        family = [psutil.Process(self._worker.pid), *psutil.Process(self._gateway.pid).children()]
        for process in (*family, self._worker, self._gateway):
            process.kill()
        for process in (self._worker, self._gateway):
            process.wait()


@contextmanager
def receiver(port: int) -> Iterator[list[tuple[dict[str, str], bytes]]]:
    """What arrives at a web server on this port."""
    received: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield received
    server.shutdown()
    thread.join()
    server.server_close()


def reserved_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def submitted(url: str, hook: str) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (120, 90, 60)).save(buffer, "JPEG")
    answer = requests.post(f"{url}/v1/jobs", files={"images": buffer.getvalue()}, data={"webhook": hook}, timeout=60)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


@pytest.mark.fault("A webhook is delivered at least once", "receiver down for 5 minutes, all processes killed 3 times")
def test_a_receiver_that_was_down_for_five_minutes_is_told_although_everything_was_killed(
    redis: Redis,
    redis_url: str,
    start_gateway: Callable[..., Any],
    start_workers: Callable[..., list[Any]],
    measured: Measured,
    wait_for: Callable[..., Any],
) -> None:
    port = reserved_port()
    shift = Shift(start_gateway, start_workers)
    job = submitted(shift.url, f"http://127.0.0.1:{port}/hook")

    def attempts() -> int:
        return int(redis.hget(keys.webhook(job), "attempts") or 0)

    def let_time_pass() -> float:
        """Bring the next attempt forward to now; returns the seconds that were left out."""
        now, due = time.time(), redis.zscore(keys.WEBHOOKS_DUE, job)
        assert due is not None
        redis.zadd(keys.WEBHOOKS_DUE, {job: now}, xx=True)
        return float(max(0.0, due - now))

    passed, kills = 0.0, 0
    wait_for(lambda: attempts() == 1, "the first attempt")
    while passed < DOWN_S:
        if kill := attempts() >= (1, 4, 99)[kills]:
            shift.kill()
            kills += 1
        tried = attempts()
        passed += let_time_pass()
        if kill:
            shift = Shift(start_gateway, start_workers)
        wait_for(lambda before=tried: attempts() > before, f"another attempt after {tried}")
    shift.kill()
    with receiver(port) as received:
        let_time_pass()
        began = time.monotonic()
        shift = Shift(start_gateway, start_workers)
        wait_for(lambda: not redis.zcard(keys.WEBHOOKS_DUE), "the webhook to be delivered")
        recovered_s = time.monotonic() - began
    ((headers, body),) = received
    secret = subprocess.run(
        [sys.executable, "-m", "api", "webhooks", "secret"],
        env={"MIEN_REDIS_URL": redis_url},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    told = Webhook(secret).verify(body, headers)
    assert (told["type"], told["data"]["id"]) == ("job.succeeded", job)
    assert requests.get(f"{shift.url}/v1/webhooks/dead", timeout=60).json()["webhooks"] == []
    assert not redis.exists(keys.webhook(job))
    measured({"accepted": 1, "succeeded": 1, "delivered": 1}, recovered_s)
