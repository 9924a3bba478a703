"""Which addresses webhooks may reach, and how an address is shown."""

import ipaddress

import pytest

from contracts.addresses import AddressPolicy, without_password
from contracts.errors import ConfigurationError, WebhookRefused

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "192.168.0.1",
    "0.0.0.0",
    "100.64.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "fec0::1",
    "192.0.0.192",
    "168.63.129.16",
    "192.88.99.1",
]
DISGUISED = [
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "224.0.0.1",
    "2001:0:7f00:1::1",
    "::7f00:1",
    "::ffff:0:7f00:1",
]


@pytest.mark.parametrize("address", [*PRIVATE, *DISGUISED])
def test_addresses_that_are_not_public_are_refused_however_they_are_written(address: str) -> None:
    assert not AddressPolicy("").permits(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert AddressPolicy("").permits(ipaddress.ip_address(address))


def test_the_operator_may_allow_networks() -> None:
    policy = AddressPolicy("10.0.0.0/8, fd00::/8")
    assert policy.permits(ipaddress.ip_address("10.1.2.3"))
    assert not policy.permits(ipaddress.ip_address("192.168.0.1"))
    with pytest.raises(ConfigurationError, match="MIEN_WEBHOOK_NETWORKS"):
        AddressPolicy("10.0.0.0/33")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "http://user:secret@example.com/",
        "http:///x",
        "http://[::1]/",
        "http://x:99999/",
        "http://example..com/",
        f"http://{'a' * 64}.com/",
        "http://example.com/é",
        "http://example.com/a b",
    ],
)
def test_addresses_are_looked_at_before_they_are_stored(url: str) -> None:
    with pytest.raises(WebhookRefused):
        AddressPolicy("").check_url(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@broker:6379/0", "redis://broker:6379/0"),
        ("rtsp://anna:s@cret@10.0.0.7/live?x=1", "rtsp://10.0.0.7/live?x=1"),
        ("http://127.0.0.1:9/stream", "http://127.0.0.1:9/stream"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("redis://broker:6379/0?password=secret&db=1", "redis://broker:6379/0?db=1"),
        ("sentinel://u:p%40@a,b:1/mien/0?ssl=true&sentinel_password=secret", "sentinel://a,b:1/mien/0?ssl=true"),
        ("sentinel://[::1]:1,[::2]/mien?sentinel_password=secret", "sentinel://[::1]:1,[::2]/mien"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "mien.localhost"])
def test_a_webhook_to_this_machine_is_refused_at_once_unless_its_operator_allows_it(host: str) -> None:
    with pytest.raises(WebhookRefused, match="MIEN_WEBHOOK_NETWORKS"):
        AddressPolicy("").check_url(f"http://{host}:8000/done")
    AddressPolicy("127.0.0.0/8").check_url(f"http://{host}:8000/done")


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "10.1", "127.0.0.1.", "127.1."]
)
def test_an_address_in_the_ways_that_resolvers_read_is_refused_at_once(host: str) -> None:
    with pytest.raises(WebhookRefused, match="MIEN_WEBHOOK_NETWORKS"):
        AddressPolicy("").check_url(f"http://{host}/done")
    AddressPolicy("0.0.0.0/0").check_url(f"http://{host}/done")


@pytest.mark.parametrize("host", ["1572395042", "0x5db8d822", "93.12113954", "7.example.com", "0x7f.example"])
def test_one_that_is_public_and_names_that_begin_alike_are_accepted(host: str) -> None:
    AddressPolicy("").check_url(f"http://{host}/done")


def test_what_is_not_public_is_refused_with_the_name_of_the_setting() -> None:
    with pytest.raises(WebhookRefused, match="MIEN_WEBHOOK_NETWORKS"):
        AddressPolicy("").check_url("http://10.0.0.1/")
