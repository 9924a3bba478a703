"""The audit log: a line for each thing that an operator did and for each request that was refused."""

import logging

import pytest
from redis import Redis

from contracts.storage import keys
from contracts.storage.audit import AuditLog
from contracts.storage.connections import connect
from support.clocks import ManualClock
from support.gateway import NO_SERVER


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


def test_what_is_done_beside_keys_stands_in_a_list_that_versions_before_do_not_read(
    redis: Redis, clock: ManualClock
) -> None:
    audit = AuditLog(redis, clock)
    audit.changed("created", "0123456789ab", "phone")
    clock.now += 1
    audit.operated("networks", "set mien-4:90,mien-3:10")
    clock.now += 1
    audit.refused("", "10.0.0.1", "wrong")
    assert redis.llen(keys.AUDIT_CHANGES) == 1
    told = audit.newest(100)
    assert [(entry.event, entry.what) for entry in told[:2]] == [
        ("created", "phone"),
        ("networks", "set mien-4:90,mien-3:10"),
    ]
    assert told[1].by == told[0].by
    assert [entry.event for entry in audit.changes(100)] == ["created", "networks"]
    assert [entry.event for entry in audit.changes(1)] == ["networks"]
