"""Events to an address: signed, in order, again until they are taken."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from standardwebhooks import Webhook

from contracts.addresses import AddressPolicy
from contracts.events import CameraEvent, EventKind
from contracts.queues import WEBHOOKS
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.events import EventStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.history import HistoryStore
from contracts.storage.lanes import LaneStore
from contracts.storage.webhooks import RETRY_DELAYS_S, WebhookStore
from support.clocks import ManualClock
from support.factories import make_worker_report
from support.receiver import Receiver
from workers import event_webhook
from workers.event_webhook import EventWebhook


@pytest.fixture
def clock(clock: ManualClock) -> Any:
    """Begins now, because signatures are only good for minutes of real time."""
    clock.now = time.time()
    return clock


@pytest.fixture
def settings(settings: Settings, receiver: Receiver) -> Settings:
    return settings.model_copy(update={"events_s": 600, "events_webhook": receiver.url})


@pytest.fixture
def store(redis: Redis, settings: Settings, clock: ManualClock) -> EventStore:
    return EventStore(redis, settings, clock)


@pytest.fixture
def heartbeats(redis: Redis, clock: ManualClock) -> HeartbeatStore:
    return HeartbeatStore(redis, clock)


@pytest.fixture
def make_webhook(
    redis: Redis, settings: Settings, store: EventStore, heartbeats: HeartbeatStore, clock: ManualClock
) -> Callable[..., EventWebhook]:
    """One that may call these networks, with settings of its own."""

    def make(networks: str = "127.0.0.0/8", **changes: object) -> EventWebhook:
        own = settings.model_copy(update=changes)
        webhooks, policy = WebhookStore(redis, own, clock), AddressPolicy(networks)
        return EventWebhook("one", store, webhooks, heartbeats, policy=policy, settings=own)

    return make


@pytest.fixture
def webhook(make_webhook: Callable[..., EventWebhook]) -> EventWebhook:
    webhook = make_webhook()
    assert webhook.run() == "nothing"
    return webhook


def tell(store: EventStore, *tracks: int, kind: EventKind = EventKind.APPEARED) -> None:
    before, noted = store.noted("cam")
    events = [CameraEvent(at=5.0, camera="cam", kind=kind, epoch=1, track=track, emotion="Sad") for track in tracks]
    assert store.note("cam", before, noted.model_copy(update={"sequence": noted.sequence + 1}), events)


def sent(receiver: Receiver) -> list[list[int]]:
    return [[event["track"] for event in json.loads(body)["data"]["events"]] for _, body in receiver.received]


def test_events_are_sent_together_signed_and_once(
    webhook: EventWebhook, store: EventStore, receiver: Receiver, redis: Redis
) -> None:
    tell(store, 1, 2)
    assert [webhook.run(), webhook.run()] == ["sent", "nothing"]
    assert sent(receiver) == [[1, 2]]
    (headers, body) = receiver.received[0]
    verified = Webhook(WebhookStore(redis, Settings()).secrets.current("")).verify(body, headers)
    assert verified["type"] == "camera.events"
    assert verified["data"]["events"][0]["kind"] == "appeared"


def test_what_is_not_taken_is_sent_again_later_and_in_order(
    webhook: EventWebhook, store: EventStore, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.status = 500
    tell(store, 1)
    assert [webhook.run(), webhook.run()] == ["later", "later"]
    assert len(receiver.received) == 1, "not at once"
    receiver.status = 200
    tell(store, 2)
    clock.now += RETRY_DELAYS_S[0]
    assert webhook.run() == "sent"
    assert sent(receiver) == [[1], [1, 2]]
    assert receiver.received[0][0]["webhook-id"] != receiver.received[1][0]["webhook-id"]


def test_one_worker_at_a_time_sends_and_another_takes_over(
    webhook: EventWebhook,
    redis: Redis,
    settings: Settings,
    store: EventStore,
    heartbeats: HeartbeatStore,
    clock: ManualClock,
) -> None:
    webhooks, policy = WebhookStore(redis, settings, clock), AddressPolicy("127.0.0.0/8")
    other = EventWebhook("other", store, webhooks, heartbeats, policy=policy, settings=settings)
    tell(store, 1)
    assert other.run() == "not on turn"
    redis.delete(keys.EVENTS_SENDER)  # as it expires when the first one is gone
    assert [other.run(), webhook.run()] == ["sent", "not on turn"]


def test_while_a_worker_of_release_0_3_observes_it_sends_alone(
    webhook: EventWebhook,
    redis: Redis,
    store: EventStore,
    heartbeats: HeartbeatStore,
    receiver: Receiver,
    clock: ManualClock,
) -> None:
    heartbeats.report(make_worker_report("old"))
    heartbeats.report(make_worker_report("new", version="0.4.0"))
    history = HistoryStore(redis, clock)
    history.take_turn("old", 60)
    tell(store, 1)
    assert webhook.run() == "not on turn"
    redis.delete(keys.OBSERVER)  # as it expires when the old one is gone
    history.take_turn("new", 60)
    assert webhook.run() == "later", "what the old one has on its way may be taken"
    clock.now += 15
    heartbeats.report(make_worker_report("old"))  # another one may still be there, and wait for its turn
    assert webhook.run() == "sent"
    assert sent(receiver) == [[1]]


def test_while_webhooks_are_paused_none_is_sent_and_afterwards_all_that_are_kept(
    webhook: EventWebhook, store: EventStore, receiver: Receiver, redis: Redis, clock: ManualClock
) -> None:
    lanes = LaneStore(redis, clock)
    lanes.pause(WEBHOOKS)
    tell(store, 1)
    assert webhook.run() == "later"
    clock.now += 601  # of 600
    tell(store, 2)
    redis.expire(keys.EVENTS_SENT, 60)
    assert webhook.run() == "later"
    assert redis.ttl(keys.EVENTS_SENT) > 60, "what the address was told is known for as long as it is paused"
    assert receiver.received == []
    lanes.resume(WEBHOOKS)
    assert webhook.run() == "sent"
    assert sent(receiver) == [[2]]


def test_no_more_than_so_many_go_into_one_request(
    webhook: EventWebhook, store: EventStore, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_webhook, "_MOST_EVENTS", 2)
    tell(store, 1, 2, 3)
    assert [webhook.run(), webhook.run()] == ["sent", "sent"]
    assert sent(receiver) == [[1, 2], [3]]


def test_an_address_that_may_not_be_called_is_not(
    make_webhook: Callable[..., EventWebhook], store: EventStore, receiver: Receiver
) -> None:
    strict = make_webhook("")
    strict.run()
    tell(store, 1)
    assert strict.run() == "later"
    assert receiver.received == []


def test_with_faces_only_no_emotion_is_sent(
    make_webhook: Callable[..., EventWebhook], store: EventStore, receiver: Receiver
) -> None:
    webhook = make_webhook(faces_only=True)
    webhook.run()
    tell(store, 1, kind=EventKind.CHANGED)
    assert webhook.run() == "sent"
    assert receiver.received == []
    tell(store, 2)
    webhook.run()
    (event,) = json.loads(receiver.received[0][1])["data"]["events"]
    assert (event["track"], event["emotion"]) == (2, None)


def test_a_receiver_that_was_away_for_long_is_asked_every_minute(
    webhook: EventWebhook, store: EventStore, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.status = 500
    for _ in range(8):
        tell(store, 1)
        assert webhook.run() == "later"
        clock.now += 60
    assert len(receiver.received) == 8


def test_a_receiver_that_was_away_for_longer_than_events_are_kept_gets_those_that_still_are(
    webhook: EventWebhook, store: EventStore, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.status = 500
    for track in range(1, 5):
        tell(store, track)
        assert webhook.run() == "later"
        clock.now += 250  # of 600
    receiver.status = 200
    assert webhook.run() == "sent"
    assert sent(receiver)[-1] == [3, 4]
