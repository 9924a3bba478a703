"""Submitting a job: stored once, whatever fails in the middle of it; held back when there is no room."""

import inspect
import re
import threading
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from werkzeug.test import TestResponse

from api import services
from api.access.keys import ApiKeyStore
from api.http.scopes import Scope
from api.jobs import submission
from api.overload import admission as admission_module
from api.services import services_of
from contracts.errors import AcceptanceUnknown, Overloaded
from contracts.metrics import REFUSALS
from contracts.queues import BULK
from contracts.storage import durability, keys
from contracts.storage.connections import ServerMoved, before_sending, translate_errors
from contracts.storage.durability import Outcome
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from contracts.storage.scripts import Call
from support.gateway import MakeApp, StandIn, bearer


def test_an_idempotency_key_belongs_to_its_client(make_app: MakeApp, api_keys: ApiKeyStore, jpeg: bytes) -> None:
    client = make_app(require_keys=True).test_client()
    tokens = [api_keys.create(name, frozenset({Scope.ANALYZE})) for name in ("one", "two")]
    ids = {
        client.post(
            "/v1/jobs", data=jpeg, content_type="image/jpeg", headers=bearer(token) | {"Idempotency-Key": "same"}
        ).get_json()["id"]
        for token in tokens
    }
    assert len(ids) == 2


def post(app: Flask, address: str, data: bytes, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().post(address, data=data, content_type="image/jpeg", headers=named)


def test_a_job_that_was_stored_without_an_answer_is_found_by_its_key(
    app: Flask, jobs: JobStore, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = services_of(app).jobs
    create = store.create

    def create_unheard(*args: Any, **more: Any) -> None:
        """As when Redis hangs: what was sent is carried out, and the answer comes too late."""
        create(*args, **more)
        raise AcceptanceUnknown("no answer", job_id=more["job_id"])

    with monkeypatch.context() as patched:
        patched.setattr(store, "create", create_unheard)
        assert post(app, "/v1/jobs", jpeg, Idempotency_Key="k").get_json()["code"] == "acceptance_unknown"
    assert post(app, "/v1/jobs", jpeg, Idempotency_Key="k").status_code == 202
    assert jobs.open_count() == 1


def test_a_request_that_stores_too_late_gets_the_job_that_its_key_stands_for_by_now(
    app: Flask, jobs: JobStore, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = services_of(app).jobs
    create, others = store.create, list[TestResponse]()

    def create_late(*args: Any, **more: Any) -> Any:
        """As when this process stands still: others wait for it, give up, and store the job themselves."""
        monkeypatch.setattr(store, "create", create)
        others.append(post(app, "/v1/jobs", jpeg, Idempotency_Key="k"))
        return create(*args, **more)

    monkeypatch.setattr(submission, "_STORING_S", 0.05)
    monkeypatch.setattr(store, "create", create_late)
    own = post(app, "/v1/jobs", jpeg, Idempotency_Key="k")
    assert own.status_code == others[0].status_code == 202
    assert own.get_json()["id"] == others[0].get_json()["id"]
    assert jobs.open_count() == 1


def test_the_same_key_and_request_are_the_same_job(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    def post(query: str = "", body: bytes = jpeg) -> Any:
        headers = {"Idempotency-Key": "order-17"}
        return client.post(f"/v1/jobs{query}", data=body, content_type="image/jpeg", headers=headers)

    first = post().get_json()["id"]
    assert post().get_json()["id"] == first
    assert jobs.open_count() == 1
    other = post("?priority=interactive")
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_conflict")


def test_a_key_is_free_again_once_its_job_is_forgotten(client: FlaskClient, redis: Redis, jpeg: bytes) -> None:
    headers = {"Idempotency-Key": "k"}
    first = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers).get_json()["id"]
    redis.delete(keys.job(first))
    second = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers)
    assert second.status_code == 202
    assert second.get_json()["id"] != first


def test_a_key_is_not_used_up_by_a_refusal(make_app: MakeApp, redis: Redis, jpeg: bytes) -> None:
    app = make_app(max_queue_depth=1)
    client = app.test_client()
    redis.zadd(keys.queued(BULK), {"another client's": 0})
    post = lambda: client.post(  # noqa: E731
        "/v1/jobs", data=jpeg, content_type="image/jpeg", headers={"Idempotency-Key": "k"}
    )
    assert post().status_code == 503
    redis.delete(keys.queued(BULK))
    assert post().status_code == 202


def test_a_key_is_not_used_up_by_a_job_store_that_refuses(
    app: Flask, redis: Redis, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing = services_of(app).jobs._storing
    run = storing._durable.run

    def refuse(call: Call) -> Outcome:
        if call.script is storing.create:
            raise ResponseError("BUSY Redis is busy running a script.")
        return run(call)

    with monkeypatch.context() as patched:
        patched.setattr(storing._durable, "run", refuse)
        assert post(app, "/v1/jobs", jpeg, Idempotency_Key="k").get_json()["code"] == "broker_unavailable"
    assert not redis.keys(keys.idempotency("*")), "who comes again would wait for a job that nobody stores"
    assert post(app, "/v1/jobs", jpeg, Idempotency_Key="k").status_code == 202


@pytest.mark.parametrize("released", [True, False])
def test_a_key_is_not_used_up_by_a_replica_that_was_sent_nothing(
    app: Flask, redis: Redis, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, released: bool
) -> None:
    def moved(*_: object, **__: object) -> Outcome:
        with translate_errors(), before_sending():
            raise ServerMoved("127.0.0.1:6379 is no master any more")

    with monkeypatch.context() as patched:
        patched.setattr(services_of(app).jobs._storing._durable, "run", moved)
        if not released:  # it is no master yet for this one either
            patched.setattr(services_of(app).submission._idempotency, "release", moved)
        answer = post(app, "/v1/jobs", jpeg, Idempotency_Key="k").get_json()
    assert answer["code"] == "broker_unavailable", "also where the key cannot be released"
    assert "is a replica now" in answer["detail"]
    assert bool(redis.keys(keys.idempotency("*"))) is not released
    monkeypatch.setattr(submission, "_STORING_S", 0.05)
    assert post(app, "/v1/jobs", jpeg, Idempotency_Key="k").status_code == 202


@pytest.mark.parametrize("level", ["everysec", "replicated"])
def test_a_job_that_found_no_connection_is_not_stored_and_may_be_sent_again(
    make_app: MakeApp,
    jobs: JobStore,
    redis: Redis,
    jpeg: bytes,
    monkeypatch: pytest.MonkeyPatch,
    level: str,
) -> None:
    monkeypatch.setattr(services, "_STORING", 1)
    monkeypatch.setattr(services, "_CONNECTION_S", 0.05)
    monkeypatch.setattr(durability, "CONFIRM_S", 0.01)
    app = make_app(durability=level)
    storing = services_of(app).jobs._storing
    run, pool = storing._durable.run, services_of(app).storing.connection_pool

    def run_late(call: Call) -> Outcome:
        """As when all others wait to be confirmed."""
        while True:
            try:
                taken.callback(pool.release, pool.get_connection())
            except RedisConnectionError:
                return run(call)

    with monkeypatch.context() as patched, ExitStack() as taken:  # until the client has its answer
        patched.setattr(storing._durable, "run", run_late)
        answer = post(app, "/v1/jobs", jpeg, Idempotency_Key="k")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "broker_unavailable")
    assert "No connection to the job store was free" in answer.get_json()["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert jobs.open_count() == 0
    assert not redis.keys(keys.idempotency("*")), "who comes again would wait for a job that nobody stores"
    again = post(app, "/v1/jobs", jpeg, Idempotency_Key="k").get_json()
    expected = ("state", "queued") if level == "everysec" else ("code", "acceptance_unknown")  # without a replica
    assert again[expected[0]] == expected[1]
    assert jobs.open_count() == 1


def test_fifty_duplicates_at_once_are_one_analysis(app: Flask, worker: StandIn, jpeg: bytes) -> None:
    start, ids = threading.Barrier(50), []

    def post() -> None:
        client = app.test_client()
        start.wait()
        headers = {"Idempotency-Key": "once", "Prefer": "wait=30"}
        response = client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers)
        ids.append((response.get_json()["id"], response.get_json()["state"]))

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 50
    assert len(set(ids)) == 1
    assert len(worker.seen) == 1


def told(app: Flask) -> dict[tuple[str, ...], float]:
    """What metrics have of jobs, but for what is 0."""
    families = services_of(app).request_metrics.collect()
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, *one.labels.values()): one.value for one in samples if "_jobs_" in one.name and one.value}


