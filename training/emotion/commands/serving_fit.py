"""``python -m training serving-fit``: find the framing of faces for a network and a detector."""

import argparse
from collections.abc import Mapping

from training.emotion.commands.options import add_data_options, read_data
from training.shared.options import Commands

_SHOWN = 12


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "serving-fit",
        help="find how a detector's box should be cropped",
        description="Set validation images into a surrounding, find the faces with the real detector, and try margins, "
        "shifts, alignment and normalisations. The best belongs into the network's card: see export.",
    )
    parser.add_argument("--model", metavar="NAME", help="shipped network, or path of a card (default: the default)")
    parser.add_argument("--detector", metavar="NAME", help="default: the default detector")
    parser.add_argument("--images", type=int, default=1500, help="at most this many (default: %(default)s)")
    parser.add_argument("--test", action="store_true", help="measure on the public test, not on validation images")
    add_data_options(parser, environment)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Search, and print the trials."""
    data = read_data(arguments)
    import numpy as np

    from models.classification import load_classifier
    from models.detection import load_detector
    from training.emotion.metrics import accuracy
    from training.emotion.serving_fit import find_faces, search
    from training.shared.fer2013 import hold_out

    classifier = load_classifier(arguments.model)
    recipe = classifier.card.recipe
    _, validation = hold_out(data.train, float(str(recipe["validation"])), int(str(recipe["seed"])))
    split = data.public_test if arguments.test else validation
    chosen = np.random.default_rng(0).permutation(len(split))[: arguments.images]
    split = split.take(chosen)
    detector = load_detector(arguments.detector) if arguments.detector else load_detector()
    scenes = find_faces(detector, split)
    print(f"{detector.name} finds a face in {len(scenes)} of {len(split)} images.")
    print(
        f"{classifier.name} on the images as they are: {accuracy(classifier.predict(split.images), split.labels):.4f}"
    )
    print("| margin | down | align | normalise | accuracy |\n| --- | --- | --- | --- | --- |")
    for trials in search(classifier, scenes):
        for trial in trials[:_SHOWN]:
            fit = trial.fit
            print(f"| {fit.margin:+.2f} | {fit.down:+.2f} | {fit.align} | {fit.normalise} | {trial.accuracy:.4f} |")
