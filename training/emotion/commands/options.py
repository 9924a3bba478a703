"""Arguments that several commands share, and how they are read."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.shared.errors import DataError, TrainingError

if TYPE_CHECKING:
    from training.emotion.data import Fer2013

Commands = Any
"""What ``add_subparsers`` gives; argparse keeps the class private."""


def add_data_options(parser: argparse.ArgumentParser, data: str | None) -> None:
    """Add ``--data`` and ``--votes``; ``data`` is the default from the settings."""
    parser.add_argument(
        "--data",
        type=Path,
        default=data and Path(data),
        metavar="PATH",
        help="FER2013: folder, zip file or fer2013.csv (default: the setting MIEN_DATA)",
    )
    parser.add_argument(
        "--votes", type=Path, metavar="PATH", help="FER+ votes (default: fer2013new.csv beside the data)"
    )


def read_data(arguments: argparse.Namespace) -> "Fer2013":
    """Read the data set that the command line names. Raises ``DataError`` if it names none."""
    from training.emotion.data import read_fer2013

    if arguments.data is None:
        raise DataError("Where is FER2013? Say --data PATH, or set MIEN_DATA.")
    return read_fer2013(arguments.data, arguments.votes)


def use_device(device: str) -> None:
    """Let TensorFlow use ``auto``, ``cpu`` or ``gpu``. Raises ``TrainingError`` if there is no such GPU."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise TrainingError("A GPU was asked for and TensorFlow sees none; leave out --device gpu to use the CPU.")
    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
