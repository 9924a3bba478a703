"""Names under which a gateway is called: those that lead to it by its operator's will.

A page of any origin may let a name of its own lead to this machine (DNS rebinding); the browser then takes the gateway
for a part of that page and lets it read everything. Such a request carries that name in its ``Host`` header. An address
in numbers cannot be rebound, so it needs no permission.
"""

import ipaddress
import re
import socket
from typing import Final

from flask import Flask, request

from contracts.errors import CrossSite
from contracts.settings import Settings

_PORT: Final = re.compile(r":\d*$")
_SHOWN: Final = 100


class Hosts:
    """Decides about names; resolves none."""

    def __init__(self, settings: Settings) -> None:
        """The machine's own names are allowed, and those of the setting; ``*`` allows all."""
        given = [name.strip().lower().rstrip(".") for name in settings.allowed_hosts.split(",") if name.strip()]
        machine = socket.gethostname().lower()
        self._any = "*" in given
        self._exact = {"localhost", machine, f"{machine}.local", settings.host.lower(), *given}
        self._endings = (".localhost", *(name[1:] for name in given if name.startswith("*.")))

    def allow(self, host: str) -> bool:
        """Whether a gateway may be called by this ``Host``, with or without a port."""
        name = _PORT.sub("", host).lower().rstrip(".")
        return self._any or _is_address(name) or name in self._exact or name.endswith(self._endings)


def check_hosts(app: Flask, settings: Settings) -> None:
    """Refuse requests that call the gateway by another name. Requests without a name are of no browser."""
    hosts = Hosts(settings)

    def check() -> None:
        host = request.headers.get("Host")
        if host is not None and not hosts.allow(host):
            raise CrossSite(
                f'This gateway does not answer to the name "{host[:_SHOWN]}". If it leads here by your will, add it to '
                "MIEN_ALLOWED_HOSTS.",
                field="Host",
            )

    app.before_request(check)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
