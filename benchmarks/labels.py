"""How steady labels are, and how soon they follow a true change: as each frame is read, and as they are shown.

    python -m benchmarks.labels --emotions fer2013.zip [--part validation|public_test] [--tune]

The constants of `models/tracking/labels.py` are chosen on clips of the validation faces (`--tune` prints a row for each
choice); the figures in docs/tracking.md are those of the public test's faces.
"""

import argparse
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from unittest.mock import patch

import numpy as np

from benchmarks.label_clips import STEADY_S, Reading, changing, read_rightly, steady
from contracts.emotions import Emotion
from models import Analyzer, load_analyzer
from models.classification import load_classifier
from models.tracking import TrackerState, follow, labels
from models.weights import WEIGHTS

CLIPS: Final = 100
"""Of each kind."""
SETTLE_S: Final = (0.15, 0.2, 0.25, 0.35)
MARGINS: Final = (0.0, 0.05, 0.1, 0.16)
HOLDS_S: Final = (0.3, 0.5)


class Line(NamedTuple):
    """One frame: the truth, and what was read of it alone and shown; none where no face was found."""

    seen_at: float
    truth: Emotion
    raw: Emotion | None
    shown: Emotion | None


class Figures(NamedTuple):
    """Of raw or of shown labels."""

    flips: float
    """A face and minute, in clips in which nothing changes."""
    median_ms: float
    p95_ms: float
    """From the first frame after a true change to the first in which that label is shown; frames follow each other
    after 67 ms."""
    never: float
    """Part of the changes that are not shown within four seconds; they count to the quantiles as longest."""
    read_p95_ms: float
    """As `p95_ms`, of the changes after which most frames are read rightly: what the network does not read, nothing
    can show."""


def lines(clip: Sequence[Reading], begin_score: float) -> list[Line]:
    """Follow the faces of a clip; the largest one counts."""
    state, found = TrackerState(), []
    for moment in clip:
        state, shown = follow(state, moment.faces, moment.seen_at, begin_score)
        if shown:
            raw = max(shown[0].raw_scores, key=shown[0].raw_scores.__getitem__)
            found.append(Line(moment.seen_at, moment.truth, raw, shown[0].emotion))
        else:
            found.append(Line(moment.seen_at, moment.truth, None, None))
    return found


def figures(steadies: Sequence[list[Line]], changes: Sequence[list[Line]], place: int) -> Figures:
    """Of the labels at this place of a line."""
    flips = sum(_flips([line[place] for line in clip]) for clip in steadies)
    delays = [delay for clip in changes for delay in _delays(clip, place)]
    median, high = np.quantile(delays, (0.5, 0.95), method="higher")
    read = np.array([one for clip in changes for one in _read(clip)])
    of_read = float(np.quantile(np.array(delays)[read], 0.95, method="higher"))
    never = float(np.isinf(delays).mean())
    per_minute = flips / (len(steadies) * STEADY_S / 60)
    return Figures(per_minute, 1000 * float(median), 1000 * float(high), never, 1000 * of_read)


def _flips(seen: Sequence[object]) -> int:
    known = [one for one in seen if one is not None]
    return sum(a != b for a, b in itertools.pairwise(known))


def _delays(clip: Sequence[Line], place: int) -> list[float]:
    return [
        min((line.seen_at - part[0].seen_at for line in part if line[place] == line.truth), default=float("inf"))
        for part in _parts(clip)
    ]


def _read(clip: Sequence[Line]) -> list[bool]:
    """Whether most frames after each change are read rightly."""
    return [float(np.mean([line.raw == line.truth for line in part])) > 0.5 for part in _parts(clip)]


def _parts(clip: Sequence[Line]) -> list[list[Line]]:
    """The frames after each change, until the next."""
    parts = [list(part) for _, part in itertools.groupby(clip, key=lambda line: line.truth)]
    return parts[1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emotions", type=Path, required=True, help="FER2013")
    parser.add_argument("--part", choices=("validation", "public_test"), default="public_test")
    parser.add_argument("--clips", type=int, default=CLIPS, help="of each kind")
    parser.add_argument("--tune", action="store_true", help="a row for each choice of the constants")
    arguments = parser.parse_args()
    analyzer = load_analyzer()
    steadies, changes = _clips(arguments.emotions, arguments.part, analyzer, arguments.clips)
    print(f"{arguments.clips} clips of each kind, {arguments.part}")
    print("\n| labels | flips a face and minute | after a change: median | p95 | never | p95 of what is read |")
    print("| --- | --- | --- | --- | --- | --- |")

    def show(name: str, place: int) -> None:
        steady_lines, change_lines = (
            [lines(clip, analyzer.begin_score) for clip in clips] for clips in (steadies, changes)
        )
        flips, median, high, never, read = figures(steady_lines, change_lines, place)
        print(f"| {name} | {flips:.2f} | {median:.0f} ms | {high:.0f} ms | {never:.1%} | {read:.0f} ms |", flush=True)

    show("raw", Line._fields.index("raw"))
    show("shown", Line._fields.index("shown"))
    for settle, margin, hold in itertools.product(SETTLE_S, MARGINS, HOLDS_S) if arguments.tune else ():
        with patch.multiple(labels, SCORES_SETTLE_S=settle, MARGIN=margin, HOLD_S=hold):
            show(f"{settle} s, {margin}, {hold} s", Line._fields.index("shown"))


def _clips(data: Path, part: str, analyzer: Analyzer, count: int) -> tuple[list[list[Reading]], list[list[Reading]]]:
    from training.shared.fer2013 import hold_out, read_fer2013

    read, classifier = read_fer2013(data), load_classifier()
    recipe = json.loads((WEIGHTS / f"{classifier.name}.json").read_text(encoding="utf-8"))["recipe"]
    held = hold_out(read.train, recipe["validation"], recipe["seed"])[1]
    split, random = held if part == "validation" else read.public_test, np.random.default_rng(0)
    chosen = random.permutation(len(split))[:count]
    steadies = [steady(analyzer, split.images[one], int(split.labels[one]), random) for one in chosen]
    right = split.take(read_rightly(classifier, split.images, split.labels))
    changes = [changing(analyzer, right.images, right.labels, random) for _ in range(count)]
    return steadies, changes


if __name__ == "__main__":
    main()
