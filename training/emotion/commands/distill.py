"""``python -m training distill``: train a network by teachers, from nothing to the end, in one command."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from training.emotion.commands.options import add_data_options, read_data
from training.emotion.recipe import Distillation
from training.shared.options import Commands, add_run_options, new_run_folder, read_recipe, use_device


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "distill",
        help="train teachers, and a network that learns from them",
        description="Train teachers, each without a part of the training images; let them answer changed views of that "
        "part; train a network on these views. Each step goes on where it was left: resume with --resume FOLDER.",
    )
    add_data_options(parser, environment)
    parser.add_argument("--folds", type=int, help="parts of the training images: as many teachers")
    parser.add_argument("--views", type=int, help="changed copies of each image that the teachers answer")
    parser.add_argument("--teacher-epochs", type=int, help="how often each teacher goes through its data")
    parser.add_argument("--epochs", type=int, help="how often the student goes through the data")
    parser.add_argument("--minutes", type=float, help="stop after so long, between two epochs or views")
    add_run_options(parser, Distillation, "distill")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Go on, and say what is left."""
    for name, value in (("teacher.epochs", arguments.teacher_epochs), ("student.epochs", arguments.epochs)):
        if value is not None:
            arguments.changes.append(f"{name}={value}")
    recipe = read_recipe(arguments, Distillation, Distillation, ("folds", "views"))
    deadline = monotonic() + 60 * arguments.minutes if arguments.minutes else None
    data = read_data(arguments)
    use_device(arguments.device)
    from training.emotion.distill import STUDENT, begin, distill, replan

    folder = Path(arguments.resume or new_run_folder(arguments, "distill"))
    if arguments.resume:
        replan(folder, recipe)
    else:
        begin(folder, recipe, data, arguments.data.name)
    left = distill(folder, data, deadline=deadline, quiet=arguments.quiet, say=print)
    if left:
        print(f"Left: {', '.join(left)}. Go on with: python -m training distill --resume {folder}")
    else:
        print(f"Done. The run to export lies in {folder / STUDENT}.")
