"""API keys: none, wrong ones, and what their scopes allow."""

from base64 import b64encode

import pytest

from api.access.failures import Failures
from api.access.keys import ApiKeyStore
from api.http.scopes import Scope
from support.gateway import MakeApp, bearer


def test_without_a_key_no_client_gets_in_and_health_stays_open(make_app: MakeApp, jpeg: bytes) -> None:
    client = make_app(require_keys=True).test_client()
    for response in (client.get("/"), client.get("/metrics"), client.post("/detect_emotion", data=jpeg)):
        assert (response.status_code, response.get_json()["code"]) == (401, "unauthorized")
        challenges = response.headers.getlist("WWW-Authenticate")
        assert challenges == ['Basic realm="mien"', 'Bearer realm="mien"'], "a line each, or Chromium never asks"
    assert client.get("/livez").status_code == 200
    assert client.get("/healthz").get_json()["code"] == "not_ready"


def test_a_key_opens_what_its_scopes_say(make_app: MakeApp, api_keys: ApiKeyStore) -> None:
    client = make_app(require_keys=True).test_client()
    token = api_keys.create("phone", frozenset({Scope.ANALYZE}))
    assert client.get("/v1/jobs/never", headers=bearer(token)).status_code == 404
    refused = client.get("/metrics", headers=bearer(token))
    assert (refused.status_code, refused.get_json()["code"]) == (403, "forbidden")
    assert '"operate"' in refused.get_json()["error"]


def test_browsers_send_the_key_as_a_password(make_app: MakeApp, api_keys: ApiKeyStore) -> None:
    token = api_keys.create("me", frozenset({Scope.LIVE}))
    basic = b64encode(f"anything:{token}".encode()).decode()
    response = (
        make_app(require_keys=True).test_client().get("/", headers={"Authorization": f"Basic {basic}"}, buffered=True)
    )
    assert response.status_code == 200


@pytest.mark.parametrize("token", ["", "mien_x", "mien_000000000000_" + "A" * 43, "Ä"])
def test_wrong_keys_are_refused(make_app: MakeApp, token: str) -> None:
    response = make_app(require_keys=True).test_client().get("/v1/jobs/x", headers=bearer(token))
    assert response.status_code == 401


def test_a_changed_secret_and_a_revoked_key_are_refused(make_app: MakeApp, api_keys: ApiKeyStore) -> None:
    client = make_app(require_keys=True).test_client()
    token = api_keys.create("phone", frozenset({Scope.ANALYZE}))
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert client.get("/v1/jobs/x", headers=bearer(wrong)).status_code == 401
    assert api_keys.revoke(api_keys.all()[0].id)
    assert client.get("/v1/jobs/x", headers=bearer(token)).status_code == 401
    assert not api_keys.revoke("unheard-of")


@pytest.mark.parametrize("token", ["mien_x", "mien_000000000000_" + "A" * 43, "undefined"])
def test_a_wrong_key_is_refused_where_none_is_required(make_app: MakeApp, jpeg: bytes, token: str) -> None:
    client = make_app().test_client()
    for response in (
        client.post("/detect_emotion", data=jpeg, headers=bearer(token)),
        client.get("/emotion_data", headers=bearer(token)),
    ):
        assert (response.status_code, response.get_json()["code"]) == (401, "unauthorized")
    assert client.get("/livez", headers=bearer(token)).status_code == 200


def test_a_right_key_counts_where_none_is_required(make_app: MakeApp, api_keys: ApiKeyStore) -> None:
    client = make_app().test_client()
    token = api_keys.create("slow", frozenset({Scope.ANALYZE}), rate="1/hour")
    assert [client.get("/v1/jobs/x", headers=bearer(token)).status_code for _ in range(2)] == [404, 429]
    assert client.get("/metrics", headers=bearer(token)).status_code == 403
    assert [client.get("/v1/jobs/x").status_code for _ in range(3)] == [404, 404, 404]


def test_the_password_of_a_proxy_before_the_gateway_is_no_key(make_app: MakeApp) -> None:
    basic = b64encode(b"me:secret of the proxy").decode()
    client = make_app().test_client()
    assert client.get("/emotion_data", headers={"Authorization": f"Basic {basic}"}).status_code == 200
    wrong = b64encode(b"me:mien_x").decode()
    assert client.get("/emotion_data", headers={"Authorization": f"Basic {wrong}"}).status_code == 401


def test_many_wrong_keys_are_answered_slowly(
    make_app: MakeApp, api_keys: ApiKeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays: list[float] = []
    monkeypatch.setattr("api.app.Failures", lambda: Failures(delays.append))
    client = make_app(require_keys=True).test_client()
    assert [client.get("/v1/jobs/x", headers=bearer("mien_x")).status_code for _ in range(8)] == [401] * 8
    assert delays == [0.1, 0.2, 0.4]
    right = api_keys.create("phone", frozenset({Scope.ANALYZE}))
    assert client.get("/v1/jobs/x", headers=bearer(right)).status_code == 404
    assert len(delays) == 3, "only requests with a wrong key wait"


def test_all_addresses_of_an_ipv6_network_are_one_that_guesses(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays: list[float] = []
    monkeypatch.setattr("api.app.Failures", lambda: Failures(delays.append))
    client = make_app(require_keys=True).test_client()
    for host in range(8):
        peer = {"REMOTE_ADDR": f"2001:db8::{host}"}
        client.get("/v1/jobs/x", headers=bearer("mien_x"), environ_overrides=peer)
    assert delays == [0.1, 0.2, 0.4]
