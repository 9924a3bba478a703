"""Rates: of a key, of the setting, and for requests at the same time."""

import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis.exceptions import ResponseError

from api.access.keys import ApiKeyStore
from api.access.rate_limits import TOLD_EVERY_S, InOneLine
from api.http.scopes import Scope
from support.clocks import ManualClock
from support.gateway import MakeApp, bearer, zipped


def test_a_rate_holds_for_requests_at_the_same_time(make_app: MakeApp) -> None:
    app = make_app(rate_limit="5/hour")
    start = threading.Barrier(30)

    def look(_: int) -> int:
        start.wait()
        return app.test_client().get("/v1/jobs/never").status_code

    with ThreadPoolExecutor(30) as threads:
        assert Counter(threads.map(look, range(30))) == {404: 5, 429: 25}


@pytest.mark.parametrize("required", [True, False])
def test_a_keys_own_rate_and_the_setting(make_app: MakeApp, api_keys: ApiKeyStore, required: bool) -> None:
    client = make_app(require_keys=required, rate_limit="1/hour").test_client()
    plain = api_keys.create("plain", frozenset({Scope.ANALYZE}))
    fast = api_keys.create("fast", frozenset({Scope.ANALYZE}), rate="3/hour")
    get = lambda token: client.get("/v1/jobs/x", headers=bearer(token))  # noqa: E731
    assert [get(plain).status_code for _ in range(2)] == [404, 429]
    assert [get(fast).status_code for _ in range(4)] == [404, 404, 404, 429], "clients do not share a quota"
    refused = get(fast)
    assert refused.get_json()["code"] == "quota_exceeded"
    assert 3_500 < int(refused.headers["Retry-After"]) <= 3_601


def test_rates_are_counted_behind_a_unix_socket_as_well(make_app: MakeApp) -> None:
    client = make_app(rate_limit="1/hour", redis_url="unix:///run/nowhere.sock").test_client()
    assert client.get("/v1/jobs/x").status_code == 404, "without a server no request is refused for its rate"


def test_anonymous_clients_may_be_limited_too(make_app: MakeApp) -> None:
    client = make_app(rate_limit="1/hour").test_client()
    assert [client.get("/v1/jobs/x").status_code for _ in range(2)] == [404, 429]
    assert client.get("/emotion_data").status_code == 200, "the live page is not counted"


def test_a_job_counts_as_many_as_it_has_images(make_app: MakeApp, jpeg: bytes) -> None:
    app = make_app(rate_limit="5/hour")
    client, other = app.test_client(), {"REMOTE_ADDR": "10.0.0.9"}
    send = lambda images, **more: client.post(  # noqa: E731
        "/v1/jobs",
        data=zipped({f"{number}.jpg": jpeg for number in range(images)}),
        content_type="application/zip",
        **more,
    )
    assert send(3).status_code == 202
    refused = send(3)
    assert (refused.status_code, refused.get_json()["code"]) == (429, "quota_exceeded")
    assert 3_500 < int(refused.headers["Retry-After"]) <= 3_601
    assert send(1).status_code == 202
    assert send(1).status_code == 429
    assert send(5, environ_overrides=other).status_code == 202


def test_a_job_that_a_rate_never_allows_is_told_so(make_app: MakeApp, jpeg: bytes) -> None:
    client = make_app(rate_limit="5/hour").test_client()
    archive = zipped({f"{number}.jpg": jpeg for number in range(6)})
    refused = client.post("/v1/jobs", data=archive, content_type="application/zip")
    assert (refused.status_code, refused.get_json()["code"]) == (413, "too_many_images")
    assert "5 per 1 hour" in refused.get_json()["error"]
    assert "Retry-After" not in refused.headers


def test_a_job_that_is_asked_for_again_counts_its_images_once(make_app: MakeApp, jpeg: bytes) -> None:
    client = make_app(rate_limit="5/hour").test_client()
    archive = zipped({f"{number}.jpg": jpeg for number in range(3)})
    statuses = [
        client.post(
            "/v1/jobs", data=archive, content_type="application/zip", headers={"Idempotency-Key": "k"}
        ).status_code
        for _ in range(4)
    ]
    assert statuses == [202, 202, 202, 429]


def logged(told: InOneLine, error: Exception) -> str:
    """What the log says of a record with this error; empty if nothing."""
    record = logging.LogRecord(
        "library", logging.ERROR, __file__, 1, "Swallowing error", None, (type(error), error, None)
    )
    return logging.Formatter("%(levelname)s %(message)s").format(record) if told.filter(record) else ""


def test_a_redis_that_does_not_count_is_told_in_one_line_and_not_for_every_request(clock: ManualClock) -> None:
    told, full = InOneLine(clock), ResponseError("MISCONF no space left")
    line = "WARNING requests are not counted to the rates of their clients: MISCONF no space left"
    assert [logged(told, full) for _ in range(3)] == [line, "", ""]
    clock.now += TOLD_EVERY_S
    assert logged(told, full) == line


def test_a_mistake_of_ours_keeps_its_traceback(clock: ManualClock) -> None:
    assert logged(InOneLine(clock), ValueError("ours")) == "ERROR Swallowing error\nValueError: ours"
