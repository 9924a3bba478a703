"""Addresses of Redis: their forms, and what one of Sentinels says.

    redis://[user:password@]host[:6379][/db][?…]        rediss:// over TLS
    unix:///path[?db=1]
    sentinel://[user:password@]host[:26379][,host…]/master-name[/db][?…]

User and password of the last are those of the servers. Behind its ``?`` may stand ``ssl=true`` for TLS to servers and
Sentinels, the options of ``rediss://`` (`TLS_OPTIONS`), ``sentinel_username`` and ``sentinel_password`` where the
Sentinels ask for them, and ``sentinel_ssl=false`` where they alone speak without TLS. Other characters than letters are
percent-encoded.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SENTINEL: Final = "sentinel://"
SENTINEL_PORT: Final = 26379
SENTINEL_S: Final = 0.5
"""How long a Sentinel may take to accept a connection, and then to answer, in seconds; the next one is asked then."""

TLS_OPTIONS: Final = (
    "ssl_cert_reqs",
    "ssl_check_hostname",
    "ssl_ca_certs",
    "ssl_ca_path",
    "ssl_certfile",
    "ssl_keyfile",
)
"""How a server is verified, and how a client shows who it is, in the query of an address."""
_SENTINEL_OPTIONS: Final = ("ssl", "sentinel_ssl", "sentinel_username", "sentinel_password", *TLS_OPTIONS)

_FORMS: Final = re.compile(r"rediss?://|unix:///[A-Za-z0-9_./-]+(\?db=\d+)?$|sentinel://")
_FORM: Final = "sentinel://[user:password@]host[:26379][,host…]/master-name[/db][?ssl=true&sentinel_password=…]"
_PLACE: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?")
_YES_NO: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class SentinelAddress:
    """Where the Sentinels are that know a master, and how both are spoken to."""

    sentinels: tuple[tuple[str, int], ...]
    """Host and port of each."""
    master: str
    """The name under which they know it."""
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls: Mapping[str, Any] | None = None
    """How servers are verified, as the driver takes it; none: without TLS."""
    sentinel_tls: bool = False
    """Whether the Sentinels speak TLS as well."""


def is_sentinel(url: str) -> bool:
    """Whether an address is one of Sentinels."""
    return url.startswith(SENTINEL)


def check_redis_url(url: str) -> str:
    """The same address, if it is one; ``ValueError`` with a sentence that does not repeat it says what is wrong."""
    if not _FORMS.match(url):
        raise ValueError(f"an address of Redis is redis://…, rediss://…, unix:///path or {_FORM}")
    if is_sentinel(url):
        parse_sentinel(url)
    return url


def parse_sentinel(url: str) -> SentinelAddress:
    """Take an address of Sentinels apart.

    Raises:
        ValueError: a sentence that says which part is wrong and does not repeat what may be secret.
    """
    rest, _, query = url.removeprefix(SENTINEL).partition("?")
    options = _options(query)
    credentials, _, places = rest.rpartition("@")
    places, _, path = places.partition("/")
    username, _, password = credentials.partition(":")
    master, _, db = path.partition("/")
    if not master:
        raise ValueError(f"the name of the master is missing behind the Sentinels: {_FORM}")
    if db and not db.isdecimal():
        raise ValueError("the database behind the name of the master is no number")
    tls = tls_options(options) if _yes(options, "ssl", default=False) else None
    return SentinelAddress(
        sentinels=tuple(_place(place) for place in places.split(",")),
        master=unquote(master),
        db=int(db or 0),
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
        tls=tls,
        sentinel_tls=tls is not None and _yes(options, "sentinel_ssl", default=True),
    )


def tls_options(given: Mapping[str, str]) -> dict[str, Any]:
    """How the server is verified, as an address's query says; in full if it says nothing."""
    verified = given.get("ssl_cert_reqs", "required").lower() not in {"none", "cert_none"}
    checked = verified and given.get("ssl_check_hostname", "true").lower() not in {"false", "0", "no"}
    requirement = ssl.CERT_REQUIRED if verified else ssl.CERT_NONE
    named = {name: value for name, value in given.items() if name.startswith("ssl_")}
    return {**named, "ssl_cert_reqs": requirement, "ssl_check_hostname": checked}


def tls_of(url: str) -> dict[str, Any]:
    """The same of a whole address of the form ``rediss://``."""
    return tls_options(dict(parse_qsl(urlsplit(url).query)))


def kombu_sentinels(address: SentinelAddress) -> str:
    """The address as kombu takes it: one for each Sentinel, with user, password and database of the servers."""
    credentials = ""
    if address.password is not None:
        credentials = f"{quote(address.username or '', safe='')}:{quote(address.password, safe='')}@"
    return ";".join(f"{SENTINEL}{credentials}{_written(host)}:{port}/{address.db}" for host, port in address.sentinels)


def sentinel_options(address: SentinelAddress) -> dict[str, Any]:
    """How a Sentinel is spoken to, as the driver takes it, and kombu and Flower hand it on."""
    options: dict[str, Any] = {"socket_connect_timeout": SENTINEL_S, "socket_timeout": SENTINEL_S}
    if address.sentinel_password is not None:
        options |= {"username": address.sentinel_username, "password": address.sentinel_password}
    if address.sentinel_tls and address.tls is not None:
        options |= {"ssl": True, **address.tls}
    return options


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if set(options).difference(_SENTINEL_OPTIONS):  # which is not told: it may be part of a password with a ? in it
        raise ValueError(f"behind the ? there are no other options than {', '.join(_SENTINEL_OPTIONS)}")
    return options


def _place(text: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError(f"between the commas there are host or host:port of each Sentinel: {_FORM}")
    port = int(found["port"] or SENTINEL_PORT)
    if not 0 < port < 65_536:
        raise ValueError(f"{port} is no port of a Sentinel")
    return found["host"].strip("[]"), port


def _yes(options: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = options.get(name)
    if text is None:
        return default
    if text.lower() not in _YES_NO:
        raise ValueError(f"{name} is true or false")
    return _YES_NO[text.lower()]
