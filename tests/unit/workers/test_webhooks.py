"""Webhooks: signed, tried again, never to places that are not public; a real receiver, injected time."""

import itertools
import json
import socket
import threading
import time
from contextlib import ExitStack, nullcontext, suppress
from typing import Any

import pytest
from redis import Redis
from standardwebhooks import Webhook, WebhookVerificationError

from contracts.addresses import AddressPolicy
from contracts.errors import WebhookNotFound
from contracts.jobs import Job, JobOptions
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import RETRY_DELAYS_S, WebhookStore
from support.clocks import ManualClock, WaitFor
from support.factories import make_analysis, make_face, make_items
from support.receiver import Receiver
from workers import outbound
from workers.webhooks import WebhookSender

LOCAL = AddressPolicy("127.0.0.0/8")
ITEMS = make_items(make_analysis(make_face("Sad")))


@pytest.fixture
def clock(clock: ManualClock) -> Any:
    """Begins now, because signatures are only good for minutes of real time."""
    clock.now = time.time()
    return clock


@pytest.fixture
def jobs(redis: Redis, settings: Settings, clock: ManualClock) -> JobStore:
    return JobStore(redis, settings, clock)


@pytest.fixture
def store(redis: Redis, clock: ManualClock) -> WebhookStore:
    return WebhookStore(redis, Settings(), clock)


def make_sender(redis: Redis, settings: Settings, clock: ManualClock, policy: AddressPolicy = LOCAL) -> WebhookSender:
    """As a process makes it that has just started."""
    jobs, webhooks = JobStore(redis, settings, clock), WebhookStore(redis, Settings(), clock)
    return WebhookSender(jobs, webhooks, policy, clock, faces_only=settings.faces_only)


def finished(jobs: JobStore, url: str, client: str = "", sender: str = "") -> Job:
    options = JobOptions(webhook=url, metadata={"order": 17})
    job = jobs.create([b"x"], BULK, options=options, client=client, sender=sender)
    jobs.claim(job.id, "w")
    jobs.finish(job.id, "w", ITEMS)
    return job


def announced(jobs: JobStore, store: WebhookStore, url: str, client: str = "", sender: str = "") -> str:
    """The id of a final job whose webhook is to be tried now."""
    job = finished(jobs, url, client, sender)
    assert store.take_due() == [job.id]
    return job.id


def test_a_result_is_told_once_and_its_signature_verifies(
    redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore, store: WebhookStore, receiver: Receiver
) -> None:
    for faces_only, emotion in ((False, "Sad"), (True, None)):
        job = finished(jobs, receiver.url)
        assert [store.take_due(), store.take_due()] == [[job.id], []], "a second worker finds nothing"
        sender = make_sender(redis, settings.model_copy(update={"faces_only": faces_only}), clock)
        assert [sender.deliver(job.id) for _ in range(2)] == ["delivered", "not due"], "a message that came twice"
        headers, body = receiver.received.pop()
        assert (told := Webhook(store.secrets.current("")).verify(body, headers)) == json.loads(body)
        assert (told["type"], told["data"]["id"], told["data"]["metadata"]) == ("job.succeeded", job.id, {"order": 17})
        assert told["data"]["items"][0]["result"]["emotion"] == emotion
        assert (b'"Sad"' in body) is not faces_only, "with it no emotion is told, whatever was read"
        assert {name.lower(): value for name, value in headers.items()}["webhook-id"] == f"msg_{job.id}"


def test_each_client_has_secrets_of_its_own(
    redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore, store: WebhookStore, receiver: Receiver
) -> None:
    redis.hset(keys.API_KEYS, mapping={"mine": "{}", "theirs": "{}"})
    mine = [store.secrets.current("mine"), store.secrets.rotate("mine", overlap_s=60)]
    for client in ("mine", "theirs", ""):
        assert make_sender(redis, settings, clock).deliver(announced(jobs, store, receiver.url, client)) == "delivered"
        headers, body = receiver.received.pop()
        for secret in mine:
            with nullcontext() if client == "mine" else pytest.raises(WebhookVerificationError):
                assert Webhook(secret).verify(body, headers)
    redis.delete(keys.API_KEYS, keys.WEBHOOKS_SECRETS)
    assert make_sender(redis, settings, clock).deliver(announced(jobs, store, receiver.url, "theirs")) == "given up"
    assert receiver.received == [], "of a revoked key nothing is told"


def test_a_receiver_that_is_down_for_five_minutes_is_told_once_it_is_back(
    redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore
) -> None:
    clock.now -= 400  # so that the signature is fresh, in real time, when it is delivered
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    job = finished(jobs, f"http://127.0.0.1:{port}/")
    down_until, receiver, outcomes = clock.now + 300, None, []
    while "delivered" not in outcomes:
        store = WebhookStore(redis, Settings(), clock)  # each time a fresh process
        for job_id in store.take_due():
            sender = make_sender(redis, settings, clock)
            if clock.now >= down_until and receiver is None:
                receiver = Receiver()
                jobs_url = JobOptions(webhook=receiver.url).model_dump_json()
                redis.hset(f"mien:job:{job_id}", "options", jobs_url)
            outcomes.append(sender.deliver(job_id))
            sender.close()
        clock.now += 1
        assert clock.now < down_until + 400
    assert receiver is not None
    receiver.close()
    assert outcomes.count("later") >= 4
    ((headers, body),) = receiver.received
    assert Webhook(WebhookStore(redis, Settings()).secrets.current("")).verify(body, headers)["data"]["id"] == job.id


