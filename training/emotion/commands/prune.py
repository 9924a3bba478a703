"""``python -m training prune``: make a trained network cheaper."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from training.emotion.commands.options import add_data_options, read_data
from training.shared.options import Commands


def register(commands: Commands, environment: Mapping[str, str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "prune",
        help="make a trained network cheaper",
        description="Prune the network of a run and fine-tune it: leave out a block and channels (structured: faster) "
        "or set small weights to zero (magnitude: smaller when compressed). Writes a run folder, and prints both "
        "networks, in 8 bits, side by side on the public test.",
    )
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="run folder that fit wrote")
    parser.add_argument(
        "--kind", choices=("structured", "magnitude"), default="structured", help="default: %(default)s"
    )
    parser.add_argument("--keep", type=float, default=0.5, help="part that is kept (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=5, help="of fine-tuning (default: %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="run folder to write (default: RUN-<kind>)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    add_data_options(parser, environment)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Prune, fine-tune, compare."""
    data = read_data(arguments)
    from training.emotion.compare import compare, table, write_table
    from training.emotion.prune import prune
    from training.shared.run_folder import RunFolder

    before = RunFolder(arguments.run_folder)
    out = arguments.out or before.path.with_name(f"{before.path.name}-{arguments.kind}")
    after = prune(
        before, data, out, kind=arguments.kind, keep=arguments.keep, epochs=arguments.epochs, quiet=arguments.quiet
    )
    rows = compare([before, after], data.train.images, data.public_test)
    write_table(rows, out / "comparison.md")
    print(table(rows))
    print(f"The run lies in {out}.")
