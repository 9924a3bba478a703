"""Streams end with their key."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask, g
from redis import Redis

from api.access.keys import ApiKeyStore, id_of
from api.access.streams import LOOK_EVERY_S, check_after_wait, while_allowed
from api.http.scopes import Scope
from api.services import services_of
from contracts.errors import BrokerUnavailable, Unauthorized
from contracts.queues import BULK
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from support.clocks import ManualClock, WaitFor
from support.gateway import MakeApp, bearer


@pytest.fixture
def token(api_keys: ApiKeyStore) -> str:
    return api_keys.create("viewer", frozenset({Scope.LIVE, Scope.ANALYZE}))


def test_a_stream_ends_within_seconds_after_its_key(
    app: Flask, api_keys: ApiKeyStore, token: str, clock: ManualClock
) -> None:
    closed = []

    def pictures() -> Iterator[bytes]:
        try:
            while True:
                yield b"picture"
        finally:
            closed.append(True)

    with app.test_request_context(headers=bearer(token)):
        g.api_key = api_keys.verify(token)
        stream = while_allowed(pictures(), api_keys, clock)
    assert next(stream) == b"picture"
    clock.now += LOOK_EVERY_S
    assert next(stream) == b"picture"
    api_keys.revoke(id_of(token))
    assert next(stream) == b"picture", "not every picture costs a round trip"
    clock.now += LOOK_EVERY_S
    assert next(stream, None) is None
    assert closed == [True]


def test_a_stream_goes_on_while_redis_does_not_answer(
    app: Flask, api_keys: ApiKeyStore, token: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.test_request_context(headers=bearer(token)):
        g.api_key = api_keys.verify(token)
        stream = while_allowed((part for part in (b"1", b"2")), api_keys, clock)

    def verify(_: str) -> None:
        raise BrokerUnavailable("gone")

    monkeypatch.setattr(api_keys, "verify", verify)
    clock.now += 10 * LOOK_EVERY_S
    assert list(stream) == [b"1", b"2"]


def test_without_a_key_nothing_is_looked_at(app: Flask, api_keys: ApiKeyStore) -> None:
    given = iter([b"1"])
    with app.test_request_context():
        assert while_allowed(given, api_keys) is given


@pytest.mark.parametrize("address", ["/video_feed", "/v1/jobs/{id}/events"])
def test_every_stream_of_the_gateway_is_one_of_them(
    make_app: MakeApp, api_keys: ApiKeyStore, jobs: JobStore, token: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.access.streams.LOOK_EVERY_S", 0.0)
    client = make_app(require_keys=True).test_client()
    job = jobs.create([b"x"], BULK, client=id_of(token))
    with client.get(address.format(id=job.id), headers=bearer(token), buffered=False) as response:
        parts = iter(response.response)
        assert next(parts)
        assert next(parts)
        api_keys.revoke(id_of(token))
        jobs.cancel(job.id)
        assert list(parts) == []


@pytest.mark.parametrize("way", ["GET ?wait", "POST, Prefer: wait", "POST /detect_emotion"])
def test_a_wait_ends_without_a_result_once_its_key_is_revoked(
    make_app: MakeApp,
    api_keys: ApiKeyStore,
    jobs: JobStore,
    token: str,
    jpeg: bytes,
    redis: Redis,
    way: str,
    wait_for: WaitFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.access.streams.LOOK_EVERY_S", 0.0)
    app = make_app(require_keys=True)
    headers, body = bearer(token), {"data": jpeg, "content_type": "image/jpeg"}

    def ask() -> tuple[int, str]:
        client = app.test_client()
        if way.startswith("GET"):
            job = jobs.create([b"x"], BULK, client=id_of(token))
            answer = client.get(f"/v1/jobs/{job.id}?wait=30", headers=headers)
        elif way.endswith("wait"):
            answer = client.post("/v1/jobs", headers={**headers, "Prefer": "wait=30"}, **body)
        else:
            answer = client.post("/detect_emotion", headers=headers, **body)
        return answer.status_code, answer.get_json()["code"]

    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(ask)
        # A caller is registered before its job is stored.
        wait_for(lambda: services_of(app).waiting.count and jobs.open_count(), "the client to wait for its job")
        api_keys.revoke(id_of(token))
        (job_id,) = redis.zrange(keys.OPEN_JOBS, 0, -1)
        jobs.cancel(job_id.decode())
        assert asked.result(30) == (401, "unauthorized")


def test_a_short_wait_costs_no_look_at_the_key(
    app: Flask, api_keys: ApiKeyStore, token: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.test_request_context(headers=bearer(token)):
        g.api_key = api_keys.verify(token)
        with check_after_wait(api_keys, clock):
            api_keys.revoke(id_of(token))
            clock.now += LOOK_EVERY_S / 2
        with pytest.raises(Unauthorized), check_after_wait(api_keys, clock):
            clock.now += LOOK_EVERY_S

        def verify(_: str) -> None:
            raise BrokerUnavailable("gone")

        monkeypatch.setattr(api_keys, "verify", verify)
        with check_after_wait(api_keys, clock):
            clock.now += LOOK_EVERY_S
    with app.test_request_context(), check_after_wait(api_keys, clock):
        clock.now += LOOK_EVERY_S
