"""The data options of the detection commands."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from training.shared.options import add_data_option, data_path

if TYPE_CHECKING:
    from training.detection.dataset import Split

DATA_SETTING: Final = "MIEN_FACES_DATA"
EMOTIONS_SETTING: Final = "MIEN_DATA"


def add_data_options(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add ``--data``."""
    add_data_option(parser, DATA_SETTING, environment.get(DATA_SETTING), "faces.zip")


def read_data(arguments: argparse.Namespace) -> "Split":
    """Read the data set that the command line names.

    Raises:
        DataError: it names none.
    """
    from training.detection.dataset import read_faces

    return read_faces(data_path(arguments, "faces.zip"))


def add_tight_option(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add ``--emotions``."""
    setting = environment.get(EMOTIONS_SETTING)
    parser.add_argument(
        "--emotions",
        type=Path,
        default=setting and Path(setting),
        metavar="PATH",
        help="FER2013, whose training faces are pasted without their heads; none are without it "
        f"(default: the setting {EMOTIONS_SETTING})",
    )


def read_training_data(arguments: argparse.Namespace) -> "Split":
    """Read the data set, and the faces to paste if the command line names them.

    Raises:
        DataError: it names no data set, or what it names is none.
    """
    from training.detection.tight import add_tight

    data = read_data(arguments)
    return data if arguments.emotions is None else add_tight(data, arguments.emotions)
