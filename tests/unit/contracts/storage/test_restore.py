"""What is backed up is restored, and nothing is lost, doubled or brought back that is not to be."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from contracts.backups import FORMAT, Begin, Entry, JobEntry, KeyPart
from contracts.history import HistorySample
from contracts.jobs import JobOptions, JobState
from contracts.queues import BULK, INTERACTIVE
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.backup import BackupSource
from contracts.storage.counters import CounterStore
from contracts.storage.erasure import JobEraser
from contracts.storage.history import HistoryStore
from contracts.storage.job_queue import JobQueue
from contracts.storage.jobs import JobStore
from contracts.storage.load import read_load
from contracts.storage.restore import BackupTarget, Outcome
from contracts.storage.webhooks import WebhookStore
from support.factories import annotate, make_items

BEGIN = Begin(format=FORMAT, id="b", made_at=1.0, mien="0.3.0", server="valkey", secrets=True, history=True)


@pytest.fixture
def jobs(redis: Redis, settings: Settings) -> JobStore:
    return JobStore(redis, settings)


def backed_up(redis: Redis, **options: bool) -> list[Entry]:
    """A backup, as it would be read from its file."""
    found = list(BackupSource(redis, redis).entries(**options))
    return [type(entry).model_validate_json(entry.model_dump_json()) for entry in found]


def restored(redis: Redis, settings: Settings, entries: list[Entry]) -> Counter[Outcome]:
    target = BackupTarget(redis, redis, settings)
    anew = not target.begin(BEGIN)
    outcomes = Counter(outcome for entry in entries if (outcome := target.put(entry, anew=anew)))
    target.end(BEGIN)
    return outcomes


def contents(redis: Redis) -> dict[str, Any]:
    """Everything of ours with its end, but for what is of its moment."""
    read: dict[bytes, Callable[[bytes], Any]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"stream": redis.xrange,
    }
    left_out = ("mien:files:", "mien:claimed:", "mien:restored:")
    found = {name.decode(): name for name in redis.keys("mien:*") if not name.decode().startswith(left_out)}
    return {text: (read[redis.type(name)](name), redis.pexpiretime(name)) for text, name in sorted(found.items())}


def finished(jobs: JobStore, webhook: str = "") -> str:
    job = jobs.create([b"image"], BULK, options=JobOptions(webhook=webhook, annotate=True), sender="me")
    assert annotate(jobs, job.id, b"drawn", owner="worker")
    assert jobs.finish(job.id, "worker", make_items())
    return job.id


def test_all_that_is_kept_is_there_again_as_it_was(redis: Redis, settings: Settings, jobs: JobStore) -> None:
    webhooks = WebhookStore(redis, settings)
    jobs.create([b"x" * 3_000_000, b"y" * 3_000_000], BULK, sender="me", pixels=lambda: 7, names=["ä.jpg", None])
    jobs.create([b"\x00\xff"], INTERACTIVE, deadline_s=60, client="a key")
    jobs.cancel(jobs.create([b"canceled"], BULK).id)
    due, dead, _ = (finished(jobs, webhook="https://example.com/hook") for _ in range(3))
    webhooks.failed(due, "https://example.com/hook", "answered 500")
    webhooks.failed(dead, "https://example.com/hook", "answered 410", final=True)
    finished(jobs)
    webhooks.secrets.current("")
    redis.hset(keys.API_KEYS, "an id", "of somebody")
    redis.lpush(keys.AUDIT, "first", "second")
    before, loads = contents(redis), [read_load(redis, queue, "me") for queue in (BULK, INTERACTIVE)]
    entries = backed_up(redis)
    redis.flushall()
    assert restored(redis, settings, entries) == {Outcome.STORED: 7}
    after = contents(redis)
    times = {keys.OPEN_JOBS, keys.ANNOTATED_UNTIL}  # when the reconciler looks again; to the millisecond
    for key, (value, expires_at) in before.items():
        found, expires_again_at = after.pop(key)
        if key in times:
            assert {member for member, _ in value} == {member for member, _ in found}
        else:
            assert value == found, key
        assert abs(expires_again_at - expires_at) < (5_000 if key == keys.webhook(due) else 1), key
    assert after == {}
    assert [read_load(redis, queue, "me") for queue in (BULK, INTERACTIVE)] == loads
    assert redis.llen(BULK) == redis.llen(INTERACTIVE) == 1


def test_what_waited_is_claimed_in_its_order_with_its_images(redis: Redis, settings: Settings, jobs: JobStore) -> None:
    ids = [jobs.create([b"image %d" % number], BULK).id for number in range(3)]
    entries = backed_up(redis)
    redis.flushall()
    restored(redis, settings, sorted(entries, key=lambda entry: entry.kind == "job"))
    batch = JobQueue(redis, jobs, settings).claim(BULK, "owner")
    assert [(one.job.id, one.images) for one in batch.jobs] == [(id_, [b"image %d" % n]) for n, id_ in enumerate(ids)]


def test_a_job_that_ran_waits_again_and_its_attempt_does_not_count(
    redis: Redis, settings: Settings, jobs: JobStore
) -> None:
    once, twice = (jobs.create([b"image"], BULK).id for _ in range(2))
    jobs.claim(once, "worker")
    redis.hset(keys.job(twice), mapping={"state": "running", "owner": "worker", "attempts": 2})
    entries = backed_up(redis)
    redis.flushall()
    restored(redis, settings, entries)
    for job_id, attempts in ((once, 0), (twice, 1)):
        job = jobs.get(job_id)
        assert (job.state, job.attempts) == (JobState.QUEUED, attempts)
    assert not jobs.finish(once, "worker", make_items()), "its lease is lost"
    assert redis.zscore(keys.queued(BULK), twice) < 0, "it was begun before, and is for a process of its own"
    assert read_load(redis, BULK).waiting_images == 2


def test_what_is_past_its_time_or_erased_does_not_come_back(redis: Redis, settings: Settings, jobs: JobStore) -> None:
    late, erased, kept = (finished(jobs) for _ in range(3))
    redis.pexpire(keys.job(late), 1)
    entries = [entry for entry in backed_up(redis) if not (isinstance(entry, JobEntry) and entry.job == late)]
    past = JobEntry(job=late, record=[("state", b"succeeded")], expires_at_ms=1_000)
    JobEraser(redis).erase(erased)
    redis.delete(*redis.keys(f"mien:job:{kept}*"))
    assert restored(redis, settings, [*entries, past]) == {Outcome.STORED: 1, Outcome.ERASED: 1, Outcome.EXPIRED: 1}
    assert sorted(redis.keys("mien:job:*")) == sorted(redis.keys(f"mien:job:{kept}*"))
    assert redis.hget(keys.ANNOTATED_BYTES, erased) is None


def test_a_restore_that_is_begun_again_adds_nothing_twice(redis: Redis, settings: Settings, jobs: JobStore) -> None:
    finished(jobs)
    jobs.create([b"image"], BULK)
    redis.lpush(keys.AUDIT, "entry")
    entries = backed_up(redis)
    redis.flushall()
    restored(redis, settings, entries)
    before = contents(redis)
    assert restored(redis, settings, entries) == {Outcome.EXISTS: 2}
    assert contents(redis) == before


def test_what_is_there_wins(redis: Redis, settings: Settings, jobs: JobStore) -> None:
    job = jobs.create([b"image"], BULK)
    redis.hset(keys.API_KEYS, "an id", "as of then")
    redis.lpush(keys.AUDIT, "old")
    entries = backed_up(redis)
    jobs.cancel(job.id)
    redis.hset(keys.API_KEYS, "an id", "as of now")
    redis.delete(keys.AUDIT)
    redis.lpush(keys.AUDIT, "new")
    assert restored(redis, settings, entries) == {Outcome.EXISTS: 1}
    assert jobs.get(job.id).state is JobState.CANCELED
    assert jobs.images(job.id) == []
    assert redis.hgetall(keys.API_KEYS) == {b"an id": b"as of now"}
    assert redis.lrange(keys.AUDIT, 0, -1) == [b"new", b"old"]


def test_counters_begin_anew_so_that_no_alert_tells_of_what_happened_long_ago(redis: Redis, settings: Settings) -> None:
    before, since = {"mien_jobs_requeued_total": 300.0}, {"mien_jobs_requeued_total": 1.0}
    CounterStore(redis).add(before)
    entries = backed_up(redis)
    redis.flushall()
    CounterStore(redis).add(since)
    of_before = KeyPart(key=keys.COUNTERS, type="hash", values=[[b"mien_jobs_requeued_total", b"300"]])
    restored(redis, settings, [*entries, of_before])
    assert CounterStore(redis).read() == since


def test_an_idempotency_key_stands_for_its_job_again(redis: Redis, settings: Settings, jobs: JobStore) -> None:
    job = jobs.create([b"image"], BULK)
    redis.hset(keys.job(job.id), "once", "1")
    redis.set(keys.idempotency("k"), f"{job.id} print", ex=500)
    redis.set(keys.job_once(job.id), keys.idempotency("k"), ex=500)
    stolen = jobs.create([b"image"], BULK)
    redis.set(keys.job_once(stolen.id), keys.idempotency("k"), ex=500)
    entries = backed_up(redis)
    redis.flushall()
    restored(redis, settings, entries)
    assert redis.get(keys.idempotency("k")) == f"{job.id} print".encode()
    assert 400 < redis.ttl(keys.idempotency("k")) <= 500
    assert redis.exists(keys.job_once(job.id), keys.job_once(stolen.id)) == 1


def test_histories_come_back_where_they_were_asked_for(redis: Redis, settings: Settings) -> None:
    store = HistoryStore(redis)
    now = store.now()
    assert store.add("hall", HistorySample(kept_s=600, epoch=1, captured_at=now, faces=[]))
    assert [entry for entry in backed_up(redis) if entry.kind == "key"] == []
    entries = backed_up(redis, history=True)
    redis.flushall()
    restored(redis, settings, entries)
    assert len(list(store.read("hall", now - 10, now + 10))) == 1
    assert 0 < redis.ttl(keys.history("hall")) <= 600
    assert restored(redis, settings, entries) == {}
    assert redis.xlen(keys.history("hall")) == 1, "what is newer on the server stays as it is"


def test_of_an_incomplete_job_nothing_is_left(redis: Redis, settings: Settings, jobs: JobStore) -> None:
    jobs.create([b"image"], BULK)
    entries = [entry for entry in backed_up(redis) if entry.kind != "images"]
    redis.flushall()
    assert restored(redis, settings, entries) == {Outcome.INCOMPLETE: 1}
    assert redis.keys("mien:job*") == []


def test_a_server_that_is_cleared_has_nothing_of_ours(redis: Redis, settings: Settings, jobs: JobStore) -> None:
    erased = finished(jobs)
    finished(jobs)
    jobs.create([b"image"], BULK)
    JobEraser(redis).erase(erased)
    redis.set("another's", "stays")
    redis.xadd(keys.history("hall"), {"sample": "{}"})
    target = BackupTarget(redis, redis, settings)
    assert target.occupied() == (2, 0, 0)
    AuditLog(redis).changed("revoked", "an id")
    redis.hset(keys.API_KEYS, "an id", "of somebody")
    target.clear(BEGIN.model_copy(update={"history": False}))
    left = {"another's", keys.history("hall"), keys.ERASURES, keys.ERASED, keys.AUDIT_CHANGES}
    assert {name.decode() for name in redis.keys("*")} == left, "what was erased and done is still known"
    target.clear(BEGIN)
    assert not redis.exists(keys.history("hall"))


def test_an_interrupted_restore_that_goes_on_runs_no_job_again_and_adds_nothing_twice(
    redis: Redis, settings: Settings, jobs: JobStore
) -> None:
    job = jobs.create([b"image"], BULK, options=JobOptions(webhook="https://example.com/hook"))
    redis.lpush(keys.AUDIT, "entry")
    entries = backed_up(redis)
    redis.flushall()
    target = BackupTarget(redis, redis, settings)
    assert target.begin(BEGIN)
    for entry in entries:
        target.put(entry)  # all of it, but its end is not noted
    (claimed,) = JobQueue(redis, jobs, settings).claim(BULK, "worker").jobs
    assert jobs.finish(claimed.job.id, "worker", make_items())
    redis.delete(keys.job(job.id))  # as after MIEN_RESULT_TTL_S
    assert restored(redis, settings, entries) == {Outcome.EXISTS: 1}
    assert redis.zcard(keys.queued(BULK)) == redis.zcard(keys.OPEN_JOBS) == 0
    assert not redis.exists(keys.job_images(job.id))
    assert redis.lrange(keys.AUDIT, 0, -1) == [b"entry"]
    assert 0 < redis.ttl(keys.restored_parts(BEGIN.id)) <= 2_592_000


def test_a_line_of_the_audit_log_that_is_there_is_not_added_again(redis: Redis, settings: Settings) -> None:
    redis.lpush(keys.AUDIT_CHANGES, *(str(number) for number in range(700)))  # two parts
    entries = backed_up(redis)
    redis.ltrim(keys.AUDIT_CHANGES, 0, 600)
    restored(redis, settings, entries)
    assert redis.lrange(keys.AUDIT_CHANGES, 0, -1) == [str(number).encode() for number in reversed(range(700))]


def test_an_api_key_that_was_revoked_since_does_not_come_back(redis: Redis, settings: Settings) -> None:
    for key in (keys.API_KEYS, keys.API_KEYS_USED, keys.WEBHOOKS_SECRETS):
        redis.hset(key, mapping={"revoked": "1", "kept": "2"})
    entries = backed_up(redis)
    for key in (keys.API_KEYS, keys.API_KEYS_USED, keys.WEBHOOKS_SECRETS):
        redis.delete(key)
    AuditLog(redis).changed("created", "kept")
    AuditLog(redis).changed("revoked", "revoked")
    restored(redis, settings, entries)
    for key in (keys.API_KEYS, keys.API_KEYS_USED, keys.WEBHOOKS_SECRETS):
        assert redis.hgetall(key) == {b"kept": b"2"}
