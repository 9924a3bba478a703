"""``python -m api``: run the gateway, or manage its API keys."""

import argparse
import ipaddress
import logging
import sys
from functools import partial

from api.http.scopes import Scope
from api.promise import check_promise
from contracts.errors import ConfigurationError
from contracts.process import run_process
from contracts.settings import Settings

logger = logging.getLogger(__name__)


def main() -> int:
    """Do what the command line says. Returns the exit status."""
    arguments = _parser().parse_args()
    if arguments.command == "serve":
        return run_process("gateway", _serve)
    return run_process("gateway", partial(_manage, arguments), answers=True)


def _serve(settings: Settings) -> None:
    _check_exposure(settings)
    _tell_of_metrics(settings)
    check_promise(settings)
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
    published = [host.strip() for host in settings.published_host.split(",") if host.strip()]
    for host in filter(_is_reachable, published or [settings.host]):
        raise ConfigurationError(
            f"MIEN_HOST={host} can be reached by others, and no API keys are required. Set "
            "MIEN_REQUIRE_KEYS=true, or MIEN_ALLOW_ANONYMOUS=true if every client may use it.",
            field="host",
        )


def _tell_of_metrics(settings: Settings) -> None:
    """That port asks for no key; where a container's is published, it is not."""
    if settings.metrics_port and not settings.published_host and _is_reachable(settings.host):
        logger.info(
            "metrics are served without a key at port %d of MIEN_HOST=%s: let only Prometheus reach it",
            settings.metrics_port,
            settings.host,
        )


def _is_reachable(host: str) -> bool:
    """Whether other machines reach this address of ours."""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="The gateway of Mien.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    parser.set_defaults(command="serve")
    commands.add_parser("serve", help="run the gateway (what happens without a command)")
    keys = commands.add_parser("keys", help="manage API keys").add_subparsers(dest="action", required=True)
    create = keys.add_parser("create", help="make a key and print it; it cannot be shown again")
    create.add_argument("name", help="whose key it is")
    create.add_argument(
        "--scope", action="append", choices=[scope.value for scope in Scope], help="may be repeated; default: analyze"
    )
    create.add_argument("--rate", default="", help="requests allowed, such as 60/minute; default: MIEN_RATE_LIMIT")
    create.add_argument("--expires", type=_duration, metavar="TIME", help="such as 90d, 24h or 30m; default: never")
    keys.add_parser("list", help="list all keys, with their last use")
    rotate = keys.add_parser("rotate", help="give a key a new token and print it; id, jobs and rate stay")
    rotate.add_argument("id")
    rotate.add_argument(
        "--overlap", type=_duration, default="24h", metavar="TIME", help="how long the old token is good as well"
    )
    keys.add_parser("revoke", help="make a key worthless").add_argument("id")
    audit = keys.add_parser("audit", help="what became of keys, and refused requests, as lines of JSON")
    audit.add_argument("--last", type=int, default=100, metavar="COUNT", help="default: 100")
    audit.add_argument("--changes", action="store_true", help="only what became of keys, no refused requests")
    hooks = commands.add_parser("webhooks", help="webhooks").add_subparsers(dest="action", required=True)
    secret = hooks.add_parser("secret", help="print the secret that signs them")
    new = hooks.add_parser("rotate", help="make a new secret and print it")
    for parsed in (secret, new):
        parsed.add_argument("--key", default="", metavar="ID", help="of this API key; default: of jobs without a key")
    new.add_argument(
        "--overlap", type=_duration, default="24h", metavar="TIME", help="how long the old one signs as well"
    )
    erase = commands.add_parser("erase", help="erase finished jobs before their time, or what is kept of a camera")
    chosen = erase.add_mutually_exclusive_group(required=True)
    chosen.add_argument(
        "--older-than",
        type=_duration,
        metavar="TIME",
        help="jobs that ended longer ago, as 90s, 15m, 6h or 2d; 0s: all",
    )
    chosen.add_argument("--client", metavar="ID", help="jobs made with this API key (`keys list` shows ids)")
    chosen.add_argument("--camera", metavar="NAME", help="frames and analyses of this camera")
    return parser


def _duration(text: str) -> float:
    """Seconds, from a number and its unit."""
    units = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in units:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 90s, 15m, 6h or 2d")
    return float(number) * units[unit]


if __name__ == "__main__":
    sys.exit(main())
