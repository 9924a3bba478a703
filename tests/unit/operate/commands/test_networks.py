"""`mien networks`: every change is checked, audited and waited for."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from contracts.networks import NetworkPlan
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.networks import NetworkStore
from support.factories import make_worker_report

Mien = Callable[..., tuple[int, str]]
OFFERS = ["mien-2", "mien-3", "mien-4"]
KEY = "0123456789ab"


class Worker:
    """Follows every plan at once, as far as it says so."""

    def __init__(self, redis: Redis) -> None:
        self._heartbeats, self.store = HeartbeatStore(redis), NetworkStore(redis)

    def report(self, name: str = "w1", **changes: Any) -> None:
        record = self.store.read()
        told = {"plan_epoch": record.epoch, "serves": record.plan.weights or {"mien-4": 1}, "offers": OFFERS}
        self._heartbeats.report(make_worker_report(name, **{"model": "mien-4"} | told | changes))


@pytest.fixture
def worker(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker that follows each change as soon as it is stored."""
    worker = Worker(redis)
    worker.report()
    stored = NetworkStore._store

    def store(self: NetworkStore, *args: Any, **options: Any) -> Any:
        record = stored(self, *args, **options)
        worker.report()
        return record

    monkeypatch.setattr(NetworkStore, "_store", store)
    return worker


def plan(worker: Worker) -> NetworkPlan:
    return worker.store.read().plan


def test_a_change_is_stored_waited_for_and_audited(mien: Mien, worker: Worker, redis: Redis) -> None:
    status, printed = mien("networks", "set", "mien-4:90,mien-3:10")
    assert status == 0
    assert "Done: set mien-4:90,mien-3:10.\nAll workers work by it (1)" in printed
    assert plan(worker).weights == {"mien-4": 90, "mien-3": 10}
    (entry,) = AuditLog(redis).newest(10)
    assert (entry.event, entry.what) == ("networks", "set mien-4:90,mien-3:10")
    assert entry.by == worker.store.read().set_by


def test_keys_are_bound_and_let_go(mien: Mien, worker: Worker, redis: Redis) -> None:
    assert mien("networks", "bind", KEY, "mien-3") == (
        2,
        f"mien: There is no key {KEY}; `mien keys list` has their ids.\n",
    )
    redis.hset(keys.API_KEYS, KEY, "{}")
    assert mien("networks", "bind", KEY, "mien-3")[0] == 0
    assert plan(worker).keys == {KEY: "mien-3"}
    assert AuditLog(redis).newest(1)[0].key == KEY
    assert mien("networks", "unbind", KEY)[0] == 0
    assert plan(worker).keys == {}
    assert mien("networks", "unbind", KEY) == (2, f"mien: The key {KEY} is bound to no network.\n")


def test_a_shadow_is_cast_and_ends_when_its_network_is_promoted(mien: Mien, worker: Worker, redis: Redis) -> None:
    redis.hset(keys.API_KEYS, KEY, "{}")
    mien("networks", "bind", KEY, "mien-2")
    assert mien("networks", "shadow", "mien-3", "--share", "0.1")[0] == 0
    shadow = plan(worker).shadow
    assert shadow is not None
    assert (shadow.network, shadow.share) == ("mien-3", 0.1)
    assert mien("networks", "promote", "mien-3", "--keep-keys")[0] == 0
    assert plan(worker) == NetworkPlan(weights={"mien-3": 1}, keys={KEY: "mien-2"})
    assert mien("networks", "promote", "mien-3")[0] == 0
    assert plan(worker) == NetworkPlan(weights={"mien-3": 1})
    mien("networks", "shadow", "mien-4", "--share", "1")
    assert mien("networks", "shadow", "off")[0] == 0
    assert plan(worker).shadow is None


def test_the_way_back_goes_step_by_step_and_can_be_cleared(mien: Mien, worker: Worker) -> None:
    assert mien("networks", "rollback") == (2, "mien: There is no plan before this one.\n")
    mien("networks", "promote", "mien-3")
    mien("networks", "promote", "mien-2")
    assert mien("networks", "rollback")[0] == 0
    assert plan(worker).weights == {"mien-3": 1}
    assert mien("networks", "clear")[0] == 0
    assert plan(worker) == NetworkPlan()
    assert mien("networks", "rollback")[0] == 0
    assert plan(worker).weights == {"mien-3": 1}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "mien-4:90,mien-9:10"), "worker w1 on host-1 cannot serve mien-9, only mien-2, mien-3, mien-4"),
        (("promote", "mien-9"), "cannot serve mien-9"),
        (("shadow", "mien-9", "--share", "0.5"), "cannot serve mien-9"),
        (("set", "mien-4,mien-3"), "mien-4,mien-3: each of several networks needs a weight"),
        (("set", "mien-4:0"), "the weight of mien-4 has to be a whole number"),
        (("set", "a:1,b:1,c:1,d:1,e:1"), "at most 4 networks"),
        (("set", ""), "Name the networks"),
        (("set", "/tmp/mine.json"), "This is no plan"),
        (("shadow", "mien-3"), "--share has to be above 0 and up to 1"),
        (("shadow", "mien-3", "--share", "1.5"), "--share has to be above 0 and up to 1"),
        (("shadow", "Mien 3", "--share", "1"), "This is no plan"),
    ],
)
def test_what_cannot_be_served_is_refused_and_nothing_is_changed(
    mien: Mien, worker: Worker, redis: Redis, words: tuple[str, ...], said: str
) -> None:
    status, printed = mien("networks", *words)
    assert status == 2
    assert said in printed
    assert worker.store.read().epoch == 0
    assert AuditLog(redis).newest(10) == []


