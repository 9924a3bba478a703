"""The audit log: a line for each change of a key and for each request that was refused."""

import json
import logging

import pytest
from redis import Redis

from api.access.audit import AuditLog
from api.access.keys import ApiKeyStore, id_of
from api.http.scopes import Scope
from contracts.storage import keys
from contracts.storage.connections import connect
from support.clocks import ManualClock
from support.gateway import NO_SERVER, MakeApp, bearer


def test_changes_and_refusals_are_told_in_order(
    make_app: MakeApp, api_keys: ApiKeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(require_keys=True).test_client()
    with caplog.at_level(logging.INFO, "api.access.audit"):
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


def test_only_the_newest_are_kept(redis: Redis, clock: ManualClock) -> None:
    audit = AuditLog(redis, clock)
    redis.rpush(keys.AUDIT, *["{}"] * 10_000)
    audit.refused("", "10.0.0.1", "wrong")
    assert redis.llen(keys.AUDIT) == 10_000
    assert [entry.by for entry in audit.newest(1)] == ["10.0.0.1"]


def test_no_number_of_refused_requests_pushes_out_what_an_operator_did(redis: Redis, clock: ManualClock) -> None:
    audit = AuditLog(redis, clock)
    audit.changed("created", "0123456789ab", "phone")
    for _ in range(10):
        clock.now += 1
        audit.refused("0123456789ab", "10.0.0.1", "forbidden")
    redis.ltrim(keys.AUDIT, 0, 2)  # as those of all clients do, at some number
    assert [entry.event for entry in audit.changes(100)] == ["created"]
    assert [entry.event for entry in audit.newest(100)] == ["created", "refused", "refused", "refused"]
    assert [entry.event for entry in audit.newest(2)] == ["refused", "refused"], "the newest of both"


def test_without_redis_the_line_is_in_the_log(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    redis = connect(NO_SERVER, name="test")
    with caplog.at_level(logging.INFO):
        AuditLog(redis, clock).refused("", "10.0.0.1", "wrong")
    assert "10.0.0.1" in caplog.text
    redis.close()
