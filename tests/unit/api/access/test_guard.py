"""API keys, scopes, rates, and what browsers are told."""

import logging
import subprocess
import sys
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from api.access.keys import ApiKeyStore, Scope
from api.app import create_app
from api.services import services_of
from contracts.settings import Settings
from contracts.storage import keys


@pytest.fixture
def guarded(settings: Settings) -> Iterator[Callable[..., Flask]]:
    apps = []

    def make(**more: Any) -> Flask:
        apps.append(create_app(settings.model_copy(update={"require_keys": True} | more)))
        return apps[-1]

    yield make
    for app in apps:
        services_of(app).close()


@pytest.fixture
def store(redis: Redis) -> ApiKeyStore:
    return ApiKeyStore(redis)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_without_a_key_nobody_gets_in_and_health_stays_open(guarded: Callable[..., Flask], jpeg: bytes) -> None:
    client = guarded().test_client()
    for response in (client.get("/"), client.get("/metrics"), client.post("/detect_emotion", data=jpeg)):
        assert (response.status_code, response.get_json()["code"]) == (401, "unauthorized")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="mien", Basic realm="mien"'
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").get_json()["code"] == "not_ready"


def test_a_key_opens_what_its_scopes_say(guarded: Callable[..., Flask], store: ApiKeyStore) -> None:
    client = guarded().test_client()
    token = store.create("phone", frozenset({Scope.ANALYZE}))
    assert client.get("/v1/jobs/never", headers=bearer(token)).status_code == 404
    refused = client.get("/metrics", headers=bearer(token))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "forbidden")
    assert '"operate"' in refused.get_json()["error"]


def test_browsers_send_the_key_as_a_password(guarded: Callable[..., Flask], store: ApiKeyStore) -> None:
    token = store.create("me", frozenset({Scope.LIVE}))
    basic = b64encode(f"anything:{token}".encode()).decode()
    response = guarded().test_client().get("/", headers={"Authorization": f"Basic {basic}"}, buffered=True)
    assert response.status_code == 200


@pytest.mark.parametrize("token", ["", "mien_x", "mien_000000000000_" + "A" * 43, "Ä"])
def test_wrong_keys_are_refused(guarded: Callable[..., Flask], token: str) -> None:
    response = guarded().test_client().get("/v1/jobs/x", headers=bearer(token))
    assert response.status_code == 401


def test_a_changed_secret_and_a_revoked_key_are_refused(guarded: Callable[..., Flask], store: ApiKeyStore) -> None:
    client = guarded().test_client()
    token = store.create("phone", frozenset({Scope.ANALYZE}))
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert client.get("/v1/jobs/x", headers=bearer(wrong)).status_code == 401
    assert store.revoke(store.all()[0].id)
    assert client.get("/v1/jobs/x", headers=bearer(token)).status_code == 401
    assert not store.revoke("unheard-of")


def test_only_a_hash_is_stored_and_nothing_is_logged(
    guarded: Callable[..., Flask], store: ApiKeyStore, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    token = store.create("phone", frozenset({Scope.ANALYZE}))
    secret = token.rpartition("mien_")[2].partition("_")[2]
    assert secret.encode() not in b"".join(redis.hvals(keys.API_KEYS))
    with caplog.at_level(logging.DEBUG):
        guarded().test_client().get("/v1/jobs/x", headers=bearer(token))
    assert secret not in caplog.text


def test_a_rate_holds_for_requests_at_the_same_time(guarded: Callable[..., Flask]) -> None:
    app = guarded(require_keys=False, rate_limit="5/hour")
    start = threading.Barrier(30)

    def look(_: int) -> int:
        start.wait()
        return app.test_client().get("/v1/jobs/never").status_code

    with ThreadPoolExecutor(30) as threads:
        assert Counter(threads.map(look, range(30))) == {404: 5, 429: 25}


def test_a_keys_own_rate_and_the_setting(guarded: Callable[..., Flask], store: ApiKeyStore) -> None:
    client = guarded(rate_limit="1/hour").test_client()
    plain = store.create("plain", frozenset({Scope.ANALYZE}))
    fast = store.create("fast", frozenset({Scope.ANALYZE}), rate="3/hour")
    get = lambda token: client.get("/v1/jobs/x", headers=bearer(token))  # noqa: E731
    assert [get(plain).status_code for _ in range(2)] == [404, 429]
    assert [get(fast).status_code for _ in range(4)] == [404, 404, 404, 429], "clients do not share a quota"
    refused = get(fast)
    assert refused.get_json()["code"] == "quota_exceeded"
    assert 3_500 < int(refused.headers["Retry-After"]) <= 3_601


def test_anonymous_clients_may_be_limited_too(guarded: Callable[..., Flask]) -> None:
    client = guarded(require_keys=False, rate_limit="1/hour").test_client()
    assert [client.get("/v1/jobs/x").status_code for _ in range(2)] == [404, 429]
    assert client.get("/emotion_data").status_code == 200, "the live page is not counted"


def test_an_idempotency_key_belongs_to_its_client(
    guarded: Callable[..., Flask], store: ApiKeyStore, jpeg: bytes
) -> None:
    client = guarded().test_client()
    tokens = [store.create(name, frozenset({Scope.ANALYZE})) for name in ("one", "two")]
    ids = {
        client.post(
            "/v1/jobs", data=jpeg, content_type="image/jpeg", headers=bearer(token) | {"Idempotency-Key": "same"}
        ).get_json()["id"]
        for token in tokens
    }
    assert len(ids) == 2


def test_other_origins_are_allowed_by_setting_only(settings: Settings, guarded: Callable[..., Flask]) -> None:
    origin = {"Origin": "https://app.example"}
    closed = guarded(require_keys=False).test_client().get("/ping", headers=origin)
    assert "Access-Control-Allow-Origin" not in closed.headers
    client = guarded(cors_origins="https://app.example").test_client()
    preflight = client.options("/v1/jobs", headers=origin | {"Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Idempotency-Key" in preflight.headers["Access-Control-Allow-Headers"]
    stranger = client.get("/ping", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


def command(redis_url: str, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {"MIEN_REDIS_URL": redis_url, "PATH": "/usr/bin:/bin"} | settings
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_keys_are_managed_from_the_command_line(redis_url: str, store: ApiKeyStore) -> None:
    made = command(redis_url, "keys", "create", "the phone app", "--scope", "live", "--rate", "10/minute")
    key = store.find(made.stdout.strip())
    assert key is not None
    assert (key.name, key.scopes, key.rate) == ("the phone app", frozenset({Scope.LIVE}), "10/minute")
    assert "the phone app" in command(redis_url, "keys", "list").stdout
    assert command(redis_url, "keys", "revoke", key.id).returncode == 0
    assert store.all() == []
    again = command(redis_url, "keys", "revoke", key.id)
    assert (again.returncode, again.stderr) == (2, f"mien gateway: There is no key {key.id}.\n")


def test_it_does_not_listen_to_strangers_by_accident(redis_url: str) -> None:
    refused = command(redis_url, MIEN_HOST="0.0.0.0")
    assert refused.returncode == 2
    assert "MIEN_REQUIRE_KEYS=true" in refused.stderr
