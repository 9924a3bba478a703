"""Command line of ``python -m training``. Imports nothing heavy: ``--help`` answers at once."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from contracts.errors import MienError
from training.emotion.commands import evaluate, export, fit, prune, serving_fit

_EPILOG = """\
The data set is FER2013, given with --data or the setting MIEN_DATA: a folder with train/<label>/ and
test/<label>/, the same as a zip file, or Kaggle's fer2013.csv. FER+ votes (fer2013new.csv) lying beside it
are used.
"""


def main(arguments: Sequence[str], *, data: str | None = None) -> int:
    """Run one command and give its exit status; ``data`` is the default of ``--data``."""
    parser = _parser(data)
    chosen = parser.parse_args(arguments)
    try:
        chosen.run(chosen)
    except MienError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0


def _parser(data: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description="Train, evaluate, export and prune Mien's networks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (fit, evaluate, export, prune, serving_fit):
        command.register(commands, data)
    if find_spec("training.detection") is not None:
        import_module("training.detection.cli").register(commands)
    return parser
