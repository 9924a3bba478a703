"""``mien version``: what is installed here."""

import argparse
import platform

from contracts.jobs import JOB_VERSION
from contracts.process import project_version
from contracts.settings import Settings
from operate.printing import as_json


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command line."""
    parser = subparsers.add_parser("version", help="version of Mien, of its job records and of Python")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:  # noqa: ARG001 - as all commands have it
    """Print the versions. Returns the exit status."""
    told = {"mien": project_version(), "job_version": JOB_VERSION, "python": platform.python_version()}
    print(as_json(told) if arguments.json else f"Mien {told['mien']}, Python {told['python']}")
    return 0
