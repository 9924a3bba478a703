"""``python -m training fit``: train a network."""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from training.emotion.commands.options import Commands, add_data_options, read_data, use_device
from training.emotion.recipe import RECIPES, Recipe
from training.shared.errors import TrainingError


def register(commands: Commands, data: str | None) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "fit",
        help="train a network",
        description="Train a network and write a run folder: recipe, history, learning curve, the network.",
        epilog="Every argument of a recipe can be set: --set mixup=0 --set augmentation.rotation=20. "
        "They are listed in training/emotion/recipe.py.",
    )
    parser.add_argument("--network", choices=sorted(RECIPES), default="mien", help="default: %(default)s")
    add_data_options(parser, data)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="run folder (default: runs/<network>-<date>-<time>)")
    parser.add_argument(
        "--resume", type=Path, metavar="FOLDER", help="go on with this run; --epochs changes its length"
    )
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
    parser.add_argument("--seed", type=int, help="of everything random")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="changes", help="change the recipe"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help="default: %(default)s")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Train, and say what came out."""
    from training.shared.run_folder import RunFolder

    start = RunFolder(arguments.resume).recipe(Recipe) if arguments.resume else RECIPES[arguments.network]
    recipe = make_recipe(start, arguments)
    _check_teachers(arguments, recipe)
    if arguments.resume and arguments.begin_with:
        raise TrainingError("--begin-with: a run that is resumed goes on with its own weights.")
    data = read_data(arguments)
    use_device(arguments.device)
    from training.emotion.trainer import best_epoch, fit, resume

    if arguments.resume:
        done = resume(arguments.resume, data, recipe, quiet=arguments.quiet)
    else:
        folder = arguments.out or Path("runs", f"{recipe.network}-{datetime.now():%Y%m%d-%H%M%S}")
        done = fit(
            recipe,
            data,
            folder,
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
    """Refuse what would go wrong after the data was read, or quietly have no effect. Raises ``TrainingError``."""
    if arguments.resume:
        if arguments.teacher:
            raise TrainingError("--teacher: a run that is resumed keeps the teachers it was begun with.")
    elif bool(arguments.teacher) != bool(recipe.teacher_weight):
        raise TrainingError(
            f"--teacher and teacher_weight go together: {len(arguments.teacher)} teachers and a weight of "
            f"{recipe.teacher_weight:g} were given. Say --teacher RUN --set teacher_weight=0.5, or neither."
        )


def make_recipe(start: Recipe, arguments: argparse.Namespace) -> Recipe:
    """Give the recipe ``start`` as the command line changes it. Raises ``TrainingError``."""
    changes: dict[str, Any] = {}
    for name in ("epochs", "seed"):
        if getattr(arguments, name) is not None:
            changes[name] = getattr(arguments, name)
    content = start.model_dump() | changes
    for change in arguments.changes:
        _apply(change, content)
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TrainingError(f"The recipe is not valid: {where}: {first['msg']}.") from error


def _apply(change: str, content: dict[str, Any]) -> None:
    """Apply one ``name=value`` to a recipe's content; a dot leads into a part of it."""
    name, equals, text = change.partition("=")
    if not equals:
        raise TrainingError(f"--set {change}: write it as NAME=VALUE.")
    *parents, last = name.split(".")
    for parent in parents:
        content = content.get(parent, {})
        if not isinstance(content, dict):
            raise TrainingError(f"--set {change}: {parent} has no parts.")
    try:
        content[last] = json.loads(text)
    except json.JSONDecodeError:
        content[last] = text
