"""The commands `python -m training detection fit|evaluate|export`."""

import argparse
import dataclasses
import json
import os
from pathlib import Path
from typing import Any, Final

from training.errors import DataError

DATA_SETTING: Final = "MIEN_FACES_DATA"
EMOTIONS_SETTING: Final = "MIEN_DATA"


def register(commands: Any) -> None:
    """Add `detection` and its commands to the parser of `python -m training`."""
    parser = commands.add_parser(
        "detection", help="train, evaluate and export the face detector", description="The face detector."
    )
    inner = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_fit(inner)
    _add_evaluate(inner)
    _add_export(inner)


def _add_fit(commands: Any) -> None:
    from training.detection.recipe import HELP, Recipe

    parser = commands.add_parser(
        "fit",
        help="train the detector",
        description="Train the face detector. A run that was stopped goes on when given the same folder.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="folder of this run: state, log, network")
    _add_data(parser)
    _add_emotions(parser)
    for field in dataclasses.fields(Recipe):
        kind = type(field.default)
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=kind, default=field.default, help=HELP[field.name])
    parser.set_defaults(run=_fit)


def _add_evaluate(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure a detector on the validation pictures",
        description="Measure any detector on the pictures that ours never learned from; the figures come as JSON.",
    )
    _add_data(parser)
    parser.add_argument("--detector", default="lite", help="lite, haar, mtcnn or yunet (default: %(default)s)")
    parser.add_argument("--yunet-file", type=Path, metavar="ONNX", help="the network file of yunet")
    parser.set_defaults(run=_evaluate)


def _add_export(commands: Any) -> None:
    parser = commands.add_parser(
        "export",
        help="convert a trained detector to 8 bits and write its card",
        description="Convert a run's network to 8-bit LiteRT, choose its threshold and measure it on the validation "
        "pictures, and write it with its card.",
    )
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="folder that fit wrote")
    _add_data(parser)
    parser.add_argument("--name", required=True, help="name of the version, such as faces-2")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write (default: the shipped networks)")
    parser.set_defaults(run=_export)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="PATH", help=f"faces.zip; else the setting {DATA_SETTING}")


def _add_emotions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--emotions",
        type=Path,
        metavar="PATH",
        help=f"FER2013, whose training faces are pasted without their heads; else the setting {EMOTIONS_SETTING}, "
        "and none of them without either",
    )


def _with_tight(arguments: argparse.Namespace, data: Any) -> Any:
    from training.detection.tight import add_tight

    named = arguments.emotions or os.environ.get(EMOTIONS_SETTING)
    return add_tight(data, Path(named)) if named else data


def _read(arguments: argparse.Namespace) -> Any:
    from training.detection.dataset import read_faces

    named = arguments.data or os.environ.get(DATA_SETTING)
    if not named:
        raise DataError(f"Where is faces.zip? Say --data PATH, or set {DATA_SETTING}.")
    return read_faces(Path(named))


def _fit(arguments: argparse.Namespace) -> None:
    from training.detection.recipe import Recipe
    from training.detection.trainer import Trainer

    names = [field.name for field in dataclasses.fields(Recipe)]
    data = _with_tight(arguments, _read(arguments))
    recipe = Recipe(**{name: getattr(arguments, name) for name in names})
    print(f"Written to {Trainer(recipe, arguments.run_folder).fit(data)}.")


def _evaluate(arguments: argparse.Namespace) -> None:
    from models.detection import load_detector
    from training.detection.evaluate import measure

    data = _read(arguments)
    options = {"weights": arguments.yunet_file} if arguments.detector == "yunet" else {}
    threshold = load_detector(arguments.detector, **options).min_score
    detector = load_detector(arguments.detector, min_score=0.02, **options)
    print(json.dumps(measure(detector.detect, data.validation).scores(threshold), indent=2))


def _export(arguments: argparse.Namespace) -> None:
    from models.weights import WEIGHTS
    from training.detection.card import export

    folder = arguments.out or WEIGHTS
    card = export(arguments.run_folder, _read(arguments), name=arguments.name, out=folder)
    print(json.dumps(card.scores, indent=2))
    print(f"Written to {folder / card.file} and beside it; threshold {card.min_score}.")
