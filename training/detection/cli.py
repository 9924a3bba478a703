"""The commands `python -m training detection fit|evaluate|export`."""

import argparse
import dataclasses
import os
from pathlib import Path
from typing import Any, Final

from contracts.errors import ConfigurationError

DATA_SETTING: Final = "MIEN_FACES_DATA"


def register(subparsers: Any) -> None:
    """Add the command `detection` to the parser of `python -m training`."""
    parser = subparsers.add_parser("detection", help="the face detector", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_fit(commands)


def _add_fit(commands: Any) -> None:
    from training.detection.recipe import Recipe

    parser = commands.add_parser(
        "fit",
        help="train the detector",
        description="Train the face detector. A run that was stopped goes on when given the same folder.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_data(parser)
    parser.add_argument("--run", type=Path, required=True, help="folder of this run: state, log, network")
    for field in dataclasses.fields(Recipe):
        kind = float if field.name == "minutes" else type(field.default)
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default, help=" ")
    parser.set_defaults(run_command=_fit)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help=f"faces.zip; the setting {DATA_SETTING} where not given")


def data_path(arguments: argparse.Namespace) -> Path:
    """Return the path of the face data; ConfigurationError where neither argument nor setting names one."""
    named = arguments.data or os.environ.get(DATA_SETTING)
    if not named:
        raise ConfigurationError(f"Where is faces.zip? Give --data or set {DATA_SETTING}.", field="data")
    return Path(named)


def _fit(arguments: argparse.Namespace) -> None:
    from training.detection.dataset import read_faces
    from training.detection.recipe import Recipe
    from training.detection.trainer import Trainer

    names = [field.name for field in dataclasses.fields(Recipe)]
    recipe = Recipe(**{name: getattr(arguments, name) for name in names})
    data = read_faces(data_path(arguments))
    print(Trainer(recipe, arguments.run).fit(data))
