"""Addresses of Redis: what those of Sentinels say, and which are none."""

import ssl

import pytest

from contracts.redis_address import check_redis_url, is_sentinel, kombu_sentinels, parse_sentinel


def test_an_address_of_sentinels_names_them_the_master_and_its_user() -> None:
    found = parse_sentinel("sentinel://mien:p%40ss%2F@one:1,two,[::1]:3/main/2")
    assert found.sentinels == (("one", 1), ("two", 26379), ("::1", 3))
    assert (found.master, found.db, found.username, found.password) == ("main", 2, "mien", "p@ss/")
    assert found.tls is None
    assert not found.sentinel_tls


def test_a_password_may_stand_without_a_user_and_without_quotes() -> None:
    found = parse_sentinel("sentinel://:a@b/c,d@one/main")
    assert (found.username, found.password, found.sentinels) == (None, "a@b/c,d", (("one", 26379),))


def test_sentinels_have_a_user_of_their_own_and_speak_tls_as_the_servers_do_unless_told_otherwise() -> None:
    found = parse_sentinel(
        "sentinel://one/main?ssl=true&ssl_ca_certs=/ca.pem&sentinel_username=u&sentinel_password=%26"
    )
    assert found.tls == {"ssl_ca_certs": "/ca.pem", "ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    assert (found.sentinel_tls, found.sentinel_username, found.sentinel_password) == (True, "u", "&")
    plain = parse_sentinel("sentinel://one/main?ssl=true&ssl_cert_reqs=none&sentinel_ssl=false")
    assert plain.tls is not None
    assert (plain.tls["ssl_cert_reqs"], plain.sentinel_tls) == (ssl.CERT_NONE, False)


def test_what_is_secret_is_not_shown() -> None:
    assert "secret" not in repr(parse_sentinel("sentinel://:secret@one/main?sentinel_password=secret"))


def test_kombu_reads_the_same() -> None:
    assert kombu_sentinels(parse_sentinel("sentinel://:a%2Fb@one,[::1]:3/main")) == (
        "sentinel://:a%2Fb@one:26379/0;sentinel://:a%2Fb@[::1]:3/0"
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://one", "an address of Redis is"),
        ("sentinel://one", "name of the master is missing"),
        ("sentinel://one/", "name of the master is missing"),
        ("sentinel:///main", "between the commas"),
        ("sentinel://one,,two/main", "between the commas"),
        ("sentinel://one:x/main", "between the commas"),
        ("sentinel://one:70000/main", "no port"),
        ("sentinel://one:0/main", "no port"),
        ("sentinel://one/main/db", "no number"),
        ("sentinel://one/main?tls=true", "no other options than ssl"),
        ("sentinel://one/main?ssl=perhaps", "ssl is true or false"),
        ("sentinel://one/main?ssl=true&sentinel_ssl=", "sentinel_ssl is true or false"),
    ],
)
def test_what_is_no_address_is_told_by_the_part_that_is_wrong(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_redis_url(url)


@pytest.mark.parametrize(
    "url", ["redis://one", "rediss://:p@one:1/2?ssl_ca_certs=x", "unix:///s?db=1", "sentinel://a/m"]
)
def test_every_form_is_taken(url: str) -> None:
    assert check_redis_url(url) == url
    assert is_sentinel(url) == url.startswith("sentinel")
