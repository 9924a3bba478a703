"""``python -m training detection export``: make a run ready to be shipped."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from training.detection.commands.options import add_data_options, read_data
from training.shared.options import Commands


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "export",
        help="convert a trained detector to 8 bits and write its card",
        description="Convert a run's network to 8-bit LiteRT, choose its threshold and measure it on the validation "
        "images, and write it with its card.",
    )
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="run folder that fit wrote")
    parser.add_argument("--name", required=True, help="name of the version, such as faces-2")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to write (default: the folder of the shipped networks)"
    )
    add_data_options(parser, environment)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Export, and print what was measured."""
    from models.weights import WEIGHTS
    from training.detection.card import export

    folder = arguments.out or WEIGHTS
    card = export(arguments.run_folder, read_data(arguments), name=arguments.name, out=folder)
    print(json.dumps(card.scores, indent=2))
    print(f"Written to {folder / card.file} and beside it; threshold {card.min_score}.")
