"""Run by `benchmarks.tracking` in an environment that has TrackEval (and nothing of Mien): clips in, figures out."""

import json
import sys
from typing import Any

import numpy as np
from trackeval.metrics import CLEAR, HOTA, Identity


def sequence(frames: list[dict[str, Any]]) -> dict[str, Any]:
    """A clip as TrackEval wants it: ids from 0 on, and how much each pair of boxes overlaps."""
    data: dict[str, Any] = {"num_timesteps": len(frames)}
    for name, source in (("gt", "truth"), ("tracker", "tracks")):
        known = sorted({int(one) for frame in frames for one in frame[source]})
        number = {one: place for place, one in enumerate(known)}
        data[f"{name}_ids"] = [np.array([number[int(one)] for one in frame[source]], int) for frame in frames]
        data[f"num_{name}_ids"] = len(known)
        data[f"num_{name}_dets"] = sum(len(frame[source]) for frame in frames)
    data["similarity_scores"] = [overlaps(list(f["truth"].values()), list(f["tracks"].values())) for f in frames]
    return data


def overlaps(truth: list[list[float]], tracks: list[list[float]]) -> Any:
    """Intersection over union, [truth, tracks]."""
    if not truth or not tracks:
        return np.zeros((len(truth), len(tracks)))
    a, b = np.array(truth)[:, None], np.array(tracks)[None]
    size = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    both = np.clip(size, 0, None).prod(-1)
    return both / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - both)


def main() -> None:
    """Clips as JSON on the standard input; figures over all of them, the last line of the output."""
    clips = {str(place): sequence(frames) for place, frames in enumerate(json.load(sys.stdin))}
    found = {}
    for metric in (HOTA(), CLEAR({"PRINT_CONFIG": False}), Identity({"PRINT_CONFIG": False})):
        found |= metric.combine_sequences({name: metric.eval_sequence(data) for name, data in clips.items()})
    figures = {"HOTA": float(np.mean(found["HOTA"])), "IDF1": float(found["IDF1"]), "switches": int(found["IDSW"])}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
