"""Keys as they are stored, expire and are rotated."""

import json
import logging

import pytest
from redis import Redis

from api.access.keys import ApiKeyStore, id_of
from api.http.scopes import Scope
from contracts.errors import Unauthorized, WebhookRefused
from contracts.storage import keys
from contracts.storage.webhook_secrets import WebhookSecrets
from support.clocks import ManualClock
from support.gateway import MakeApp, bearer

ANALYZE = frozenset({Scope.ANALYZE})


@pytest.fixture
def store(redis: Redis, clock: ManualClock) -> ApiKeyStore:
    return ApiKeyStore(redis, clock)


def test_only_a_hash_is_stored_and_nothing_is_logged(
    make_app: MakeApp, api_keys: ApiKeyStore, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        token = api_keys.create("phone", ANALYZE)
        secret = token.rpartition("mien_")[2].partition("_")[2]
        client = make_app(require_keys=True).test_client()
        for sent in (token, token[:-1] + ("A" if token[-1] != "A" else "B"), f"{token}x"):
            client.get("/v1/jobs/x", headers=bearer(sent))
    assert secret.encode() not in b"".join([*redis.hvals(keys.API_KEYS), *redis.lrange(keys.AUDIT, 0, -1)])
    assert secret[:-1] not in caplog.text


def test_a_key_expires(store: ApiKeyStore, clock: ManualClock) -> None:
    token = store.create("guest", ANALYZE, lifetime_s=60)
    clock.now += 59
    assert store.verify(token).name == "guest"
    clock.now += 1
    with pytest.raises(Unauthorized, match="expired"):
        store.verify(token)


def test_a_rotated_key_keeps_its_id_and_for_a_while_its_old_token(store: ApiKeyStore, clock: ManualClock) -> None:
    old = store.create("phone", ANALYZE, rate="3/hour", lifetime_s=10_000)
    new = store.rotate(id_of(old), overlap_s=60)
    assert new != old
    assert store.verify(new) == store.verify(old)
    assert (store.verify(new).id, store.verify(new).rate) == (id_of(old), "3/hour")
    clock.now += 60
    assert store.verify(new)
    with pytest.raises(Unauthorized, match="not valid"):
        store.verify(old)
    newest = store.rotate(id_of(old), overlap_s=0)
    with pytest.raises(Unauthorized):
        store.verify(new)
    clock.now += 10_000
    with pytest.raises(Unauthorized, match="expired"):
        store.verify(newest)
    assert store.rotate("0" * 12, overlap_s=60) == ""


def test_the_last_use_is_stored_now_and_then(store: ApiKeyStore, clock: ManualClock) -> None:
    used, unused = store.create("used", ANALYZE), store.create("unused", ANALYZE)
    store.verify(used)
    clock.now += 5
    store.verify(used)
    assert store.last_uses() == {}
    store.flush()
    assert store.last_uses() == {id_of(used): clock.now}
    assert store.revoke(id_of(used))
    assert store.last_uses() == {}
    assert [key.id for key in store.all()] == [id_of(unused)]


def test_a_plain_key_is_stored_as_the_version_before_reads_it(store: ApiKeyStore, redis: Redis) -> None:
    token = store.create("phone", ANALYZE)
    stored = json.loads(redis.hget(keys.API_KEYS, id_of(token)))
    assert stored.keys() == {"id", "name", "hash", "scopes", "created_at"}


def test_a_key_of_the_version_before_is_read(store: ApiKeyStore, redis: Redis) -> None:
    token = store.create("phone", ANALYZE)
    stored = json.loads(redis.hget(keys.API_KEYS, id_of(token))) | {"rate": ""}
    redis.hset(keys.API_KEYS, id_of(token), json.dumps(stored))
    assert store.verify(token).expires_at is None


def test_of_a_revoked_key_nothing_stays_and_the_file_is_rewritten(store: ApiKeyStore, redis: Redis) -> None:
    key = id_of(store.create("phone", ANALYZE))
    secrets = WebhookSecrets(redis)
    kept = secrets.current("")
    secrets.rotate(key, overlap_s=60)
    assert store.revoke(key)
    with pytest.raises(WebhookRefused):
        secrets.current(key)
    assert redis.hkeys(keys.WEBHOOKS_SECRETS) == [b""]
    assert secrets.current("") == kept
    assert redis.zscore(keys.ERASURES, "erased") is not None, "Redis' file is rewritten soon"


def test_changes_and_refusals_are_told_in_order(
    make_app: MakeApp, api_keys: ApiKeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(require_keys=True).test_client()
    with caplog.at_level(logging.INFO, "contracts.storage.audit"):
        token = api_keys.create("phone", frozenset({Scope.ANALYZE}))
        client.get("/metrics", headers=bearer(token))
        client.get("/v1/jobs/x", headers=bearer("nonsense"))
        api_keys.rotate(id_of(token), 0)
        client.get("/v1/jobs/x", headers=bearer(token))
        api_keys.revoke(id_of(token))
        client.get("/v1/jobs/x")
    told = [(entry.event, entry.key) for entry in api_keys.audit.newest(100)]
    key = id_of(token)
    assert told == [
        ("created", key),
        ("refused", key),
        ("refused", ""),
        ("rotated", key),
        ("refused", key),
        ("revoked", key),
    ]
    lines = [json.loads(record.getMessage().removeprefix("audit ")) for record in caplog.records]
    assert [(line["event"], line["key"]) for line in lines] == told
    assert lines[1]["by"] == "127.0.0.1"
    assert lines[1]["what"].startswith("forbidden: ")
    assert lines[1]["what"].endswith("GET /metrics")
    assert lines[4]["what"].endswith("GET /v1/jobs/<job_id>"), "the route, and not the id of a job"