def test_a_plan_before_that_no_worker_has_any_more_is_not_gone_back_to(mien: Mien, worker: Worker) -> None:
    mien("networks", "promote", "mien-2")
    mien("networks", "promote", "mien-3")
    worker.report(offers=["mien-3", "mien-4"])
    status, printed = mien("networks", "rollback")
    assert (status, "cannot serve mien-2" in printed) == (2, True)
    assert plan(worker).weights == {"mien-3": 1}


def test_where_no_expressions_are_read_there_is_no_plan(
    mien: Mien, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.report(model="none", serves={"none": 1}, offers=[])
    assert "No worker reads expressions" in mien("networks", "promote", "mien-3")[1]
    monkeypatch.setenv("MIEN_FACES_ONLY", "true")
    assert "MIEN_FACES_ONLY is set" in mien("networks", "promote", "mien-3")[1]
    assert worker.store.read().epoch == 0


def test_a_plan_that_cannot_be_read_is_only_taken_back(mien: Mien, worker: Worker, redis: Redis) -> None:
    redis.set(keys.NETWORKS, '{"plan": 7}')
    for command in (["set", "mien-4"], ["promote", "mien-3"], ["rollback"]):
        status, printed = mien("networks", *command)
        assert status == 1
        assert "cannot be read" in printed
        assert redis.get(keys.NETWORKS) == b'{"plan": 7}'
    assert mien("networks", "clear")[0] == 0
    assert plan(worker) == NetworkPlan()


def test_without_workers_a_plan_is_set_for_those_to_come(mien: Mien, redis: Redis) -> None:
    status, printed = mien("networks", "promote", "mien-3")
    assert (status, "No worker is alive" in printed) == (1, True)
    assert NetworkStore(redis).read().plan.weights == {"mien-3": 1}


def test_it_shows_the_plan_the_workers_and_how_networks_compare(mien: Mien, worker: Worker, redis: Redis) -> None:
    redis.hset(keys.API_KEYS, KEY, "{}")
    mien("networks", "set", "mien-4:90,mien-3:10")
    mien("networks", "bind", KEY, "mien-3")
    mien("networks", "shadow", "mien-2", "--share", "0.25")
    worker.report("old", plan_epoch=None, serves={}, offers=[])
    worker.report(
        "ill", plan_epoch=1, serves={"mien-4": 1}, network_error="damaged", failed_epoch=worker.store.read().epoch
    )
    counted = {
        'mien_network_images_total{network="mien-4"}': 40,
        'mien_network_faces_total{emotion="Sad",network="mien-4"}': 30,
        'mien_network_faces_total{emotion="Happy",network="mien-4"}': 20,
        'mien_network_confidence_total{network="mien-4"}': 40,
        'mien_network_classify_seconds_total{network="mien-4"}': 0.08,
        'mien_network_shadow_images_total{network="mien-2",outcome="read"}': 9,
        'mien_network_shadow_images_total{network="mien-2",outcome="dropped"}': 1,
        'mien_network_shadow_total{agrees="true",answered_by="mien-4",network="mien-2"}': 6,
        'mien_network_shadow_total{agrees="false",answered_by="mien-4",network="mien-2"}': 2,
    }
    CounterStore(redis).add(counted)
    told = json.loads(mien("networks", "show", "--json")[1])
    assert told["plan"]["weights"] == {"mien-4": 90, "mien-3": 10}
    assert (told["source"], told["change"], len(told["before"])) == ("set", "shadow mien-2 0.25", 3)
    assert {one["name"]: one["state"] for one in told["workers"]} == {
        "w1": "serving",
        "old": "unaware",
        "ill": "failed",
    }
    assert told["counted"]["mien-4"] == {
        "images": 40,
        "faces": 50,
        "confidence": 0.8,
        "classify_ms": 2.0,
        "shadow_images": 0,
        "shadow_dropped": 0,
        "shadow_failed": 0,
        "shadow_faces": 0,
        "shadow_agrees": None,
    }
    assert told["counted"]["mien-2"]["shadow_agrees"] == 0.75
    text = mien("networks", "show")[1]
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in text.splitlines() if line}
    assert lines["plan"] == "mien-4:90,mien-3:10"
    assert lines["key"] == f"{KEY} is bound to mien-3"
    assert lines["shadow"] == "mien-2, 25% of the images"
    assert lines["before"].startswith("mien-4:90,mien-3:10; `mien networks rollback`")
    assert lines["old"] == "host-1 mien-4 of a version that follows no plan"
    assert lines["ill"] == "host-1 mien-4 cannot serve the plan: damaged"
    assert lines["mien-4"] == "96.7% 40 50 80.0% 2.0 ms 0 0 -"
    assert lines["mien-2"] == "0.0% 0 0 - - 9 1 75.0%"


def test_before_any_plan_it_says_whose_setting_holds(mien: Mien) -> None:
    text = mien("networks", "show")[1]
    assert "none is set: each worker's MIEN_MODEL holds" in text
    assert mien("networks", "show")[0] == 0
