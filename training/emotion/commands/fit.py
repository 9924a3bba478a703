"""``python -m training fit``: train a network."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from training.emotion.commands.options import add_data_options, read_data
from training.emotion.recipe import RECIPES, Recipe
from training.shared.errors import TrainingError
from training.shared.options import Commands, add_run_options, new_run_folder, read_recipe, use_device


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "fit",
        help="train a network",
        description="Train a network and write a run folder: recipe, history, learning curve, the network.",
    )
    parser.add_argument("--network", choices=sorted(RECIPES), default="mien", help="default: %(default)s")
    add_data_options(parser, environment)
    parser.add_argument(
        "--teacher",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="run folders whose networks to learn from, by --set teacher_weight=…",
    )
    parser.add_argument(
        "--begin-with", type=Path, metavar="RUN", help="begin with the weights of this run's network, not random ones"
    )
    parser.add_argument("--epochs", type=int, help="how often to go through the data")
    add_run_options(parser, Recipe, "<network>")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Train, and say what came out."""
    recipe = read_recipe(arguments, Recipe, lambda: RECIPES[arguments.network], ("epochs",))
    _check_teachers(arguments, recipe)
    if arguments.resume and arguments.begin_with:
        raise TrainingError("--begin-with: a run that is resumed goes on with its own weights.")
    data = read_data(arguments)
    use_device(arguments.device)
    from training.emotion.trainer import best_epoch, fit, resume

    if arguments.resume:
        done = resume(arguments.resume, data, recipe, quiet=arguments.quiet)
    else:
        done = fit(
            recipe,
            data,
            new_run_folder(arguments, recipe.network),
            source=arguments.data.name,
            teachers=arguments.teacher,
            begin_with=arguments.begin_with,
            quiet=arguments.quiet,
        )
    history = done.read_json("history.json")
    best = history[best_epoch(history)]
    print(f"Best of {len(history)} epochs: {best['epoch']}, validation {best['validation_accuracy']:.2%}.")
    print(f"The run lies in {done.path}.")


def _check_teachers(arguments: argparse.Namespace, recipe: Recipe) -> None:
    """Refuse what would go wrong after the data was read, or quietly have no effect.

    Raises:
        TrainingError: names the options that do not go together.
    """
    if arguments.resume:
        if arguments.teacher:
            raise TrainingError("--teacher: a run that is resumed keeps the teachers that it started with.")
    elif bool(arguments.teacher) != bool(recipe.teacher_weight):
        raise TrainingError(
            f"--teacher and teacher_weight go together: {len(arguments.teacher)} teachers and a weight of "
            f"{recipe.teacher_weight:g} were given. Say --teacher RUN --set teacher_weight=0.5, or neither."
        )
