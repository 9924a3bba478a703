"""Names that lead to the gateway, and names that a page has let lead there."""

import pytest

from support.gateway import MakeApp


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:5000", "localhost.", "page.localhost:5000", "127.0.0.1:5000", "192.168.1.7:5000"),
        *("[::1]:5000", "[2001:db8::7]", "10.1.2.3"),
    ],
)
def test_addresses_and_the_machines_own_names_are_allowed(make_app: MakeApp, host: str) -> None:
    assert make_app().test_client().get("/emotion_data", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:5000", "localhost.evil.example", "evillocalhost", "a:b:1", ""]
)
@pytest.mark.parametrize("address", ["/emotion_data", "/", "/ping", "/nowhere", "/video_feed"])
def test_a_rebound_name_reads_nothing_and_is_told_the_setting(make_app: MakeApp, host: str, address: str) -> None:
    for settings in ({}, {"require_keys": True}, {"allowed_hosts": "mien.example.com,*.lan"}):
        response = make_app(**settings).test_client().get(address, headers={"Host": host})
        assert (response.status_code, response.get_json()["code"]) == (403, "cross_site")
        assert "MIEN_ALLOWED_HOSTS" in response.get_json()["error"]


@pytest.mark.parametrize(
    ("setting", "host", "allowed"),
    [
        ("mien.example.com", "mien.example.com", True),
        ("mien.example.com", "Mien.Example.com.:443", True),
        ("mien.example.com", "a.mien.example.com", False),
        ("*.lan, gateway", "camera.lan:5000", True),
        ("*.lan, gateway", "gateway:5000", True),
        ("*.lan, gateway", "lan", False),
        ("*", "anything.example", True),
        ("mien.example.com", "127.0.0.1", True),
    ],
)
def test_an_operator_may_allow_names(make_app: MakeApp, setting: str, host: str, allowed: bool) -> None:
    client = make_app(allowed_hosts=setting).test_client()
    assert client.get("/ping", headers={"Host": host}).status_code == (200 if allowed else 403)


def test_the_name_to_listen_on_is_one_of_its_own(make_app: MakeApp) -> None:
    client = make_app(host="mien.internal").test_client()
    assert client.get("/ping", headers={"Host": "mien.internal:5000"}).status_code == 200
