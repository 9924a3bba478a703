"""Flower behind its guard: a password for all of it, no control address, no frame, no fast guessing."""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator

import pytest
import requests
from flower.urls import handlers
from tornado.httpserver import HTTPServer
from tornado.web import url

from contracts.settings import Settings
from deploy.flower import make_flower
from deploy.flower_guard import FailedLogins
from deploy.ports import free_port
from support.clocks import ManualClock
from support.gateway import NO_SERVER

RIGHT = ("mien", "right")
UNSAFE = ("post", "put", "delete", "patch")


def control_addresses() -> list[tuple[str, str]]:
    """Method and address of everything that Flower does on request, read from Flower itself."""
    routes = [(one.regex.pattern, one.handler_class) if isinstance(one, url) else one[:2] for one in handlers]
    return [
        (method.upper(), pattern.rstrip("$").replace("(.+)", "name").replace("(.*)", "name"))
        for pattern, handler in routes
        for method in UNSAFE
        if getattr(handler, method).__module__.startswith("flower.") and pattern != ".*"
    ]


CONTROLS = [one for one in control_addresses() if one != ("POST", "/tasks/datatable")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Flower's server without a broker, in a thread of its own."""
    settings = Settings(redis_url=NO_SERVER, flower_port=free_port())
    started: queue.Queue[Callable[[], object]] = queue.Queue()

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        flower = make_flower(settings, ":".join(RIGHT))
        server = HTTPServer(flower)
        server.listen(settings.flower_port, "127.0.0.1")
        started.put(lambda: loop.call_soon_threadsafe(stop.set))
        await stop.wait()
        server.stop()
        await server.close_all_connections()
        flower.executor.shutdown()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    end = started.get(timeout=30)
    yield f"http://127.0.0.1:{settings.flower_port}"
    end()
    thread.join(30)


def test_flower_has_the_control_addresses_that_are_refused() -> None:
    addresses = {address for _, address in CONTROLS}
    assert {
        "/api/worker/shutdown/name",
        "/api/worker/pool/restart/name",
        "/api/worker/pool/grow/name",
        "/api/worker/pool/shrink/name",
        "/api/worker/pool/autoscale/name",
        "/api/worker/queue/add-consumer/name",
        "/api/worker/queue/cancel-consumer/name",
        "/api/task/apply/name",
        "/api/task/async-apply/name",
        "/api/task/send-task/name",
        "/api/task/abort/name",
        "/api/task/timeout/name",
        "/api/task/rate-limit/name",
        "/api/task/revoke/name",
    } <= addresses


@pytest.mark.parametrize(("method", "path"), CONTROLS)
def test_no_control_address_works_even_with_the_password(address: str, method: str, path: str) -> None:
    answer = requests.request(method, address + path, auth=RIGHT, timeout=10)
    assert answer.status_code == 403
    assert "change nothing" in answer.text


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/api/tasks", "/api/workers", "/static/css/flower.css"])
def test_pages_can_be_read_with_the_password_and_not_without(address: str, path: str) -> None:
    assert requests.get(address + path, auth=RIGHT, timeout=10).status_code == 200
    refused = requests.get(address + path, timeout=10)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic")


def test_the_table_of_tasks_may_be_asked_for(address: str) -> None:
    columns = {"draw": 1, "start": 0, "length": 10, "search[value]": "", "order[0][column]": 0, "order[0][dir]": "asc"}
    answer = requests.post(
        f"{address}/tasks/datatable", data=columns | {"columns[0][data]": "name"}, auth=RIGHT, timeout=10
    )
    assert answer.status_code == 200


def test_metrics_ask_for_the_password_and_the_check_of_the_container_does_not(address: str) -> None:
    assert requests.get(f"{address}/metrics", timeout=10).status_code == 401
    assert requests.get(f"{address}/metrics", auth=RIGHT, timeout=10).status_code == 200
    assert requests.get(f"{address}/healthcheck", timeout=10).text == "OK"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/static/css/flower.css", "/api/task/revoke/name", "/healthcheck"])
@pytest.mark.parametrize("auth", [RIGHT, None])
def test_no_answer_may_be_framed_or_kept(address: str, path: str, auth: tuple[str, str] | None) -> None:
    answer = requests.get(address + path, auth=auth, timeout=10)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers, "which would tell the version"


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Bearer bWllbjpyaWdodA==", "Basic bWllbjp3cm9uZw==", ""])
def test_what_is_no_right_password_is_refused(address: str, header: str) -> None:
    answer = requests.get(address, headers={"Authorization": header}, timeout=10)
    assert answer.status_code in (401, 429)
    requests.get(address, auth=RIGHT, timeout=10)  # so that the failures of this test slow no other one down


def test_after_some_wrong_passwords_an_address_has_to_wait(address: str) -> None:
    answers = [requests.get(address, auth=("mien", "wrong"), timeout=10) for _ in range(8)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:5] == [401] * 5
    assert 429 in statuses[5:]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["Retry-After"]) >= 1
    assert requests.get(address, timeout=10).status_code == 401, "a request without a password is no guess"


def test_waits_grow_up_to_a_limit_and_are_forgotten(clock: ManualClock) -> None:
    logins = FailedLogins(clock, free=2, longest_s=60)
    waits = []
    for _ in range(10):
        logins.failed("one")
        waits.append(logins.wait_s("one"))
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert logins.wait_s("other") == 0
    clock.now += 30
    assert logins.wait_s("one") == 30
    clock.now += 31
    assert logins.wait_s("one") == 0


def test_the_right_password_ends_it_and_memory_is_bounded(clock: ManualClock) -> None:
    logins = FailedLogins(clock, free=1, most_addresses=3)
    for address in "abcd":
        logins.failed(address)
    assert logins.wait_s("a") == 0
    assert logins.wait_s("d") == 1
    logins.succeeded("d")
    assert logins.wait_s("d") == 0


def test_an_ipv6_network_waits_as_one_client(clock: ManualClock) -> None:
    logins = FailedLogins(clock, free=1)
    logins.failed("2001:db8::1")
    assert logins.wait_s("2001:db8::2") == 1
    assert logins.wait_s("2001:db8:0:1::1") == 0
    logins.succeeded("2001:db8::3")
    assert logins.wait_s("2001:db8::1") == 0
