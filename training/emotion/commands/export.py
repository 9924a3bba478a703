"""``python -m training export``: make a run ready to be shipped."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.emotion.commands.options import add_data_options, read_data
from training.shared.options import Commands

FORMS = ("int8", "float32", "float16")


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "export",
        help="convert a trained network and write its card",
        description="Convert the network of a run to LiteRT (float32, float16, int8), fit its temperature on the "
        "validation images, check it against Keras, measure it, and write it with its card.",
    )
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="run folder that fit wrote")
    parser.add_argument("--name", required=True, help="name of the version, such as mien-2")
    parser.add_argument("--form", choices=FORMS, default="int8", help="which one is served (default: %(default)s)")
    parser.add_argument(
        "--others",
        nargs="*",
        choices=(*FORMS, "keras"),
        default=(*FORMS, "keras"),
        metavar="FORM",
        help="which other forms to write beside it (default: all; keras is for GPUs)",
    )
    parser.add_argument(
        "--balance", type=float, default=0.0, help="how much more rare labels count in the calibration (0 to 1)"
    )
    parser.add_argument("--mirrored", action="store_true", help="read the mirror image too, and answer with the mean")
    parser.add_argument("--margin", type=float, default=0.0, help="around a detector's box, in box sides")
    parser.add_argument("--down", type=float, default=0.0, help="shift of the box, in box sides")
    parser.add_argument("--align", action="store_true", help="turn faces until their eyes are level")
    parser.add_argument(
        "--normalise", choices=("none", "stretch", "equalise"), default="none", help="of the crop's grey values"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to write (default: the folder of the shipped networks)"
    )
    add_data_options(parser, environment)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Export, and print what was made."""
    data = read_data(arguments)
    from models.cropping import CropFit
    from models.weights import WEIGHTS
    from training.emotion.card import export
    from training.shared.run_folder import RunFolder

    crop = CropFit(margin=arguments.margin, down=arguments.down, align=arguments.align, normalise=arguments.normalise)
    folder = arguments.out or WEIGHTS
    card = export(
        RunFolder(arguments.run_folder),
        data,
        arguments.name,
        folder,
        form=arguments.form,
        others=arguments.others,
        crop=crop,
        balance=arguments.balance,
        mirrored=arguments.mirrored,
    )
    _print(card.model_dump(mode="json"), arguments.form)
    print(f"Written to {folder / card.file} and beside it.")


def _print(card: dict[str, Any], form: str) -> None:
    scores, test = card["scores"], card["scores"]["public_test"]
    print(f"{card['name']}: {card['parameters']:,} parameters, {card['multiply_adds'] / 1e6:.1f} M multiply-adds")
    for each, check in scores["forms"].items():
        same = check["same_top_label_as_keras"]
        print(f"  {each:8} {check['size_bytes']:>10,} bytes, same top label as Keras {same:.2%}")
    print(
        f"Public test, {form}: accuracy {test['accuracy']:.4f}, macro-F1 {test['macro_f1']:.4f}, "
        f"calibration error {test['calibration_error']:.4f}, mean drop {scores['robustness']['mean_drop']:.4f}"
    )
