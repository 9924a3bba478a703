"""Tokens for streams: of a key, for a scope and a view, for a short time; the stream ends with the key."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from redis import Redis

from api.access.keys import ApiKeyStore, id_of
from api.access.live_tokens import LIFE_S, LiveTokens
from api.access.streams import still_allowed
from api.http.scopes import Scope
from contracts.errors import Unauthorized
from contracts.frames import Frame, FrameStamp
from contracts.storage.frames import FrameStore
from support.clocks import ManualClock
from support.gateway import MakeApp, bearer


@pytest.fixture
def tokens(redis: Redis, api_keys: ApiKeyStore, clock: ManualClock) -> LiveTokens:
    return LiveTokens(redis, api_keys, clock)


@pytest.fixture
def key(api_keys: ApiKeyStore) -> str:
    return api_keys.create("page", frozenset({Scope.LIVE}))


def test_a_token_stands_for_its_key_for_a_while(tokens: LiveTokens, key: str, clock: ManualClock) -> None:
    issued = tokens.issue(id_of(key), Scope.LIVE)
    assert issued.expires_at == clock.now + LIFE_S
    verified = tokens.verify(issued.token, Scope.LIVE)
    assert verified is not None
    assert verified.id == id_of(key)
    clock.now += LIFE_S
    with pytest.raises(Unauthorized, match="expired"):
        tokens.verify(issued.token, Scope.LIVE)


def test_all_gateways_take_it_also_after_redis_was_emptied(redis: Redis, api_keys: ApiKeyStore, key: str) -> None:
    one, other = LiveTokens(redis, api_keys), LiveTokens(redis, api_keys)
    assert other.verify(one.issue(id_of(key), Scope.LIVE).token, Scope.LIVE)
    redis.delete("mien:live:secret")
    assert one.verify(other.issue(id_of(key), Scope.LIVE).token, Scope.LIVE)


@pytest.fixture(params=[("maxmemory", 1), ("min-replicas-to-write", 1)], ids=["full", "read-only"])
def takes_no_writes(request: pytest.FixtureRequest, redis: Redis) -> Iterator[Callable[[], None]]:
    name, value = request.param
    yield lambda: redis.config_set(name, value)
    redis.config_set(name, 0)


def test_a_store_that_takes_no_writes_keeps_nobody_out(
    tokens: LiveTokens, key: str, takes_no_writes: Callable[[], None], make_app: MakeApp
) -> None:
    tokens.issue(id_of(key), Scope.LIVE)
    client = make_app(require_keys=True).test_client()
    takes_no_writes()
    answer = client.post("/v1/live/token", headers=bearer(key))
    assert answer.status_code == 200
    verified = LiveTokens(tokens._redis, tokens._api_keys).verify(answer.get_json()["token"], Scope.LIVE)
    assert verified is not None
    assert client.get("/video_feed?token=x").status_code == 401


def test_without_a_secret_a_store_that_takes_no_writes_gives_no_token(
    key: str, takes_no_writes: Callable[[], None], make_app: MakeApp
) -> None:
    client = make_app(require_keys=True).test_client()
    takes_no_writes()
    assert client.post("/v1/live/token", headers=bearer(key)).status_code == 503
    assert client.get("/video_feed?token=x").status_code == 401


@pytest.mark.parametrize("token", ["x", "", "a.b", "." * 600, "WyJrIl0.abc", "Ä"])
def test_what_was_not_issued_is_refused(tokens: LiveTokens, token: str) -> None:
    with pytest.raises(Unauthorized, match="not valid"):
        tokens.verify(token, Scope.LIVE)


def test_it_is_for_one_scope_and_worthless_without_its_key(tokens: LiveTokens, api_keys: ApiKeyStore, key: str) -> None:
    token = tokens.issue(id_of(key), Scope.LIVE).token
    with pytest.raises(Unauthorized, match='"live"'):
        tokens.verify(token, Scope.ANALYZE)
    api_keys.revoke(id_of(key))
    with pytest.raises(Unauthorized, match="not valid any more"):
        tokens.verify(token, Scope.LIVE)


def test_a_picture_in_a_page_shows_the_stream_with_a_token(
    make_app: MakeApp, key: str, frames: FrameStore, api_keys: ApiKeyStore
) -> None:
    frames.publish(Frame("cam", FrameStamp(1, 1), frames.now(), b"plain"))
    client = make_app(require_keys=True).test_client()
    assert client.get("/video_feed").status_code == 401
    token = client.post("/v1/live/token", headers=bearer(key)).get_json()["token"]
    with client.get(f"/video_feed?token={token}", buffered=False) as opened:
        assert opened.status_code == 200
    assert client.get(f"/emotion_data?token={token}").status_code == 401, "a view that takes none"
    assert client.get(f"/v1/cameras?token={token}", headers=bearer(key)).status_code == 200
    for damaged in (token[:-1], "x", token.swapcase()):
        refused = client.get(f"/video_feed?token={damaged}")
        assert (refused.status_code, refused.get_json()["field"]) == (401, "token")
    api_keys.revoke(id_of(key))
    assert client.get(f"/video_feed?token={token}").status_code == 401


def test_a_stream_that_was_opened_by_a_token_outlives_it_and_ends_with_the_key(
    make_app: MakeApp, api_keys: ApiKeyStore, key: str, redis: Redis
) -> None:
    app: Flask = make_app(require_keys=True)
    token = LiveTokens(redis, api_keys).issue(id_of(key), Scope.LIVE).token
    with app.test_request_context(f"/video_feed?token={token}"):
        app.preprocess_request()
        allowed = still_allowed(api_keys)
    assert allowed()
    redis.delete("mien:live:secret")
    assert allowed(), "of its end nothing is asked any more"
    api_keys.revoke(id_of(key))
    assert not allowed()


def test_only_what_a_key_may_do_is_passed_on(make_app: MakeApp, key: str, api_keys: ApiKeyStore) -> None:
    client = make_app(require_keys=True).test_client()
    assert client.post("/v1/live/token").status_code == 401
    refused = client.post("/v1/live/token?scope=analyze", headers=bearer(key))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "forbidden")
    both = api_keys.create("phone", frozenset({Scope.LIVE, Scope.ANALYZE}))
    assert client.post("/v1/live/token?scope=analyze", headers=bearer(both)).status_code == 200
    assert client.post("/v1/live/token?scope=operate", headers=bearer(both)).status_code == 422


def test_where_no_key_is_needed_a_token_opens_what_is_open(make_app: MakeApp, frames: FrameStore) -> None:
    frames.publish(Frame("cam", FrameStamp(1, 1), frames.now(), b"plain"))
    client = make_app().test_client()
    token = client.post("/v1/live/token").get_json()["token"]
    with client.get(f"/video_feed?token={token}", buffered=False) as opened:
        assert opened.status_code == 200
    assert make_app(require_keys=True).test_client().get(f"/video_feed?token={token}").status_code == 401
