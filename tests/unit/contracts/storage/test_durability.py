"""Steps that wait until what they wrote is safe: on real servers, with and without a replica, with each policy."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from contracts.errors import AcceptanceUnknown, BrokerUnavailable, ConfigurationError, JobGone
from contracts.jobs import JobState, new_job_id
from contracts.queues import BULK
from contracts.settings import Durability, Settings
from contracts.storage import durability as tested
from contracts.storage.connections import connect
from contracts.storage.durability import GONE_S, DurableSteps, Replicas, check_durability
from contracts.storage.erasure import JobEraser
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock, wait_for
from support.sentinels import Server

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server with its file, and these options."""
    started: list[Server] = []

    def begin(**options: str) -> Server:
        lines = {"appendonly": "yes", "save": '""', "repl-diskless-sync-delay": "0"}
        lines |= {name.replace("_", "-"): value for name, value in options.items()}
        started.append(Server(tmp_path / str(len(started)), lines))
        started[-1].start()
        return started[-1]

    yield begin
    for server in started:
        server.thaw()
        server.kill()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not confirmed is waited for a tenth of a second."""
    monkeypatch.setattr(tested, "CONFIRM_S", 0.1)


def client(server: Server) -> Redis:
    return connect(f"redis://127.0.0.1:{server.port}/0", name="tests")


def store_of(redis: Redis, durability: Durability) -> JobStore:
    return JobStore(redis, Settings(durability=durability))


def follow(replica: Server, master: Server) -> None:
    with client(replica) as redis:
        redis.replicaof("127.0.0.1", master.port)
    with client(master) as redis:
        wait_for(lambda: redis.set("one", "more") and redis.wait(1, 1_000), "the replica to follow")


def test_a_job_is_accepted_when_a_replica_has_it(start: Start) -> None:
    master, replica = start(), start()
    follow(replica, master)
    with client(master) as redis, client(replica) as copy:
        job = store_of(redis, "replicated").create([b"x"], BULK)
        assert copy.hget(f"mien:job:{job.id}", "state") == b"queued"


@pytest.mark.usefixtures("quick")
def test_without_a_replica_the_client_is_told_the_id_and_that_it_is_uncertain(start: Start) -> None:
    with client(start()) as redis:
        jobs, job_id = store_of(redis, "replicated"), new_job_id()
        with pytest.raises(AcceptanceUnknown, match="1 of 1 replicas have not confirmed it in time") as raised:
            jobs.create([b"x"], BULK, job_id=job_id)
        assert raised.value.job_id == job_id
        assert jobs.get(job_id).state is JobState.QUEUED, "it is analysed if it is not lost"


@pytest.mark.usefixtures("quick")
def test_who_asks_for_it_again_is_told_the_same_until_a_replica_has_it(start: Start) -> None:
    master = start()
    with client(master) as redis:
        jobs, job_id = store_of(redis, "replicated"), new_job_id()
        for _ in range(2):
            with pytest.raises(AcceptanceUnknown):
                jobs.create([b"x"], BULK, job_id=job_id)
        job = jobs.get(job_id)
        with client(master) as fresh, pytest.raises(AcceptanceUnknown):  # whose connection has written nothing yet
            store_of(fresh, "replicated").confirm(job)
        follow(start(), master)
        jobs.confirm(job)
        assert jobs.create([b"x"], BULK, job_id=job_id).id == job_id
        redis.flushall()
        with pytest.raises(JobGone):
            jobs.confirm(job)


@pytest.mark.usefixtures("quick")
def test_an_erasure_that_no_replica_has_may_come_back_and_that_is_told(start: Start) -> None:
    with client(start()) as redis:
        jobs = store_of(redis, "everysec")
        job = jobs.create([b"x"], BULK)
        jobs.cancel(job.id)
        eraser = JobEraser(redis, durable=DurableSteps(redis, "replicated"))
        with pytest.raises(BrokerUnavailable, match=r"erased, but might come back: 1 of 1 replicas"):
            eraser.erase(job.id)
        with pytest.raises(JobGone):
            jobs.get(job.id)


@pytest.mark.usefixtures("quick")
def test_what_was_written_before_is_confirmed_as_well(start: Start) -> None:
    master = start()
    with client(master) as redis:
        redis.set("a", 1)
        steps = DurableSteps(redis, "replicated")
        with pytest.raises(BrokerUnavailable, match="may be lost yet: 1 of 1 replicas"):
            steps.confirm()
        DurableSteps(redis, "everysec").confirm()
        follow(start(), master)
        steps.confirm()


def test_on_the_disk_means_that_the_server_syncs_before_it_answers(start: Start) -> None:
    with client(start(appendfsync="always")) as redis:
        assert check_durability(redis, "always") == ""
        assert store_of(redis, "always").create([b"x"], BULK)
        redis.config_set("appendfsync", "everysec")
        with pytest.raises(AcceptanceUnknown, match="appendfsync is everysec, not always"):
            store_of(redis, "always").create([b"x"], BULK)
        redis.config_set("appendonly", "no")
        with pytest.raises(AcceptanceUnknown, match="WAITAOF cannot be used"):
            store_of(redis, "always").create([b"x"], BULK)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "appendfsync is everysec, not always; set it"),
        ({"appendfsync": "always", "no_appendfsync_on_rewrite": "yes"}, "no-appendfsync-on-rewrite is yes, not no"),
        ({"appendonly": "no"}, "appendonly yes"),
        ({"appendfsync": "always", "rename_command": 'WAITAOF ""'}, "Redis 7.2 or newer"),
        ({"appendfsync": "always", "rename_command": 'CONFIG ""'}, r"\+config\|get"),
    ],
)
def test_a_server_that_cannot_promise_it_is_told_at_the_start(
    start: Start, options: dict[str, str], reason: str
) -> None:
    with client(start(**options)) as redis, pytest.raises(ConfigurationError, match=reason):
        check_durability(redis, "always")


def test_what_cannot_be_known_at_the_start_is_a_warning(start: Start) -> None:
    server = start()
    with client(server) as redis:
        assert "no replica follows" in check_durability(redis, "replicated")
        assert check_durability(redis, "everysec") == ""
        server.kill()
        assert "is not known yet" in check_durability(redis, "always")


def test_a_server_that_becomes_a_replica_while_it_is_waited_for_is_left(start: Start) -> None:
    master, other = start(), start()
    with client(master) as redis, client(master) as operator:
        steps = DurableSteps(redis, "replicated")

        def demote() -> None:
            wait_for(lambda: operator.info("clients")["blocked_clients"], "it to wait")
            operator.replicaof("127.0.0.1", other.port)

        thread, began = threading.Thread(target=demote), time.monotonic()
        thread.start()
        with pytest.raises(BrokerUnavailable, match="is a replica now"):
            steps.confirm()
        assert time.monotonic() - began < 1.5
        thread.join()


def told(online: int, history: str = "first", syncing: int = 0) -> dict[str, object]:
    states = ["online"] * online + ["send_bulk"] * syncing
    replicas = {f"slave{number}": {"state": state} for number, state in enumerate(states)}
    return {"role": "master", "connected_slaves": len(states), "master_replid": history, **replicas}


def test_all_replicas_have_to_confirm_also_one_that_has_just_left(clock: ManualClock) -> None:
    replicas = Replicas(clock)
    assert (replicas.known, replicas.count) == (False, 1)
    replicas.seen(told(2, syncing=1))
    assert (replicas.known, replicas.count) == (True, 2)
    replicas.seen(told(1))
    clock.sleep(GONE_S - 1)
    replicas.seen(told(1))
    assert replicas.count == 2, "it may have become the master"
    clock.sleep(1)
    replicas.seen(told(1))
    assert replicas.count == 1


def test_a_replica_that_is_back_counts_as_before_and_a_new_master_has_its_own(clock: ManualClock) -> None:
    replicas = Replicas(clock)
    replicas.seen(told(2))
    for online in (1, 2, 1):
        replicas.seen(told(online))
        clock.sleep(GONE_S - 1)
    assert replicas.count == 2
    replicas.seen(told(0, "second"))
    assert replicas.count == 1, "there has to be one, whoever is the master"


def test_what_another_replica_confirms_is_uncertain_while_one_may_have_become_the_master(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tested, "CONFIRM_S", 0.3)
    master, promoted, other = start(), start(), start()
    for replica in (promoted, other):
        follow(replica, master)
    with client(master) as redis, client(promoted) as new:
        wait_for(lambda: redis.set("a", 1) and redis.wait(2, 1_000) == 2, "both to follow")
        jobs = store_of(redis, "replicated")
        jobs.create([b"x"], BULK)
        new.replicaof("NO", "ONE")
        with pytest.raises(AcceptanceUnknown, match="1 of 2 replicas have not confirmed"):
            jobs.create([b"x"], BULK)
