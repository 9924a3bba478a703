"""``python -m training evaluate``: measure networks as they are served."""

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


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "evaluate",
        help="measure networks and write a report",
        description="Measure networks on FER2013's public test as they are served, a single view of each face: "
        "accuracy, calibration, steadiness, agreement with voters, robustness, what a detector before them costs. "
        "Prints the figures, those of several networks side by side beside what is wanted, and writes them as JSON, as "
        "a page and as Markdown.",
    )
    parser.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help="shipped network, or path of a card; may be given several times (default: the default network)",
    )
    parser.add_argument("--runtime", choices=("litert", "keras"), default="litert", help="default: %(default)s")
    parser.add_argument("--private", action="store_true", help="measure on the private test instead")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where to write scores.json, index.html and README.md; with several networks a comparison, and those in "
        "a folder for each network",
    )
    add_data_options(parser, environment)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Measure, print, write."""
    data = read_data(arguments)
    from models.classification import DEFAULT_MODEL, load_classifier
    from models.detection import load_detector
    from training.emotion.compare import time_in_turns
    from training.emotion.evaluate import measure_all
    from training.emotion.goals import goal_table
    from training.emotion.report import write_comparison, write_report
    from training.emotion.tables import markdown_table

    names = arguments.model or [DEFAULT_MODEL]
    classifiers = [load_classifier(name, arguments.runtime) for name in names]
    detector = load_detector()
    speeds = time_in_turns([each.predict for each in classifiers], data.public_test.images)
    networks: dict[str, dict[str, Any]] = {}
    for name, classifier, speed in zip(names, classifiers, speeds, strict=True):
        exact = _in_floating_point(name, classifier)
        scores = measure_all(classifier, data, exact=exact, detector=detector, private=arguments.private)
        networks[classifier.name] = scores | {"parameters": classifier.card.parameters, "milliseconds": speed}
        print_scores(classifier.name, scores)
    print("\n" + markdown_table(goal_table(list(networks), list(networks.values()))))
    if not arguments.out:
        return
    for classifier in classifiers:
        folder = arguments.out / classifier.name if len(classifiers) > 1 else arguments.out
        write_report(classifier.card.model_dump(mode="json"), networks[classifier.name], folder)
        text = json.dumps(networks[classifier.name], indent=2)
        (folder / "scores.json").write_text(text + "\n", encoding="utf-8")
    if len(classifiers) > 1:
        write_comparison(networks, arguments.out)
    print(f"The report lies in {arguments.out / 'index.html'} and {arguments.out / 'README.md'}.")


def _in_floating_point(name: str, classifier: "Classifier") -> "Classifier | None":
    """The same network in the most exact form that there is beside the one that is served."""
    from models.classification import load_classifier

    if "float32" in classifier.card.variants:
        return load_classifier(name, form="float32")
    return load_classifier(name, "keras") if "keras" in classifier.card.variants else None


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