def test_gaps_grow_with_jitter_and_in_the_end_it_is_a_dead_letter_that_can_be_replayed(
    redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore, store: WebhookStore, receiver: Receiver
) -> None:
    receiver.status = 500
    job = finished(jobs, receiver.url)
    sender, attempts = make_sender(redis, settings, clock), []
    while True:
        (due,) = redis.zrange("mien:webhooks:due", 0, -1, withscores=True)
        clock.now = due[1]
        assert store.take_due() == [job.id]
        attempts.append(clock.now)
        if sender.deliver(job.id) == "given up":
            break
    gaps = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    assert len(gaps) == len(RETRY_DELAYS_S) >= 8
    assert all(0.79 * wanted < gap < 1.21 * wanted for gap, wanted in zip(gaps, RETRY_DELAYS_S, strict=True))
    (webhook,) = store.dead()
    assert (webhook.job, webhook.reason, webhook.attempts) == (job.id, "answered 500", len(RETRY_DELAYS_S) + 1)
    receiver.status = 204
    store.replay(job.id)
    assert store.dead() == []
    assert store.take_due() == [job.id]
    assert sender.deliver(job.id) == "delivered"
    with pytest.raises(WebhookNotFound):
        store.replay(job.id)


def test_a_message_that_waited_too_long_does_not_shorten_the_gap(
    redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore, store: WebhookStore, receiver: Receiver
) -> None:
    receiver.status = 500
    job_id = announced(jobs, store, receiver.url)
    clock.now += 61
    assert store.take_due() == [job_id], "no worker has tried it: it is announced again"
    sender = make_sender(redis, settings, clock)
    assert [sender.deliver(job_id) for _ in range(3)] == ["later", "not due", "not due"]
    assert len(receiver.received) == 1


def test_what_waits_for_a_sender_is_bounded(
    redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore, store: WebhookStore, wait_for: WaitFor
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        sender = make_sender(redis, settings, clock)
        ids = [announced(jobs, store, url) for _ in range(60)]
        outcomes = [sender.begin(job_id) for job_id in ids]
        assert (outcomes[0], outcomes[-1]) == ("begun", "busy")
        ending = threading.Thread(target=sender.close)
        ending.start()
    ending.join()


def calls(server: socket.socket) -> int:
    """How many connections to it were made; they stay open, because a sender that loses one begins another."""
    server.setblocking(False)
    count = 0
    with ExitStack() as taken, suppress(BlockingIOError):
        while taken.enter_context(server.accept()[0]):
            count += 1
    return count


def test_receivers_that_do_not_answer_hold_up_no_other_clients_webhook(
    redis: Redis,
    settings: Settings,
    clock: ManualClock,
    jobs: JobStore,
    store: WebhookStore,
    receiver: Receiver,
    wait_for: WaitFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbound, "resolve", lambda host, port: ["127.0.0.1"])
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never answers
        tarpit = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        sender = make_sender(redis, settings, clock)
        flood = [announced(jobs, store, tarpit, sender="flood") for _ in range(60)]
        outcomes = [sender.begin(job_id) for job_id in flood]
        assert outcomes.count("begun") < 20
        honest = announced(jobs, store, receiver.url.replace("127.0.0.1", "honest.example"), sender="honest")
        assert sender.begin(honest) == "begun"
        wait_for(lambda: receiver.received, "the honest client's webhook, while all others wait")
        assert calls(silent) < 8, "it did not have to wait until one of all eight senders was free again"
        ending = threading.Thread(target=sender.close)
        ending.start()
    ending.join()


def test_redirects_are_not_followed_and_gone_is_final(
    redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore, store: WebhookStore, receiver: Receiver
) -> None:
    sender = make_sender(redis, settings, clock)
    receiver.status = 307
    assert sender.deliver(announced(jobs, store, receiver.url)) == "later"
    receiver.status = 410
    assert sender.deliver(announced(jobs, store, receiver.url)) == "given up"
    assert len(receiver.received) == 2


@pytest.mark.parametrize("name", ["localhost", "internal.example"])
def test_a_name_that_leads_inside_is_refused(
    redis: Redis,
    settings: Settings,
    clock: ManualClock,
    jobs: JobStore,
    receiver: Receiver,
    store: WebhookStore,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if name != "localhost":  # a name server under a client's control: one public address, and one of ours
        monkeypatch.setattr(outbound, "resolve", lambda host, port: ["93.184.216.34", "127.0.0.1"])
    job_id = announced(jobs, store, f"http://{name}:{receiver.port}/")
    sender = make_sender(redis, settings, clock, AddressPolicy(""))
    assert sender.deliver(job_id) == "given up"
    assert receiver.received == []
    reason = store.dead()[0].reason
    assert ("MIEN_WEBHOOK_NETWORKS" if name == "localhost" else "not a public address") in reason


def test_of_a_job_whose_record_is_gone_the_webhook_is_given_up(
    redis: Redis, settings: Settings, clock: ManualClock, jobs: JobStore, store: WebhookStore
) -> None:
    job_id = announced(jobs, store, "https://example.com/")
    redis.delete(keys.job(job_id))
    assert make_sender(redis, settings, clock).deliver(job_id) == "given up"
    assert job_id in store.dead()[0].reason


def test_an_unexpected_error_is_logged_and_the_webhook_stays_due(
    redis: Redis,
    settings: Settings,
    clock: ManualClock,
    jobs: JobStore,
    store: WebhookStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: str) -> None:
        raise ZeroDivisionError

    job_id = announced(jobs, store, "https://example.com/")
    sender = make_sender(redis, settings, clock)
    monkeypatch.setattr(sender, "deliver", fail)
    assert sender.begin(job_id) == "begun"
    sender.close()
    assert f"webhook of job {job_id} could not be delivered" in caplog.text
    clock.now += 61
    assert store.take_due() == [job_id]
