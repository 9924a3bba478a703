"""`mien queues` tells what waits, and holds back what it is told to."""

import json
from collections.abc import Callable

import pytest
from redis import Redis

from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage.audit import AuditLog
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from operate.commands.queues import _drain
from support.factories import make_worker_report

Mien = Callable[..., tuple[int, str]]


def test_it_tells_what_waits_and_runs(mien: Mien, redis: Redis, settings: Settings) -> None:
    jobs = JobStore(redis, settings)
    jobs.create([b"image"], BULK)
    jobs.claim(jobs.create([b"image"], INTERACTIVE).id, "worker")
    HeartbeatStore(redis).report(make_worker_report(threads=5))
    status, printed = mien("queues", "--json")
    told = json.loads(printed)
    found = {one["queue"]: one for one in told["queues"]}
    assert (status, told["drained_s"], told["left"]) == (0, None, 2)
    assert list(found) == ["interactive", "live", "webhooks", "bulk"]
    assert (found["bulk"]["waiting"], found["bulk"]["running"]) == (1, 0)
    assert (found["interactive"]["waiting"], found["interactive"]["running"]) == (0, 1)
    assert found["bulk"]["wait_s"] == pytest.approx(0.025 / 5)
    assert 0 <= found["bulk"]["oldest_s"] < 60
    assert (found["interactive"]["oldest_s"], found["live"]["wait_s"]) == (None, None)
    assert mien("queues")[1].splitlines()[0].split() == ["queue", "waiting", "running", "oldest", "next", "waits"]


def test_a_pause_is_shown_until_it_ends_and_wakes_workers_then(mien: Mien, redis: Redis, settings: Settings) -> None:
    JobStore(redis, settings).create([b"image"], BULK)
    redis.delete(BULK)
    assert mien("queues", "pause", "bulk") == (0, "bulk is paused: jobs are accepted, and wait.\n")
    assert "paused already" in mien("queues", "pause", "bulk")[1]
    assert "paused for 0." in mien("queues")[1]
    assert json.loads(mien("queues", "--json")[1])["left"] == 0
    assert mien("queues", "resume", "bulk") == (0, "bulk is resumed.\n")
    assert redis.llen(BULK) == 1
    assert mien("queues", "resume", "bulk") == (0, "bulk was not paused.\n")
    noted = [(entry.event, entry.what) for entry in AuditLog(redis).changes(10)]
    assert noted == [("paused", "bulk"), ("paused", "bulk"), ("resumed", "bulk"), ("resumed", "bulk")]


def test_workers_that_do_not_understand_a_pause_are_named(mien: Mien, redis: Redis) -> None:
    heartbeats = HeartbeatStore(redis)
    for name, queues, version in (("new", "live,bulk", "0.4.0"), ("a", "bulk", ""), ("b", "live,bulk", "")):
        heartbeats.report(make_worker_report(name, queues=queues, version=version))
    assert "But 2 workers of release 0.3 or before" in (printed := mien("queues", "pause", "bulk")[1])
    assert printed.endswith("take from it all the same: a, b. End them.\n")
    assert "But" not in mien("queues", "pause", "webhooks")[1]
    assert "2 workers of it are running: end such gateways" in mien("queues", "drain")[1]
    heartbeats.remove("a")
    heartbeats.remove("b")
    assert not any("But" in mien("queues", *words)[1] for words in (("pause", "bulk"), ("drain",)))


def test_draining_waits_for_what_is_there_and_for_nothing_that_is_paused(
    mien: Mien, redis: Redis, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = JobStore(redis, settings)
    first, second = (jobs.create([b"image"], INTERACTIVE) for _ in range(2))
    jobs.create([b"image"], BULK)
    LaneStore(redis).pause(BULK)
    ends = iter((first, second))

    def sleep(_: float) -> None:
        jobs.cancel(next(ends).id)

    assert _drain(redis, settings, None, sleep) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[1:] == [
        "2 jobs are left.",
        "1 jobs are left.",
        "All jobs have ended, but for those that wait in bulk.",
    ]
    assert "No jobs are accepted, for" in mien("queues")[1]
    assert mien("queues", "accept") == (0, "Jobs are accepted again.\n")
    assert mien("queues", "accept") == (0, "Jobs were accepted already.\n")


def test_draining_gives_up_when_it_is_told_to(mien: Mien, redis: Redis, settings: Settings) -> None:
    JobStore(redis, settings).create([b"image"], INTERACTIVE)
    status, printed = mien("queues", "drain", "--timeout", "0s")
    assert (status, "have not ended in time" in printed) == (1, True)
    assert LaneStore(redis).read().drained_at is not None


def test_without_redis_it_says_so(mien: Mien, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_REDIS_URL", "redis://127.0.0.1:1/0")
    assert mien("queues") == (1, "mien: The job store does not answer; try again in a few seconds.\n")
