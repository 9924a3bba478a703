"""Settings: wrong ones, misspelt ones, and those that let in whom nobody invited."""

import ipaddress
import os
import re
from collections.abc import Iterator, MutableMapping
from typing import Final

from contracts.errors import ConfigurationError
from contracts.settings import Settings, load_settings
from contracts.unknown_settings import unknown_settings
from operate.doctor.finding import Finding, or_ok, problem, warning

_NAMED: Final = re.compile(r"\bMIEN_[A-Z0-9_]+")
_SHORT_PASSWORD: Final = 8


def read_settings(environment: MutableMapping[str, str] = os.environ) -> tuple[Settings, list[Finding]]:
    """The settings, and what is wrong with them: such have their defaults here, so that all else is looked at.

    Args:
        environment: from which wrong ones are taken out.
    """
    findings = list[Finding]()
    try:
        settings = load_settings()
    except ConfigurationError as error:
        for fault in str(error).removeprefix("Wrong settings: ").split("; "):
            findings.append(
                problem("settings", f"{fault.rstrip('.')}.", "Set it as docs/settings.md says, or unset it.")
            )
        for name in set(_NAMED.findall(str(error))):
            environment.pop(name, None)
        settings = _others()
    for sentence in unknown_settings(environment).values():
        said, _, hint = sentence.partition("; ")
        findings.append(warning("settings", f"{said}.", f"{hint[0].upper()}{hint[1:]}"))
    return settings, list(or_ok("settings", findings, "All can be read, and no name is misspelt."))


def _others() -> Settings:
    try:
        return load_settings()
    except ConfigurationError:  # what is wrong stands in a file of a secret
        settings = Settings.model_construct()
        return settings.model_copy(update={"frame_redis_url": settings.redis_url})  # as an empty one means


def check_exposure(settings: Settings) -> Iterator[Finding]:
    """Who can reach the gateway, and whether keys are asked for."""
    hosts = (settings.published_host or settings.host).split(",")
    public = [host.strip() for host in hosts if host.strip() and not _own(host.strip())]
    found = list[Finding]()
    if public and not settings.require_keys and not settings.allow_anonymous:
        says = f"Others can reach {public[0]}, and no keys are required: the gateway will not start."
        found.append(problem("access", says, "Set MIEN_REQUIRE_KEYS=true, or MIEN_ALLOW_ANONYMOUS=true."))
    elif public and not settings.require_keys:
        says = f"Everybody who can reach {public[0]} may use this service, without a key."
        found.append(warning("access", says, "Set MIEN_REQUIRE_KEYS=true unless that is what you want."))
    if settings.metrics_port and settings.require_keys and not settings.published_host and not _own(settings.host):
        says = f"Who can reach {settings.host} reads metrics at port {settings.metrics_port} without a key."
        do = (
            "Let only Prometheus reach that port (a firewall, a policy of the network), or leave MIEN_METRICS_PORT out."
        )
        found.append(warning("access", says, do))
    if 0 < len(settings.flower_password) < _SHORT_PASSWORD:
        says = f"Flower's password has fewer than {_SHORT_PASSWORD} characters."
        found.append(warning("access", says, "Take a longer MIEN_FLOWER_PASSWORD; `make secrets` makes one."))
    keys = "keys are required" if settings.require_keys else "no keys are required"
    yield from or_ok("access", found, f"{'Others can' if public else 'Only this machine can'} reach it; {keys}.")


def _own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
