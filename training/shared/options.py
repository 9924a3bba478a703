"""Options that the commands of both trainings share, and how they are read."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from training.shared.errors import DataError, TrainingError
from training.shared.recipe import BaseRecipe, change_recipe, describe_recipe

Commands = Any
"""What ``add_subparsers`` gives; argparse keeps the class private."""

AnyRecipe = TypeVar("AnyRecipe", bound=BaseRecipe)


def add_data_option(parser: argparse.ArgumentParser, setting: str, default: str | None, what: str) -> None:
    """Add ``--data``.

    Args:
        parser: of the command.
        setting: the environment variable that names the data where the option is not given.
        default: its value.
        what: the forms in which the data may be given.
    """
    parser.add_argument(
        "--data",
        type=Path,
        default=default and Path(default),
        metavar="PATH",
        help=f"{what} (default: the setting {setting})",
    )
    parser.set_defaults(data_setting=setting)


def data_path(arguments: argparse.Namespace, name: str) -> Path:
    """Give the path of the data set called ``name``.

    Raises:
        DataError: none was given.
    """
    if arguments.data is None:
        raise DataError(f"Where is {name}? Say --data PATH, or set {arguments.data_setting}.")
    return Path(arguments.data)


def add_run_options(parser: argparse.ArgumentParser, recipe: type[BaseRecipe], run_name: str) -> None:
    """Add the options of a training run.

    Args:
        parser: of the command.
        recipe: whose arguments ``--set`` changes; they are listed in the help.
        run_name: what the run's folder is called unless ``--out`` says otherwise.
    """
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"Arguments for --set NAME=VALUE:\n{describe_recipe(recipe)}"
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help=f"run folder (default: runs/{run_name}-<date>-<time>)"
    )
    parser.add_argument(
        "--resume", type=Path, metavar="FOLDER", help="go on with this run; further options change its recipe"
    )
    parser.add_argument("--seed", type=int, help="of everything random")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="changes", help="change the recipe"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help="default: %(default)s")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def read_recipe(
    arguments: argparse.Namespace, kind: type[AnyRecipe], start: Callable[[], AnyRecipe], options: tuple[str, ...]
) -> AnyRecipe:
    """Compose the recipe of a run: that of the run to resume, or ``start``, as the command line changes it.

    Args:
        arguments: with what :func:`add_run_options` added.
        kind: of the recipe.
        start: makes the recipe of a new run.
        options: names of the options, besides ``--seed``, that are arguments of the recipe.

    Raises:
        TrainingError: there is no such run, or the recipe is not valid.
    """
    from training.shared.run_folder import RunFolder

    recipe = RunFolder(arguments.resume).recipe(kind) if arguments.resume else start()
    return change_recipe(recipe, {name: getattr(arguments, name) for name in (*options, "seed")}, arguments.changes)


def new_run_folder(arguments: argparse.Namespace, run_name: str) -> Path:
    """Give the folder of a run that is not resumed."""
    return Path(arguments.out or Path("runs", f"{run_name}-{datetime.now():%Y%m%d-%H%M%S}"))


def use_device(device: str) -> None:
    """Let TensorFlow use ``auto``, ``cpu`` or ``gpu``.

    Raises:
        TrainingError: there is no such GPU.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise TrainingError("A GPU was asked for and TensorFlow sees none; leave out --device gpu to use the CPU.")
    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
