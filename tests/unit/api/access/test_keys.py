"""Keys as they are stored."""

import logging

import pytest
from redis import Redis

from api.access.keys import ApiKeyStore, Scope
from contracts.storage import keys
from support.gateway import MakeApp, bearer


def test_only_a_hash_is_stored_and_nothing_is_logged(
    make_app: MakeApp, api_keys: ApiKeyStore, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    token = api_keys.create("phone", frozenset({Scope.ANALYZE}))
    secret = token.rpartition("mien_")[2].partition("_")[2]
    assert secret.encode() not in b"".join(redis.hvals(keys.API_KEYS))
    with caplog.at_level(logging.DEBUG):
        make_app(require_keys=True).test_client().get("/v1/jobs/x", headers=bearer(token))
    assert secret not in caplog.text
