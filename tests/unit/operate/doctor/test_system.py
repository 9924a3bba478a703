"""Workers, queues, webhooks and cameras, as a running system has them."""

from pathlib import Path

import pytest
from redis import Redis

from contracts.cameras import CameraStatus
from contracts.jobs import JobOptions
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.cameras import CameraStatuses
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from contracts.storage.webhooks import WebhookStore
from operate.doctor import system
from operate.doctor.finding import Level
from support.factories import make_worker_report

ALL = "interactive,live,webhooks,bulk"


def test_workers_are_missed_and_counted(redis: Redis, settings: Settings) -> None:
    (nobody,) = system.check_workers(redis, settings)
    assert nobody.level is Level.PROBLEM
    HeartbeatStore(redis).report(make_worker_report("w1", queues=ALL, threads=3))
    (fine,) = system.check_workers(redis, settings)
    assert (fine.level, fine.says) == (Level.OK, "1 workers with 3 threads are alive.")


def test_a_queue_without_a_worker_and_workers_that_differ_are_found(redis: Redis, settings: Settings) -> None:
    heartbeats = HeartbeatStore(redis)
    heartbeats.report(make_worker_report("w1", queues="interactive,bulk", model="mien-2"))
    heartbeats.report(make_worker_report("w2", queues="interactive,live", model="mien-3", job_version=2))
    found = list(system.check_workers(redis, settings))
    assert [finding.level for finding in found] == [Level.WARNING] * 3
    assert found[0].says == "No worker takes from webhooks, in which nothing waits."
    assert "mien-2, mien-3" in found[1].says
    assert "job records: 1, 2" in found[2].says


def test_a_queue_without_a_worker_is_a_problem_once_something_waits_or_somebody_would(
    redis: Redis, settings: Settings
) -> None:
    heartbeats = HeartbeatStore(redis)
    heartbeats.report(make_worker_report("w1", queues="interactive"))
    levels = {finding.says.split()[4].strip(",."): finding.level for finding in system.check_workers(redis, settings)}
    assert levels == {"live": Level.PROBLEM, "webhooks": Level.WARNING, "bulk": Level.WARNING}
    redis.zadd(keys.queued(BULK), {"waits": heartbeats.now()})
    redis.zadd(keys.WEBHOOKS_DUE, {"waits": heartbeats.now()})
    found = [finding for finding in system.check_workers(redis, settings) if "No worker takes" in finding.says]
    assert [finding.level for finding in found] == [Level.PROBLEM] * 3


def test_nobody_to_send_events_is_a_problem_at_once(redis: Redis, settings: Settings) -> None:
    heartbeats = HeartbeatStore(redis)
    heartbeats.report(make_worker_report("w1", queues="interactive,live,bulk"))
    sending = settings.model_copy(update={"events_s": 600, "events_webhook": "https://example.com/hook"})
    (nobody,) = system.check_workers(redis, sending)
    assert (nobody.level, "events of cameras are not sent" in nobody.says) == (Level.PROBLEM, True)
    heartbeats.report(make_worker_report("w2", queues="webhooks"))
    (fine,) = system.check_workers(redis, sending)
    assert fine.level is Level.OK


def test_a_worker_for_webhooks_alone_has_no_networks_to_differ_in(redis: Redis, settings: Settings) -> None:
    heartbeats = HeartbeatStore(redis)
    heartbeats.report(make_worker_report("w1", queues="interactive,live,bulk"))
    heartbeats.report(make_worker_report("w2", queues="webhooks", model="", detector=""))
    (fine,) = system.check_workers(redis, settings)
    assert fine.level is Level.OK


def test_a_worker_that_takes_nothing_is_found(redis: Redis, settings: Settings) -> None:
    heartbeats = HeartbeatStore(redis)
    redis.zadd(keys.queued(BULK), {"waits": heartbeats.now() - 60})
    heartbeats.report(make_worker_report("deaf", queues=ALL, idle_s=60.0))
    (found,) = system.check_workers(redis, settings)
    assert (found.level, found.says) == (Level.PROBLEM, "deaf is idle, and takes none of the jobs that wait in bulk.")


def test_old_work_is_a_problem_and_what_an_operator_holds_back_is_not(redis: Redis, settings: Settings) -> None:
    (fine,) = system.check_queues(redis, settings)
    assert fine.level is Level.OK
    redis.zadd(keys.queued(INTERACTIVE), {"old": HeartbeatStore(redis).now() - 100})
    (old,) = system.check_queues(redis, settings)
    assert (old.level, "interactive" in old.says) == (Level.PROBLEM, True)
    lanes = LaneStore(redis)
    lanes.pause(INTERACTIVE)
    lanes.drain()
    assert [finding.level for finding in system.check_queues(redis, settings)] == [Level.WARNING] * 2


def test_webhooks_that_were_given_up_are_told(redis: Redis, settings: Settings) -> None:
    jobs, webhooks = JobStore(redis, settings), WebhookStore(redis, settings)
    (fine,) = system.check_webhooks(redis, settings)
    assert fine.level is Level.OK
    job = jobs.create([b"image"], BULK, options=JobOptions(webhook="https://user:secret@example.com"))
    jobs.cancel(job.id)
    webhooks.failed(job.id, "https://user:secret@example.com", "answered 410", final=True)
    (dead,) = system.check_webhooks(redis, settings)
    assert (dead.level, "answered 410" in dead.says, "secret" in dead.says) == (Level.WARNING, True, False)


def test_a_registry_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "cameras.toml").write_text("[[camera]]\nname = 'hall'\n")
    (wrong,) = system.check_registry(Settings(cameras=str(tmp_path / "cameras.toml")))
    assert (wrong.level, "source" in wrong.says) == (Level.PROBLEM, True)
    (fine,) = system.check_registry(Settings())
    assert (fine.level, fine.says) == (Level.OK, "1 cameras are set up.")


@pytest.mark.parametrize("state", ["gone", "stalled"])
def test_a_camera_that_shows_nothing_is_told_with_its_reason(redis: Redis, state: str) -> None:
    store = CameraStatuses(redis)
    common = {"kind": "demo", "since": 1.0, "fps": 15.0}
    store.put(CameraStatus(name="hall", state="live", **common))  # type: ignore[arg-type]
    store.put(CameraStatus(name="door", state=state, reason="No answer.", **common))  # type: ignore[arg-type]
    (found,) = system.check_cameras(redis)
    assert (found.level, found.says) == (Level.WARNING, f"Camera door is {state}: No answer.")
