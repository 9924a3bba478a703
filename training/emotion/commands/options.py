"""The data option of the emotion commands."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from training.shared.options import add_data_option, data_path

if TYPE_CHECKING:
    from training.shared.fer2013 import Fer2013

DATA_SETTING: Final = "MIEN_DATA"


def add_data_options(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add ``--data`` and ``--votes``."""
    add_data_option(parser, DATA_SETTING, environment.get(DATA_SETTING), "FER2013: folder, zip file or fer2013.csv")
    parser.add_argument(
        "--votes", type=Path, metavar="PATH", help="FER+ votes (default: fer2013new.csv beside the data)"
    )


def read_data(arguments: argparse.Namespace) -> "Fer2013":
    """Read the data set that the command line names.

    Raises:
        DataError: it names none.
    """
    from training.shared.fer2013 import read_fer2013

    return read_fer2013(data_path(arguments, "FER2013"), arguments.votes)
