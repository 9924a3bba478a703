"""Addresses: which of them webhooks may reach, which are one client, and how one is shown without its password.

Webhooks reach public addresses, and those that the operator has allowed.

A webhook's address comes from a client. Were it called without a check, any client could have a worker call
the services of its own network.
"""

import ipaddress
import re
import socket
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from contracts.errors import ConfigurationError, WebhookRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: another way of writing any IPv4 address
_LOOPBACK = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is public in IPv6; outside lie more ways of writing IPv4 addresses, which `is_global` takes for public."""
_RESERVED = tuple(
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "3fff::/20", "192.88.99.0/24", "168.63.129.16/32")
)
"""For protocols, documentation and relays, which `is_global` takes for public; Oracle's cloud has its metadata in the
first, Azure's virtual machines are served by the last."""
_SETTING = "MIEN_WEBHOOK_NETWORKS"
_NETWORK_BITS = 64
"""Of an IPv6 address: a client has all addresses of its network."""


def parse_networks(text: str, setting: str) -> list[Network]:
    """Parse networks and addresses separated by commas; empty: none.

    Args:
        text: the value of the setting.
        setting: its name, without prefix, for the error.

    Raises:
        ConfigurationError: one of them is no network.
    """
    try:
        return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise ConfigurationError(f"MIEN_{setting.upper()}: {error}.", field=setting) from error


class AddressPolicy:
    """Decides about addresses; resolves nothing itself."""

    def __init__(self, allowed: str) -> None:
        """Parse the setting, networks separated by commas.

        Raises:
            ConfigurationError: one of them is no network.
        """
        self._allowed = parse_networks(allowed, "webhook_networks")

    def permits(self, address: Address) -> bool:
        """Whether this address may be called."""
        if isinstance(address, ipaddress.IPv6Address):
            inner = address.ipv4_mapped or address.sixtofour
            if inner is not None:
                return self.permits(inner)
            if address in _TRANSLATED:
                return self.permits(ipaddress.IPv4Address(address.packed[-4:]))
            if address.teredo is not None:
                return False
        if any(address in network for network in self._allowed):
            return True
        if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
            return False
        return address.is_global and not address.is_multicast and not any(address in network for network in _RESERVED)

    def check_url(self, url: str) -> SplitResult:
        """Refuse what can be refused without asking a name server.

        Raises:
            WebhookRefused: not HTTP, with a password in it, or a literal address that may not be called.
        """
        if not re.fullmatch(r"[!-~]+", url):
            raise WebhookRefused(
                "A webhook's address has only printable ASCII in it; encode the rest.", field="webhook"
            )
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
            (host or "").encode("idna")  # as the resolver will, which raises the same for an empty or long label
        except ValueError as error:
            raise WebhookRefused(f"The webhook's address is damaged: {error}.", field="webhook") from error
        if parts.scheme not in {"http", "https"} or not host:
            raise WebhookRefused("A webhook needs an http or https address.", field="webhook")
        if parts.username or parts.password:
            raise WebhookRefused("A webhook's address must not have a password in it.", field="webhook")
        address = _literal(host)
        if address is None:
            self._check_name(host)
            return parts
        if not self.permits(address):
            raise WebhookRefused(f"{host} is not a public address, and not in {_SETTING}.", field="webhook")
        return parts

    def _check_name(self, host: str) -> None:
        """Refuse the names of this very machine, which no name server is asked for (RFC 6761)."""
        if host.rstrip(".").split(".")[-1] == "localhost" and not any(map(self.permits, _LOOPBACK)):
            raise WebhookRefused(
                f"{host} is this machine itself; its operator may allow it with {_SETTING}.", field="webhook"
            )


def _literal(host: str) -> Address | None:
    """The address that a host is in itself; None for a name.

    Resolvers read IPv4 addresses as `inet_aton` does: ``127.1``, ``0x7f000001`` and ``2130706433`` are this machine.
    """
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    with suppress(OSError):
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    return None


def client_network(address: str) -> str:
    """What counts as one client: an IPv4 address, or the network of an IPv6 address."""
    if ":" not in address:
        return address
    parsed = ipaddress.IPv6Address(address.partition("%")[0])
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _NETWORK_BITS), strict=False))


def host_of(url: str) -> str:
    """Scheme and host, all that may be told of a camera's address: makers put passwords into paths and queries, too.

    What cannot be taken apart, as a password with a slash in it, is cut behind its last ``@``.
    """
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest.rpartition('@')[2], maxsplit=1)[0]}"


def without_password(url: str) -> str:
    """The address as it may stand in a log: user name and password left out, and passwords behind the ``?``."""
    scheme, separator, rest = url.partition("://")
    place, question, query = rest.rpartition("@")[2].partition("?")
    told = "&".join(part for part in query.split("&") if "password" not in part.partition("=")[0].lower())
    return f"{scheme}{separator}{place}{question if told else ''}{told}"
