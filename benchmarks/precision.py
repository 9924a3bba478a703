"""What half precision costs in rightness: both networks under Keras, in each precision, on images they never saw.

    python -m benchmarks.precision --data fer2013.zip --faces faces.zip

Runs wherever Keras does; a GPU adds in another order and rounds otherwise, so that figures of one differ a little.
"""

import argparse
import os
from pathlib import Path
from typing import Final

from models.classification import load_classifier
from models.detection import load_detector
from models.runtimes import Acceleration, Precision
from training.detection.dataset import read_faces
from training.detection.evaluate import measure
from training.shared.fer2013 import read_fer2013

PRECISIONS: Final[tuple[Precision, ...]] = ("float32", "float16", "bfloat16")
_BATCH: Final = 16
_LOWEST: Final = 0.02
"""Score from which boxes count for the average precision."""


def main() -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("MIEN_DATA"), help="FER2013")
    parser.add_argument("--faces", type=Path, default=os.environ.get("MIEN_FACES_DATA"), help="photos with boxes")
    options = parser.parse_args()
    test, photos = read_fer2013(Path(options.data)).public_test, read_faces(Path(options.faces)).validation
    print("| computed in | public test, % right | largest change of it | average precision | recall | precision |")
    print("| --- | --- | --- | --- | --- | --- |")
    exact = None
    for precision in PRECISIONS:
        acceleration = Acceleration(precision, _BATCH)
        answers = load_classifier(runtime="keras", acceleration=acceleration).predict(test.images)
        exact = answers if exact is None else exact
        right = 100 * (answers.argmax(axis=1) == test.labels).mean()
        detector = load_detector(min_score=_LOWEST, runtime="keras", acceleration=acceleration)
        found = measure(detector.detect, photos).scores(load_detector().min_score)
        print(
            f"| {precision} | {right:.2f} | {abs(answers - exact).max():.4f} | {found['average_precision']:.4f} "
            f"| {found['recall']:.4f} | {found['precision']:.4f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