def test_jobs_are_counted_once_as_accepted_or_as_refused_with_the_reason(
    make_app: MakeApp, jobs: JobStore, jpeg: bytes
) -> None:
    app = make_app(max_queue_depth=2)
    for _ in range(2):
        assert post(app, "/v1/jobs", jpeg, Idempotency_Key="k").status_code == 202
    assert told(app) == {("mien_jobs_accepted_total", BULK): 1}, "the second is the first"
    jobs.create([b"x"], BULK)
    refused = post(app, "/v1/jobs", jpeg)
    assert refused.get_json()["code"] == "overloaded"
    assert told(app)["mien_jobs_refused_total", BULK, "depth"] == 1
    services_of(app).store_limiter.acquire(1_000_000)
    with pytest.raises(Overloaded), services_of(app).submission.admit(BULK):
        pass
    counted = told(app)
    assert sum(count for name, count in counted.items() if name[0] == "mien_jobs_refused_total") == 2
    assert counted["mien_jobs_refused_total", BULK, "store"] == 1


def test_a_job_that_a_drain_refuses_as_it_is_stored_counts_as_one_that_it_refuses_at_once(
    app: Flask, redis: Redis, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lanes = services_of(app).jobs, LaneStore(redis)
    create = store.create

    def create_late(*args: Any, **more: Any) -> Any:
        """As when an operator drains just after the gateway has looked."""
        lanes.drain()
        return create(*args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(store, "create", create_late)
        late = post(app, "/v1/jobs", jpeg)
    early = post(app, "/v1/jobs", jpeg)
    for refused in (late, early):
        assert (refused.status_code, refused.get_json()["code"]) == (503, "overloaded")
    assert late.headers["Retry-After"] == early.headers["Retry-After"]
    assert told(app) == {("mien_jobs_refused_total", BULK, "drained"): 2}


def test_every_reason_of_a_refusal_is_known() -> None:
    source = inspect.getsource(admission_module)
    reasons = set(re.findall(r'(?:_full|because)\(\s*"(\w+)"', source)) | {"rate", "store"}
    assert reasons == set(REFUSALS)
