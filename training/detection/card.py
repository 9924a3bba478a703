"""Exports a run: the 8-bit file, its default threshold, its figures, its card."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import keras

from models.detection.card import Calibration, DetectorCard
from models.detection.lite import LiteDetector
from models.weights import Source, WeightFile
from training.detection.calibrate import calibrate
from training.detection.dataset import Split
from training.detection.evaluate import Report, measure
from training.detection.export import (
    CLOSER_SQUARE,
    CLOSER_WIDE,
    SQUARE,
    WIDE,
    digest,
    multiply_adds,
    to_keras,
    to_litert,
)
from training.detection.network import build
from training.errors import TrainingError

FALSE_ALARMS: Final = 2.0
"""Boxes per 100 pictures without a face that the default threshold lets pass, at most."""
PRECISION: Final = 0.945
"""Share of boxes on pictures with faces that have to be right at the default threshold, at least."""
KEEP: Final = 0.6
"""Share of the default threshold that suffices for a face that was there a moment ago."""
LEAST: Final = 0.02
"""Score from which a box is measured."""
SMALLEST_FACE: Final = 11.0
"""Longer side in pixels of an input from which most faces are found, see the figures by size in docs/detection.md."""

_SUMMARY: Final = (
    "Finds faces and five landmarks: an anchor-free network of strides 8, 16 and 32 in 8 bits, "
    "for faces of a twentieth of the picture and up."
)
_LIMITS: Final = (
    "Faces under 24 pixels in a picture of 512, a twentieth of its longer side, are beyond what was measured.",
    "Demographics: not measured. Nothing in the data says age, gender or skin.",
    "Seven in ten of the hand-drawn training faces wear medical masks; profiles and faces upside down are rare.",
    "It finds faces; it does not recognise persons and must not be used to.",
)


def export(run: Path, data: Split, *, name: str, out: Path) -> DetectorCard:
    """Convert the network of the folder ``run``, measure the file on the validation pictures, write it as ``name``.

    Raises TrainingError where ``run`` holds no finished run or its data was other than ``data``.
    """
    network, origin = _finished(run, data)
    content = to_litert(network, [picture for picture in data.train if picture.source != "machine"])
    out.mkdir(parents=True, exist_ok=True)
    file = f"{name}.int8.tflite"
    (out / file).write_bytes(content)
    exact = to_keras(network)
    (out / f"{name}.keras").write_bytes(exact)
    card = DetectorCard(
        name=name,
        task="detection",
        file=file,
        sha256=digest(content),
        size_bytes=len(content),
        variants={"keras": WeightFile(file=f"{name}.keras", sha256=digest(exact), size_bytes=len(exact))},
        parameters=network.count_params(),
        multiply_adds=multiply_adds(build(*WIDE)),
        summary=_SUMMARY,
        licence="Apache-2.0 for the weights; the terms of the data it learned from are listed under data",
        data=_sources(data, origin),
        commit=origin["commit"],
        created=date.today(),
        recipe=json.loads((run / "recipe.json").read_text()) | {"steps_done": origin["steps_done"]},
        scores={},
        limits=_LIMITS,
        min_score=0.5,
        keep_score=0.3,
        calibration=Calibration(),
        smallest_face=SMALLEST_FACE,
        wide=WIDE,
        square=SQUARE,
        closer_wide=CLOSER_WIDE,
        closer_square=CLOSER_SQUARE,
    )
    _write(out, card)
    card = card.model_copy(update={"calibration": calibrate(_measured(card, out, data))})
    _write(out, card)
    report = _measured(card, out, data)
    chosen = choose_score(report)
    card = card.model_copy(
        update={
            "min_score": chosen,
            "keep_score": round(KEEP * chosen, 2),
            "scores": {"validation": report.scores(chosen) | {"right_by_score": report.right_by_score()}},
        }
    )
    _write(out, card)
    return card


def _measured(card: DetectorCard, folder: Path, data: Split) -> Report:
    return measure(LiteDetector(LEAST, network=card.name, folder=folder).detect, data.validation)


def choose_score(report: Report) -> float:
    """Return the lowest threshold, in hundredths, that keeps both promises of this module."""
    curve = report.curve()
    for hundredths in range(5, 95):
        score = hundredths / 100
        if report.false_alarms(score) <= FALSE_ALARMS and curve.at(score)[0] >= PRECISION:
            return score
    return 0.95


def _finished(run: Path, data: Split) -> tuple[keras.Model, dict[str, Any]]:
    try:
        origin = json.loads((run / "origin.json").read_text())
        network = keras.models.load_model(run / "faces.keras", compile=False)
    except (OSError, ValueError) as error:
        raise TrainingError(f"{run} holds no finished run of the detector: {error}") from error
    if origin["data_sha256"] != data.data_sha256:
        raise TrainingError(f"The run in {run} learned from other data than this.")
    return network, origin


def _sources(data: Split, origin: dict[str, Any]) -> tuple[Source, ...]:
    names = {
        "hand": "photos with boxes drawn by people, most faces masked",
        "machine": "portraits with boxes of the YuNet 2026may detector",
        "none": "scenes, animals and things without a human face",
    }
    tight = Source(
        name="FER2013, training part: faces pasted without their heads",
        licence="Not stated with the images: collected by web image search for the ICML 2013 challenge "
        "(Goodfellow et al., 'Challenges in Representation Learning'); they belong to their owners.",
        sha256=origin["tight_sha256"],
        images=origin["tight_pictures"],
    )
    drawn = tuple(
        Source(
            name=f"faces.zip, source {source}: {words}",
            licence="not stated",
            sha256=data.data_sha256,
            images=sum(picture.source == source for picture in data.train),
        )
        for source, words in names.items()
    )
    return (*drawn, tight) if origin["tight_pictures"] else drawn


def _write(folder: Path, card: DetectorCard) -> None:
    (folder / f"{card.name}.json").write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
