"""The data option of the detection commands."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from training.shared.options import add_data_option, data_path

if TYPE_CHECKING:
    from training.detection.dataset import Split

DATA_SETTING: Final = "MIEN_FACES_DATA"


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
