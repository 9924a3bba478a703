"""What becomes of results once they are stored: counted, and read again by the network in the shadow."""

import time
from typing import Any

import pytest
from redis import Redis

from contracts.frames import Frame, FrameStamp
from contracts.metrics import metric_key
from contracts.network_metrics import NETWORK_IMAGES, SHADOW_FACES, SHADOW_IMAGES
from contracts.networks import NetworkPlan
from contracts.queues import BULK
from contracts.storage import keys
from contracts.storage.counters import CounterStore
from contracts.storage.networks import NetworkStore
from support.clocks import WaitFor
from workers.frames import analyze_frame
from workers.jobs import analyze_jobs
from workers.services import Services


@pytest.fixture
def store(redis: Redis) -> NetworkStore:
    return NetworkStore(redis)


def put(store: NetworkStore, **plan: Any) -> None:
    """Set a plan."""
    store.change(lambda _: NetworkPlan.model_validate(plan), "set", "test")


def test_a_job_is_answered_by_one_network_and_its_images_are_read_again_only_to_be_counted(
    services: Services, store: NetworkStore, face_jpeg: bytes, wait_for: WaitFor
) -> None:
    put(store, weights={"mien-4": 1}, shadow={"network": "classic-1", "share": 1})
    job = services.jobs.create([face_jpeg, face_jpeg], BULK)
    analyze_jobs(services, BULK)
    done = services.jobs.get(job.id)
    assert [item.analysis.model for item in done.items if item.analysis] == ["mien-4", "mien-4"]

    def counted() -> dict[str, float]:
        services.counters.flush()
        return CounterStore(services.redis).read()

    read = metric_key(SHADOW_IMAGES, network="classic-1", outcome="read")
    found = wait_for(lambda: (now := counted()).get(read) == 2 and now, "both images")
    faces = sum(count for name, count in found.items() if name.startswith(SHADOW_FACES + "{"))
    assert faces == 2
    assert found[metric_key(NETWORK_IMAGES, network="mien-4")] == 2
    assert metric_key(NETWORK_IMAGES, network="classic-1") not in found, "it has answered nothing"
    assert services.jobs.get(job.id) == done, "nothing of it stands with the job"
    assert "classic-1" not in str(services.redis.hgetall(keys.job(job.id)))


def test_frames_are_read_by_the_camera_s_network_and_in_the_shadow(
    services: Services, store: NetworkStore, face_jpeg: bytes, wait_for: WaitFor
) -> None:
    put(store, weights={"mien-2": 1}, shadow={"network": "classic-1", "share": 1})
    services.networks.follow()
    services.frames.publish(Frame("cam", FrameStamp(1, 1), time.time(), face_jpeg))
    services.frames.reserve_request("cam", "token")
    assert analyze_frame(services, "cam", "token") == "finished"
    result = services.frames.result("cam")
    assert result is not None
    assert result.model == "mien-2"

    counted = metric_key(SHADOW_IMAGES, network="classic-1", outcome="read")

    def read() -> float:
        services.counters.flush()
        return CounterStore(services.redis).read().get(counted, 0)

    wait_for(lambda: read() == 1, "the frame in the shadow")
    assert services.frames.result("cam") == result


def test_a_result_that_could_not_be_stored_has_no_shadow(
    services: Services, store: NetworkStore, face_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, shadow={"network": "classic-1", "share": 1})
    offered = list[bytes]()
    monkeypatch.setattr(services.shadow, "offer", lambda data, *_: offered.append(data))
    job = services.jobs.create([face_jpeg], BULK)
    analyze = services.analyzer.analyze_image

    def lose(*args: Any, **kwargs: Any) -> Any:
        services.redis.hset(keys.job(job.id), "owner", "another")
        return analyze(*args, **kwargs)

    monkeypatch.setattr(services.analyzer, "analyze_image", lose)
    analyze_jobs(services, BULK)
    assert not services.jobs.get(job.id).state.final
    assert offered == []
