"""A worker is killed in the middle of its work: every job accepted over HTTP still succeeds, with one result."""

import io
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from PIL import Image
from redis import Redis

from contracts.jobs import JobState
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from support.pictures import astronaut

CLIENTS, JOBS_EACH, SCALE, BATCH = 8, 25, 2, 4
PATIENT = {"max_interactive_wait_s": 600, "lease_s": 2, "requeue_after_s": 2}
"""On a slow machine 200 jobs may be a long wait, which is not what is tested here."""


@pytest.fixture
def finished(redis: Redis) -> Iterator[Callable[[], Counter[str]]]:
    """How often a result was stored for each job: the step that stores one, and no other, lets the record expire."""
    told: Counter[str] = Counter()
    redis.config_set("notify-keyspace-events", "Eg")
    with redis.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("__keyevent@0__:expire")

        def read() -> Counter[str]:
            while message := listener.get_message(timeout=0.05):
                name = message["data"].decode()
                if name.startswith(keys.job("")):
                    told[name.removeprefix(keys.job(""))] += 1
            return told

        read()
        yield read


def client(address: str, photo: bytes, accepted: list[str]) -> list[dict[str, Any]]:
    """Post jobs one after the other, then wait for each; what became of them."""
    headers = {"Content-Type": "image/jpeg"}
    with requests.Session() as session:
        places = []
        for _ in range(JOBS_EACH):
            answer = session.post(f"{address}/v1/jobs?priority=interactive", data=photo, headers=headers, timeout=60)
            assert answer.status_code == 202, answer.text
            accepted.append(answer.json()["id"])
            places.append(answer.headers["Location"])
        return [session.get(f"{address}{place}?wait=60", timeout=90).json() for place in places]


def stopped_with_a_job(victim: "subprocess.Popen[bytes]", name: str, redis: Redis, ids: list[str]) -> list[str]:
    """Stop the victim, and give the jobs that it holds; if there is none, it goes on."""
    victim.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, victim.pid, os.WSTOPPED)
    redis.ping()  # whatever it had sent is done before the next line asks
    held = [job_id for job_id, (state, owner) in look(redis, ids) if state == "running" and owner == name]
    if not held:
        victim.send_signal(signal.SIGCONT)
    return held


def look(redis: Redis, ids: list[str]) -> list[tuple[str, tuple[str, str]]]:
    """Jobs with their state and the name of the worker that was the last to claim them."""
    with redis.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hmget(keys.job(job_id), "state", "owner")
        found = [[(value or b"").decode() for value in values] for values in pipe.execute()]
    return [(job_id, (state, owner.partition("/")[0])) for job_id, (state, owner) in zip(ids, found, strict=True)]


def test_200_jobs_from_8_clients_survive_the_death_of_one_of_two_workers(
    start_gateway: Callable[..., Any],
    start_workers: Callable[..., Any],
    wait_for: Callable[..., Any],
    redis: Redis,
    finished: Callable[[], Counter[str]],
    on_the_face: Callable[..., float],
) -> None:
    _, port = start_gateway(**PATIENT)
    victim, survivor = start_workers(2, **PATIENT)
    names = {report.pid: report.name for report in HeartbeatStore(redis).live_workers()}
    accepted: list[str] = []
    with ThreadPoolExecutor(CLIENTS) as pool:
        args = (f"http://127.0.0.1:{port}", large_photo(), accepted)
        clients = [pool.submit(client, *args) for _ in range(CLIENTS)]

        def in_the_middle() -> list[str]:
            done = Counter(owner for _, (state, owner) in look(redis, accepted[:]) if state == "succeeded")
            ready = done[names[victim.pid]] and done[names[survivor.pid]]
            return stopped_with_a_job(victim, names[victim.pid], redis, accepted[:]) if ready else []

        held = wait_for(in_the_middle, "the victim to be in the middle of its work")
        done_before = sum(state == "succeeded" for _, (state, _) in look(redis, accepted[:]))
        victim.kill()
        jobs = {job["id"]: job for future in clients for job in future.result(timeout=240)}

    assert 0 < done_before < len(jobs) == CLIENTS * JOBS_EACH
    assert Counter(job["state"] for job in jobs.values()) == {"succeeded": 200}
    assert all(jobs[job_id]["attempts"] >= 2 for job_id in held), "another worker has taken them over"
    assert finished() == dict.fromkeys(jobs, 1), "one stored result each"
    owners = {job_id: owner for job_id, (_, owner) in look(redis, list(jobs))}
    assert set(names.values()) <= set(owners.values()), "both took part"
    assert not set(names.values()) & {owners[job_id] for job_id in held}, "what a dead worker held runs isolated"
    results = [item["result"] for job in jobs.values() for item in job["items"]]
    assert len(results) == 200
    assert all(result == results[0] for result in results)
    (face,) = results[0]["faces"]
    assert on_the_face(**face["box"], scale=SCALE) >= 0.5
    assert survivor.poll() is None


def test_a_worker_killed_in_the_middle_of_a_batch_costs_each_of_its_jobs_one_attempt(
    start_workers: Callable[..., Any],
    wait_for: Callable[..., Any],
    redis: Redis,
    settings: Settings,
    finished: Callable[[], Counter[str]],
) -> None:
    store, photo = JobStore(redis, settings), large_photo(4)
    (victim,) = start_workers(worker_threads=1, **PATIENT)
    victim.send_signal(signal.SIGSTOP)  # all of them wait when it goes on
    os.waitid(os.P_PID, victim.pid, os.WSTOPPED)
    ids = [store.create([photo], BULK).id for _ in range(BATCH)]
    victim.send_signal(signal.SIGCONT)
    wait_for(lambda: running(store, ids) == ids, "the batch to be in work")
    victim.kill()
    victim.wait()
    assert running(store, ids) == ids, "their results would have been stored together"
    start_workers(**PATIENT)
    wait_for(lambda: store.open_count() == 0, "all jobs", seconds=240)
    jobs = [store.get(job_id) for job_id in ids]
    assert [(job.state, job.attempts) for job in jobs] == [(JobState.SUCCEEDED, 2)] * BATCH
    assert finished() == dict.fromkeys(ids, 1), "one stored result each"


def running(store: JobStore, ids: list[str]) -> list[str]:
    return [job_id for job_id in ids if store.get(job_id).state is JobState.RUNNING]


def large_photo(scale: int = SCALE) -> bytes:
    """A real face, large enough that a worker spends most of its time on analysing."""
    photo = Image.fromarray(astronaut())
    buffer = io.BytesIO()
    photo.resize((photo.width * scale, photo.height * scale)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
