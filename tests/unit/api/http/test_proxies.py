"""Addresses and schemes that proxies forward: believed of trusted ones only."""

from typing import Any

import pytest

from api.access.keys import ApiKeyStore
from api.http.proxies import ForwardedMiddleware, TrustedProxies
from contracts.addresses import client_network
from contracts.errors import ConfigurationError
from support.gateway import MakeApp, bearer


@pytest.mark.parametrize(
    ("setting", "peer", "forwarded", "client"),
    [
        ("", "127.0.0.1", "6.6.6.6", "127.0.0.1"),
        ("10.0.0.0/8", "127.0.0.1", "6.6.6.6", "127.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.0/8", "10.0.0.1", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.0/8", "10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("10.0.0.0/8", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.0/8", "10.0.0.1", "6.6.6.6, nonsense", "10.0.0.1"),
        ("10.0.0.1", "::ffff:10.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("fd00::/8, 127.0.0.1", "fd00::1", "[2001:db8::7]:4711", "2001:db8::7"),
    ],
)
def test_the_client_is_the_last_that_is_no_trusted_proxy(setting: str, peer: str, forwarded: str, client: str) -> None:
    seen: dict[str, Any] = {}
    app = ForwardedMiddleware(lambda environ, _: seen.update(environ) or [], TrustedProxies(setting))
    app({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded, "wsgi.url_scheme": "http"}, lambda *_: None)
    assert seen["REMOTE_ADDR"] == client


@pytest.mark.parametrize(
    ("setting", "forwarded", "scheme"),
    [
        ("", "https", "http"),
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "gopher", "http"),
        ("127.0.0.1", "", "http"),
    ],
)
def test_a_scheme_is_believed_of_trusted_proxies_only(setting: str, forwarded: str, scheme: str) -> None:
    seen: dict[str, Any] = {}
    app = ForwardedMiddleware(lambda environ, _: seen.update(environ) or [], TrustedProxies(setting))
    app({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_PROTO": forwarded, "wsgi.url_scheme": "http"}, lambda *_: None)
    assert seen["wsgi.url_scheme"] == scheme


def test_a_network_that_is_none_is_told() -> None:
    with pytest.raises(ConfigurationError, match="MIEN_TRUSTED_PROXIES"):
        TrustedProxies("10.0.0.1/8")


def test_anonymous_clients_behind_a_proxy_are_not_one(make_app: MakeApp) -> None:
    client = make_app(rate_limit="1/hour", trusted_proxies="127.0.0.1").test_client()
    get = lambda address: client.get("/v1/jobs/x", headers={"X-Forwarded-For": address}).status_code  # noqa: E731
    assert [get("203.0.113.7"), get("203.0.113.7"), get("203.0.113.8")] == [404, 429, 404]


def test_a_client_cannot_choose_its_address(make_app: MakeApp, api_keys: ApiKeyStore) -> None:
    client = make_app(rate_limit="1/hour").test_client()
    get = lambda address: client.get("/v1/jobs/x", headers={"X-Forwarded-For": address}).status_code  # noqa: E731
    assert [get("203.0.113.7"), get("203.0.113.8")] == [404, 429]
    client.get("/v1/jobs/x", headers=bearer("mien_x") | {"X-Forwarded-For": "203.0.113.7"})
    assert api_keys.audit.newest(1)[0].by == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_a_client_has_all_addresses_of_its_network(address: str, client: str) -> None:
    assert client_network(address) == client
