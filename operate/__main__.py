"""``mien``, and ``python -m operate``: the command of those who operate Mien."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final, NoReturn

from contracts.process import EXIT_CONFIGURATION, PROJECT, run_process
from contracts.settings import Settings
from operate.commands import backup, doctor, jobs, networks, queues, restore, version, webhooks, workers

COMMANDS: Final = (doctor, queues, jobs, workers, networks, webhooks, backup, restore, version)
"""One module a word, in the order in which ``mien --help`` shows them."""

OF_GATEWAY: Final = {
    ("keys",): "API keys: create, list, rotate, revoke, audit",
    ("erase",): "erase finished jobs before their time, or what is kept of a camera",
    ("webhooks", "secret"): "print the secret that signs webhooks",
    ("webhooks", "rotate"): "make a new secret and print it",
}
"""Words that ``python -m api`` carries out, with what they do: whoever has no gateway installed does not have them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says. Returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if any(tuple(words[: len(first)]) == first for first in OF_GATEWAY):
        _hand_over(words)
    arguments = _parser().parse_args(words)
    if getattr(arguments, "reads_settings", False):
        return int(arguments.run(arguments))
    status = 0

    def work(settings: Settings) -> None:
        nonlocal status
        status = arguments.run(arguments, settings)

    return run_process(PROJECT, work, answers=True) or status


def _hand_over(words: Sequence[str]) -> NoReturn:
    """Become the gateway's own command, which knows its stores."""
    if find_spec("api") is None:
        print(f"{PROJECT}: {words[0]} needs the gateway, which is not installed here; run it there.", file=sys.stderr)
        raise SystemExit(EXIT_CONFIGURATION)
    # `mien` itself does not look into the current folder for packages, where another `api` may lie: nor is this to.
    safe = [] if sys.path[0] in {"", os.getcwd()} else ["-P"]
    os.execv(sys.executable, [sys.executable, *safe, "-m", "api", *words])  # noqa: S606 - words of the user's own line


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mien",
        description="Look after a running Mien.",
        epilog="Settings are read from the environment, as by its processes; docs/operations.md has recipes.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="command", required=True)
    for command in COMMANDS:
        command.add_parser(subparsers)
    for words, text in OF_GATEWAY.items():
        if len(words) == 1:
            subparsers.add_parser(words[0], help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
