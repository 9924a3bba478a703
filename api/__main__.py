"""``python -m api``: run the gateway, or manage its API keys."""

import argparse
import ipaddress
import re
import sys
from functools import partial
from typing import Final

from contracts.errors import ConfigurationError
from contracts.process import run_process
from contracts.settings import Settings

_UNITS: Final = {"m": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION: Final = re.compile(r"(\d{1,5})([mhd])")


def main() -> int:
    """Do what the command line says. Returns the exit status."""
    arguments = _parser().parse_args()
    return run_process("gateway", _serve if arguments.command == "serve" else partial(_manage, arguments))


def _serve(settings: Settings) -> None:
    _check_exposure(settings)
    from api.server import Gateway

    Gateway(settings).run()


def _manage(arguments: argparse.Namespace, settings: Settings) -> None:
    from api import cli

    cli.run(arguments, settings)


def _check_exposure(settings: Settings) -> None:
    """Listening where other machines reach the gateway, without keys, has to be the operator's decision.

    Raises:
        ConfigurationError: the operator has not decided so.
    """
    if settings.require_keys or settings.allow_anonymous:
        return
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = settings.host == "localhost"
    if not loopback:
        raise ConfigurationError(
            f"MIEN_HOST={settings.host} can be reached by others, and no API keys are required. Set "
            "MIEN_REQUIRE_KEYS=true, or MIEN_ALLOW_ANONYMOUS=true if every client may use it.",
            field="host",
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="The gateway of Mien.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    parser.set_defaults(command="serve")
    commands.add_parser("serve", help="run the gateway (what happens without a command)")
    keys = commands.add_parser("keys", help="manage API keys").add_subparsers(dest="action", required=True)
    create = keys.add_parser("create", help="make a key and print it; it cannot be shown again")
    create.add_argument("name", help="whose key it is")
    create.add_argument(
        "--scope", action="append", choices=["analyze", "live", "operate"], help="may be repeated; default: analyze"
    )
    create.add_argument("--rate", default="", help="requests allowed, such as 60/minute; default: MIEN_RATE_LIMIT")
    create.add_argument("--expires", type=_seconds, metavar="TIME", help="such as 90d, 24h or 30m; default: never")
    keys.add_parser("list", help="list all keys, with their last use")
    rotate = keys.add_parser("rotate", help="give a key a new token and print it; id, jobs and rate stay")
    rotate.add_argument("id")
    rotate.add_argument(
        "--overlap", type=_seconds, default="24h", metavar="TIME", help="how long the old token is good as well"
    )
    keys.add_parser("revoke", help="make a key worthless").add_argument("id")
    audit = keys.add_parser("audit", help="what became of keys, and refused requests, as lines of JSON")
    audit.add_argument("--last", type=int, default=100, metavar="COUNT", help="default: 100")
    hooks = commands.add_parser("webhooks", help="webhooks").add_subparsers(dest="action", required=True)
    hooks.add_parser("secret", help="print the secret that signs them")
    return parser


def _seconds(text: str) -> float:
    """A duration as it is written on the command line.

    Raises:
        ArgumentTypeError: it is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text}: write it like 90d, 24h, 30m or 0m")
    return int(match[1]) * _UNITS[match[2]]


if __name__ == "__main__":
    sys.exit(main())
