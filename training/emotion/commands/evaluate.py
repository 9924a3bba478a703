"""``python -m training evaluate``: measure a network as it is served."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.emotion.commands.options import add_data_options, read_data
from training.shared.options import Commands

if TYPE_CHECKING:
    from models.classification import Classifier
    from training.shared.fer2013 import Fer2013


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a network and write a report",
        description="Measure a network on FER2013's public test as it is served, a single view of each face: accuracy, "
        "calibration, agreement with voters, robustness. Prints the figures and writes them as JSON, "
        "as a page and as Markdown.",
    )
    parser.add_argument("--model", metavar="NAME", help="shipped network, or path of a card (default: the default)")
    parser.add_argument("--runtime", choices=("litert", "keras"), default="litert", help="default: %(default)s")
    parser.add_argument("--private", action="store_true", help="measure on the private test instead")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to write scores.json, index.html and README.md"
    )
    add_data_options(parser, environment)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Measure, print, write."""
    data = read_data(arguments)
    from models.classification import load_classifier
    from training.emotion.report import write_report

    classifier = load_classifier(arguments.model, arguments.runtime)
    scores = measure_all(classifier, data, private=arguments.private)
    print_scores(classifier.name, scores)
    if arguments.out:
        page, summary = write_report(classifier.card.model_dump(mode="json"), scores, arguments.out)
        (arguments.out / "scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
        print(f"The report lies in {page} and {summary}.")


def measure_all(classifier: "Classifier", data: "Fer2013", *, private: bool = False) -> dict[str, Any]:
    """Take every measurement there is.

    Raises:
        DataError: there is no private test.
    """
    from training.emotion.evaluate import measure, measure_overfitting, measure_robustness
    from training.shared.errors import DataError
    from training.shared.fer2013 import hold_out

    test = data.private_test if private else data.public_test
    if test is None:
        raise DataError("The data set holds no private test.")
    recipe = classifier.card.recipe
    training, validation = hold_out(data.train, float(str(recipe["validation"])), int(str(recipe["seed"])))
    return {
        "file": classifier.card.file,
        "public_test": measure(classifier.predict, test, data.train),
        "robustness": measure_robustness(classifier.predict, test),
        "overfitting": measure_overfitting(classifier.predict, training, validation),
    }


def print_scores(name: str, scores: dict[str, Any]) -> None:
    """Print the figures, and a warning on standard error if the network is overfitted."""
    test, robustness = scores["public_test"], scores["robustness"]
    low, high = test["accuracy_interval_95"]
    print(f"{name} on {test['images']:,} images")
    print(f"  accuracy             {test['accuracy']:.4f}   (95 %: {low:.4f} to {high:.4f})")
    print(f"  macro-F1             {test['macro_f1']:.4f}")
    print(f"  calibration error    {test['calibration_error']:.4f}")
    if "votes" in test:
        votes = test["votes"]
        print(f"  FER+ favourites      {votes['accuracy']:.4f}   (divergence {votes['divergence']:.3f})")
    alone = test["without_duplicates"]
    print(f"  without duplicates   {alone['accuracy']:.4f}   ({alone['images']:,} images)")
    print("  label       precision  recall      F1")
    for emotion, figures in test["per_class"].items():
        print(f"  {emotion:10} {figures['precision']:10.3f} {figures['recall']:7.3f} {figures['f1']:7.3f}")
    for damage, share in robustness["damaged"].items():
        print(f"  {damage:20} {share:.4f}   ({100 * (share - robustness['clean']):+.1f} points)")
    print(f"  mean drop            {100 * robustness['mean_drop']:.1f} points")
    gap = scores["overfitting"]
    print(f"  training images      {gap['training']:.4f}   held-out images {gap['validation']:.4f}")
    if gap["overfitted"]:
        print("warning: the network is overfitted: it has memorised its training images", file=sys.stderr)
