"""The system at a moment, as JSON."""

import time

import pytest
from flask.testing import FlaskClient
from redis import Redis

from contracts.metrics import FRAMES_ANALYZED, FRAMES_STALE, IMAGES_DONE, metric_key
from contracts.networks import NetworkPlan, Shadow
from contracts.storage import keys
from contracts.storage.counters import CounterStore
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.lanes import LaneStore
from contracts.storage.networks import NetworkStore
from support.factories import make_worker_report


def test_it_tells_of_workers_queues_and_cameras(client: FlaskClient, redis: Redis) -> None:
    report = make_worker_report("w1", started_at=time.time() - 60, device="GPU 0: NVIDIA L4", backend="jax")
    HeartbeatStore(redis).report(report)
    CounterStore(redis).add(
        {
            metric_key(FRAMES_ANALYZED, camera="hall"): 7,
            metric_key(FRAMES_STALE, camera="hall"): 2,
            metric_key(IMAGES_DONE, queue="bulk"): 3,
        }
    )
    redis.zadd(keys.CAMERAS, {"hall": time.time()})
    redis.zadd(keys.queued("bulk"), {"a job": time.time() - 30})
    answer = client.get("/v1/status").get_json()
    (worker,) = answer["workers"]
    assert (worker["name"], worker["device"], worker["backend"]) == ("w1", "GPU 0: NVIDIA L4", "jax")
    assert 59 < worker["age_s"] < 70
    assert worker["reported_s"] < 10
    (camera,) = answer["cameras"]
    assert (camera["name"], camera["analyzed"], camera["dropped"], camera["viewers"]) == ("hall", 7, 2, 0)
    queues = {queue["name"]: queue for queue in answer["queues"]}
    assert queues["bulk"]["waiting"] == 1
    assert 29 < queues["bulk"]["oldest_s"] < 40
    assert queues["live"] == {"name": "live", "waiting": 0, "oldest_s": None, "paused_s": None}
    assert answer["drained_s"] is None
    assert answer["images_done"] == {"bulk": 3}


def test_it_tells_what_an_operator_holds_back(client: FlaskClient, redis: Redis) -> None:
    lanes = LaneStore(redis)
    lanes.pause("bulk")
    lanes.drain()
    answer = client.get("/v1/status").get_json()
    paused = {queue["name"]: queue["paused_s"] for queue in answer["queues"]}
    assert [name for name, since in paused.items() if since is not None] == ["bulk"]
    assert 0 <= paused["bulk"] < 60
    assert 0 <= answer["drained_s"] < 60


def test_it_tells_which_networks_answer(client: FlaskClient, redis: Redis) -> None:
    HeartbeatStore(redis).report(make_worker_report("old", threads=1, model="mien-2"))
    answer = client.get("/v1/status").get_json()
    assert answer["networks"] == {
        "shares": {"mien-2": 1},
        "source": "MIEN_MODEL",
        "set_at": None,
        "change": "",
        "bound_keys": 0,
        "shadow": None,
        "shadow_share": 0,
        "unreadable": "",
    }
    plan = NetworkPlan(weights={"mien-4": 1}, keys={"k": "mien-3"}, shadow=Shadow(network="mien-3", share=0.5))
    epoch = NetworkStore(redis).change(lambda _: plan, "promote mien-4", "me").epoch
    HeartbeatStore(redis).report(make_worker_report("new", threads=3, serves={"mien-4": 1}, plan_epoch=epoch))
    answer = client.get("/v1/status").get_json()
    told = answer["networks"]
    assert told.pop("set_at") > 0
    assert told == {
        "shares": {"mien-2": 0.25, "mien-4": 0.75},
        "source": "set",
        "change": "promote mien-4",
        "bound_keys": 1,
        "shadow": "mien-3",
        "shadow_share": 0.5,
        "unreadable": "",
    }
    assert {(one["name"], one["networks_state"], *one["networks"]) for one in answer["workers"]} == {
        ("old", "unaware", "mien-2"),
        ("new", "serving", "mien-4"),
    }


def test_a_plan_of_networks_that_cannot_be_read_hides_nothing_else(
    client: FlaskClient, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    redis.set(keys.NETWORKS, b"damaged")
    told = make_worker_report("told", serves={"mien-4": 1}, plan_epoch=0, network_error="The plan cannot be read.")
    HeartbeatStore(redis).report(told)
    answers = [client.get("/v1/status") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    found = answers[0].get_json()
    assert "The plan of networks" in found["networks"].pop("unreadable")
    assert found["networks"] == {
        "shares": {"mien-4": 1},
        "source": "set",
        "set_at": None,
        "change": "",
        "bound_keys": None,
        "shadow": None,
        "shadow_share": None,
    }
    assert [(one["name"], one["networks_state"]) for one in found["workers"]] == [("told", "failed")]
    assert len(found["queues"]) > 0
    assert caplog.text.count("The plan of networks") == 1, "once, not at each look"
