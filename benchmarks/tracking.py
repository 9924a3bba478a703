"""How well faces keep their identity: HOTA, IDF1 and switches, by a public evaluator, on made clips of known truth.

The evaluator is TrackEval, which brings libraries that nothing else here needs, in an environment of its own::

    python -m venv /tmp/trackeval && /tmp/trackeval/bin/pip install trackeval==1.3.0
    python -m benchmarks.tracking --evaluator /tmp/trackeval/bin/python
"""

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any, Final

from benchmarks.clips import BEGIN_SCORE, clip
from models.tracking import TrackerState, follow

KINDS: Final = ("paths", "crossings", "look-aways", "dropped")
RATES: Final = (5.0, 15.0, 30.0)
CLIPS: Final = 20
_EVALUATE: Final = Path(__file__).with_name("tracking_evaluator.py")


def followed(kind: str, fps: float, seed: int) -> list[dict[str, Any]]:
    """For each frame the people who can be seen and the tracks that are shown, as id → box."""
    state, frames = TrackerState(), []
    for moment in clip(kind, fps, seed):
        state, shown = follow(state, moment.faces, moment.seen_at, BEGIN_SCORE)
        tracks = {face.track: (face.box.x, face.box.y, face.box.width, face.box.height) for face in shown}
        frames.append({"truth": moment.truth, "tracks": tracks})
    return frames


def main() -> None:
    """Print a row for each kind of clip and rate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluator", required=True, help="python of an environment that has trackeval")
    parser.add_argument("--clips", type=int, default=CLIPS, help="of each kind and rate")
    options = parser.parse_args()
    print(f"{options.clips} clips of 20 s each\n\n| clips | frames/s | HOTA | IDF1 | switches |")
    print("| --- | --- | --- | --- | --- |")
    for kind in KINDS:
        for fps in RATES:
            clips = [followed(kind, fps, seed) for seed in range(options.clips)]
            run = subprocess.run(
                [options.evaluator, str(_EVALUATE)], input=json.dumps(clips), capture_output=True, text=True, check=True
            )
            found = json.loads(run.stdout.splitlines()[-1])
            print(f"| {kind} | {fps:g} | {found['HOTA']:.3f} | {found['IDF1']:.3f} | {found['switches']} |", flush=True)


if __name__ == "__main__":
    main()
