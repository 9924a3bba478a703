"""``python -m training detection fit``: train the face detector."""

import argparse
from collections.abc import Mapping

from training.detection.commands.options import add_data_options, add_tight_option, read_training_data
from training.detection.recipe import Recipe
from training.shared.options import Commands, add_run_options, new_run_folder, read_recipe, use_device


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "fit",
        help="train the detector",
        description="Train the face detector and write a run folder: recipe, state, log, the network.",
    )
    add_data_options(parser, environment)
    add_tight_option(parser, environment)
    parser.add_argument("--steps", type=int, help="batches to learn from")
    parser.add_argument("--cooling", type=int, help="last steps, over which the rate falls to nothing")
    add_run_options(parser, Recipe, "faces")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Train, and say where the network lies."""
    recipe = read_recipe(arguments, Recipe, Recipe, ("steps", "cooling"))
    data = read_training_data(arguments)
    use_device(arguments.device)
    from training.detection.trainer import Trainer
    from training.shared.run_folder import RunFolder

    folder = arguments.resume or new_run_folder(arguments, "faces")
    if not arguments.resume:
        RunFolder(folder).check_new()
    print(f"Written to {Trainer(recipe, folder, quiet=arguments.quiet).fit(data)}.")
