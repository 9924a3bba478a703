"""``python -m training detection evaluate``: measure any detector."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from training.detection.commands.options import add_data_options, read_data
from training.shared.options import Commands


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a detector on the validation images",
        description="Measure any detector on the images that ours never learned from; the figures come as JSON.",
    )
    parser.add_argument("--detector", default="lite", help="lite, haar, mtcnn or yunet (default: %(default)s)")
    parser.add_argument("--yunet-file", type=Path, metavar="ONNX", help="the network file of yunet")
    add_data_options(parser, environment)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Measure, and print the figures."""
    from models.detection import load_detector
    from training.detection.evaluate import measure

    options = {"weights": arguments.yunet_file} if arguments.detector == "yunet" else {}
    threshold = load_detector(arguments.detector, **options).min_score
    detector = load_detector(arguments.detector, min_score=0.02, **options)
    data = read_data(arguments)
    print(json.dumps(measure(detector.detect, data.validation).scores(threshold), indent=2))
