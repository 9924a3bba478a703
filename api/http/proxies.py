"""Whose a request is, behind proxies: what they forward of its client is believed of trusted ones only.

A proxy adds the address that called it to the end of ``X-Forwarded-For``. So the client's is the last one there that is
not a trusted proxy's itself; what stands before it the client may have written.
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from contracts.addresses import parse_networks

_SCHEMES: Final = frozenset({"http", "https"})


class TrustedProxies:
    """Networks whose machines forward requests of others."""

    def __init__(self, setting: str) -> None:
        """Networks and addresses separated by commas; empty: none.

        Raises:
            ConfigurationError: one of them is no network.
        """
        self._networks = parse_networks(setting, "trusted_proxies")

    def trust(self, address: str) -> bool:
        """Whether this address is a trusted proxy's."""
        if not self._networks:
            return False
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def client(self, address: str, forwarded: str) -> str:
        """The address of the client.

        Args:
            address: of the other end of the connection.
            forwarded: the header ``X-Forwarded-For``.
        """
        for text in reversed(forwarded.split(",")):
            if not self.trust(address):
                break
            parsed = _parsed(text.strip())
            if parsed is None:  # not the work of a proxy that can be trusted
                break
            address = str(parsed)
        return address


class ForwardedMiddleware:
    """Gives the application the client's address and scheme in place of a trusted proxy's."""

    def __init__(self, app: Callable[..., Iterable[bytes]], proxies: TrustedProxies) -> None:
        """Wrap an application."""
        self._app, self._proxies = app, proxies

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request."""
        address = str(environ.get("REMOTE_ADDR", ""))
        if self._proxies.trust(address):
            environ["REMOTE_ADDR"] = self._proxies.client(address, _header(environ, "HTTP_X_FORWARDED_FOR"))
            scheme = _header(environ, "HTTP_X_FORWARDED_PROTO").rpartition(",")[2].strip().lower()
            if scheme in _SCHEMES:
                environ["wsgi.url_scheme"] = scheme
        return self._app(environ, start_response)


def _header(environ: Mapping[str, Any], name: str) -> str:
    return str(environ.get(name, ""))


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, with or without a port; one that is IPv4 written as IPv6 is that."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address
