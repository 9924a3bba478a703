"""One role on Heroku: ``python -m deploy.heroku web``, which is what the ``Procfile`` runs.

The platform says where to listen (``PORT``) and where Redis is (``REDIS_URL``) in names of its own, and gives a process
30 seconds to end. This turns it into settings, and then becomes the role's process. Settings that are set already stay.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from contracts.errors import ConfigurationError
from contracts.process import EXIT_CONFIGURATION

COMMANDS: Final = {
    "web": ("api",),
    "worker": ("workers",),
    "capture": ("capture",),
    "keys": ("api", "keys"),
    "webhooks": ("api", "webhooks"),
    "erase": ("api", "erase"),
    "mien": ("operate",),
}
"""Word → module, and what is to be said to it; what follows the word on the command line goes there as well."""

_COMMON: Final = {
    # A process that was told to end is killed after 30 s, and a request without an answer is given up after 30 s.
    "MIEN_JOB_TIME_LIMIT_S": "25",
    "MIEN_MAX_WAIT_S": "25",
}
# Only the platform's router reaches what listens there.
_ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 # nosec B104
_WEB: Final = {
    "MIEN_HOST": _ALL_ADDRESSES,
    # The router passes on what is addressed to this application alone; names of your own have to be set.
    "MIEN_ALLOWED_HOSTS": "*.herokuapp.com",
    "MIEN_TRUSTED_PROXIES": "10.0.0.0/8",  # where that router is
}


def main(argv: Sequence[str] | None = None) -> int:
    """Become the process that the word on the command line means. Returns the exit status if that cannot be."""
    word, *rest = (sys.argv[1:] if argv is None else list(argv)) or [""]
    if word not in COMMANDS:
        print(f"usage: python -m deploy.heroku {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        return EXIT_CONFIGURATION
    module, *given = COMMANDS[word]
    command = [sys.executable, "-m", module, *given, *rest]
    try:
        os.execve(sys.executable, command, {**os.environ, **settings_for(word, os.environ)})  # noqa: S606 - no shell
    except ConfigurationError as error:
        print(f"mien {word}: {error}", file=sys.stderr)
    return EXIT_CONFIGURATION


def settings_for(word: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that follow from what the platform says, and are not set.

    Args:
        word: one of `COMMANDS`.
        environment: the process's.

    Raises:
        ConfigurationError: the platform does not say where Redis is, or where to listen.
    """
    found = {**_COMMON, **_servers(environment)}
    if word == "web":
        found |= {**_WEB, "MIEN_PORT": _port(environment)}
    return {name: value for name, value in found.items() if not environment.get(name)}


def _port(environment: Mapping[str, str]) -> str:
    port = environment.get("MIEN_PORT") or environment.get("PORT")
    if not port:
        raise ConfigurationError("PORT is not set: Heroku sets it for `web`; elsewhere say PORT=5000.", field="port")
    return port


def _servers(environment: Mapping[str, str]) -> dict[str, str]:
    if not environment.get("MIEN_REDIS_URL") and not environment.get("REDIS_URL"):
        raise ConfigurationError(
            "REDIS_URL is not set: add a Redis with `heroku addons:create heroku-redis:premium-0`.", field="redis_url"
        )
    named = {"MIEN_REDIS_URL": "REDIS_URL", "MIEN_FRAME_REDIS_URL": "FRAME_REDIS_URL"}
    return {setting: _address(environment[name]) for setting, name in named.items() if environment.get(name)}


def _address(url: str) -> str:
    """The address with what the platform's certificates need, which are signed by themselves.

    What is sent is encrypted; who answers is not verified. An address that says what to verify stays as it is.
    """
    parts = urlsplit(url)
    if parts.scheme != "rediss" or "ssl_cert_reqs" in parts.query:
        return url
    return parts._replace(query="&".join(filter(None, [parts.query, "ssl_cert_reqs=none"]))).geturl()


if __name__ == "__main__":
    sys.exit(main())
