"""Command line of ``python -m training``. Imports nothing heavy: ``--help`` answers at once."""

import argparse
import sys
from collections.abc import Mapping, Sequence

from contracts.errors import MienError
from training.detection.commands import evaluate as evaluate_detector
from training.detection.commands import export as export_detector
from training.detection.commands import fit as fit_detector
from training.emotion.commands import distill, evaluate, export, fit, prune, serving_fit

_EPILOG = """\
The data set is FER2013, given with --data or the setting MIEN_DATA: a folder with train/<label>/ and
test/<label>/, the same as a zip file, or Kaggle's fer2013.csv. FER+ votes (fer2013new.csv) lying beside it
are used.
"""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command and give its exit status; data sets that it does not name are those of the ``environment``."""
    parser = _parser(environment)
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


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training",
        description="Train, distill, evaluate, export and prune Mien's networks.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (fit, distill, evaluate, export, prune, serving_fit):
        command.register(commands, environment)
    detection = commands.add_parser(
        "detection", help="train, evaluate and export the face detector", description="The face detector."
    )
    detection_commands = detection.add_subparsers(required=True, metavar="COMMAND")
    for detection_command in (fit_detector, evaluate_detector, export_detector):
        detection_command.register(detection_commands, environment)
    return parser
