"""The plan of networks in Redis: set, changed by several at once, taken back."""

import threading

import pytest
from redis import Redis

from contracts.errors import BrokerUnavailable, RecordUnreadable
from contracts.networks import MAX_PLANS_BEFORE, NetworkPlan, NetworkRecord, Shadow
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.connections import connect
from contracts.storage.networks import NetworkStore
from support.clocks import ManualClock


def plan(**weights: int) -> NetworkPlan:
    return NetworkPlan(weights=weights)


@pytest.fixture
def store(redis: Redis, clock: ManualClock) -> NetworkStore:
    return NetworkStore(redis, clock)


def test_before_anything_was_set_there_is_an_empty_plan(store: NetworkStore) -> None:
    assert store.read() == NetworkRecord()
    assert store.read().epoch == 0
    assert store.roll_back("me", lambda _: None) is None


def test_a_plan_is_set_with_who_did_what_and_taken_back_step_by_step(store: NetworkStore, clock: ManualClock) -> None:
    first = store.change(lambda _: plan(a=1), "set a", "anna@host")
    assert first == store.read()
    assert (first.epoch, first.set_at, first.set_by, first.change) == (
        int(clock.now * 1000),
        clock.now,
        "anna@host",
        "set a",
    )
    second = store.change(lambda old: old.plan.model_copy(update={"shadow": Shadow(network="b", share=0.5)}), "x", "")
    assert second.epoch == first.epoch + 1, "also within a millisecond, or when the clock was set back"
    assert (second.plan.weights, second.plan.networks) == ({"a": 1}, {"a", "b"})
    checked = list[NetworkPlan]()
    epochs = [second.epoch]
    for expected in (plan(a=1), NetworkPlan()):
        back = store.roll_back("bert", checked.append)
        assert back is not None
        assert (back.plan, back.change, back.set_by) == (expected, "rollback", "bert")
        epochs.append(back.epoch)
    assert epochs == sorted(set(epochs)), "workers tell plans apart by their epochs"
    assert checked == [plan(a=1), NetworkPlan()]
    assert store.roll_back("bert", checked.append) is None


def test_a_plan_before_that_cannot_be_served_any_more_is_not_gone_back_to(store: NetworkStore) -> None:
    store.change(lambda _: plan(a=1), "", "")
    stored = store.change(lambda _: plan(b=1), "", "")

    def refuse(_: NetworkPlan) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        store.roll_back("me", refuse)
    assert store.read() == stored


def test_some_plans_before_are_kept(store: NetworkStore) -> None:
    for weight in range(1, MAX_PLANS_BEFORE + 3):
        store.change(lambda _, weight=weight: plan(a=weight), "", "")  # type: ignore[misc]
    before = store.read().before
    assert [each.weights["a"] for each in before] == list(range(2, MAX_PLANS_BEFORE + 2))


def test_changes_at_the_same_time_are_made_one_after_the_other(redis: Redis, settings: Settings) -> None:
    store = NetworkStore(redis)
    store.change(lambda _: plan(a=1), "", "")

    def count_up(record: NetworkRecord) -> NetworkPlan:
        return plan(a=record.plan.weights["a"] + 1)

    threads = [threading.Thread(target=lambda: [store.change(count_up, "", "") for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read().plan == plan(a=21)


def test_a_record_of_a_newer_version_is_read_and_a_damaged_one_is_an_error_of_its_own(
    redis: Redis, store: NetworkStore
) -> None:
    redis.set(keys.NETWORKS, '{"epoch": 5, "plan": {"weights": {"a": 1}, "mood": "new"}, "reason": "new"}')
    assert store.read().plan == plan(a=1)
    redis.set(keys.NETWORKS, '{"epoch": 5, "plan": {"weights": {"a": "many"}}}')
    with pytest.raises(RecordUnreadable, match=r"plan of networks.*weights"):
        store.read()


def test_keys_are_known_by_their_ids(redis: Redis, store: NetworkStore) -> None:
    redis.hset(keys.API_KEYS, "0123456789ab", "{}")
    assert store.is_key("0123456789ab")
    assert not store.is_key("ba9876543210")


def test_without_redis_nothing_is_known() -> None:
    with pytest.raises(BrokerUnavailable):
        NetworkStore(connect("redis://127.0.0.1:1/0", name="test")).read()


def test_a_plan_that_cannot_be_read_is_told_to_who_only_looks_and_logged_once_each_time_it_comes(
    redis: Redis, store: NetworkStore, caplog: pytest.LogCaptureFixture
) -> None:
    redis.set(keys.NETWORKS, b"damaged")
    for _ in range(2):
        record, unreadable = store.look()
        assert record is None
        assert "cannot be read" in unreadable
    assert caplog.text.count("cannot be read") == 1
    redis.delete(keys.NETWORKS)
    assert store.look() == (NetworkRecord(), "")
    redis.set(keys.NETWORKS, b"damaged")
    store.look()
    assert caplog.text.count("cannot be read") == 2


def test_two_who_go_back_at_once_go_back_once(redis: Redis) -> None:
    store = NetworkStore(redis)
    store.change(lambda _: NetworkPlan(weights={"mien-4": 1}), "set", "me")
    others = list[NetworkRecord | None]()

    def check(_: NetworkPlan) -> None:
        if not others:  # while the first one looks at the plan
            others.append(None)
            others.append(store.roll_back("bert", lambda _: None))

    assert store.roll_back("me", check) is None
    assert others[1] is not None
    assert store.read().set_by == "bert"
