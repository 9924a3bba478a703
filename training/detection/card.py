"""Exports a run: the 8-bit file, its default threshold, its figures, its card."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import keras

from models.detection.card import DetectorCard
from models.detection.lite import LiteDetector
from models.weights import DataSource
from training.detection.calibration import calibrate
from training.detection.convert import FINE_SQUARE, FINE_WIDE, SQUARE, WIDE, to_keras, to_litert
from training.detection.dataset import Split
from training.detection.evaluate import Report, measure
from training.detection.network import build
from training.shared.cost import cost_of
from training.shared.errors import TrainingError
from training.shared.export import LICENCE, write_card, write_weights

FALSE_ALARMS: Final = 2.0
"""Boxes per 100 images without a face that the default threshold lets pass, at most."""
PRECISION: Final = 0.945
"""Share of boxes on images with faces that have to be right at the default threshold, at least."""
KEEP: Final = 0.6
"""Share of the default threshold that suffices for a face that was there a moment ago."""
LOOK: Final = 0.25
"""Share of the default threshold from which the best candidate is looked at again where no face was found."""
GUESS: Final = 0.6
"""Threshold before one was chosen: on it depends which images are searched a second time."""
LEAST: Final = 0.02
"""Score from which a box is measured."""
SMALLEST_FACE: Final = 12.0
"""Longer side, in pixels of an input, from which most faces are found."""

_SUMMARY: Final = (
    "Finds faces and five landmarks: an anchor-free network of strides 8, 16 and 32 in 8 bits, "
    "with a second pass over large images."
)
_LIMITS: Final = (
    "Faces under 24 pixels in an image of 512, a twentieth of its longer side, count only in the figures from 16.",
    "Demographics: not measured. Nothing in the data says age, gender or skin.",
    "Seven in ten of the hand-drawn training faces wear medical masks; profiles and faces upside down are rare.",
    "It finds faces; it does not recognise persons and must not be used to.",
)


def export(run: Path, data: Split, *, name: str, out: Path) -> DetectorCard:
    """Convert, measure and write the network of a run.

    Args:
        run: folder of a finished run.
        data: that it was trained with.
        name: of the version, such as ``faces-2``.
        out: folder to write to.

    Returns:
        The card, measured on the file that was written.

    Raises:
        TrainingError: the folder holds no finished run, or its data was other than ``data``.
    """
    network, origin = _finished(run, data)
    content = to_litert(network, [image for image in data.train if image.annotator != "machine"])
    exact = write_weights(out, f"{name}.keras", to_keras(network))
    card = DetectorCard(
        name=name,
        task="detection",
        **write_weights(out, f"{name}.int8.tflite", content).model_dump(),
        variants={"keras": exact},
        parameters=network.count_params(),
        multiply_adds=cost_of(build(*WIDE)).multiply_adds,
        summary=_SUMMARY,
        licence=LICENCE,
        data=_sources(data, origin),
        commit=origin["commit"],
        created=date.today(),
        recipe=json.loads((run / "recipe.json").read_text()) | {"steps_done": origin["steps_done"]},
        scores={},
        limits=_LIMITS,
        min_score=GUESS,
        keep_score=KEEP * GUESS,
        smallest_face=SMALLEST_FACE,
        wide=WIDE,
        square=SQUARE,
        fine_wide=FINE_WIDE,
        fine_square=FINE_SQUARE,
    )
    card = card.model_copy(update={"calibration": calibrate(_measured(card, out, data))})
    card = _with_thresholds(card, choose_score(_measured(card, out, data)))
    report = _measured(card, out, data)  # once more: which images are searched twice depends on the thresholds
    card = _with_thresholds(card, choose_score(report))
    scores = report.scores(card.min_score) | {"right_by_score": report.right_by_score()}
    card = card.model_copy(update={"scores": {"validation": scores}})
    write_card(out, card)
    return card


def _with_thresholds(card: DetectorCard, chosen: float) -> DetectorCard:
    thresholds = {
        "min_score": chosen,
        "keep_score": round(KEEP * chosen, 2),
        "look_score": round(LOOK * chosen, 2),
    }
    return card.model_copy(update=thresholds)


def _measured(card: DetectorCard, folder: Path, data: Split) -> Report:
    """Write the card and measure the detector that it describes, down to scores that it would not return."""
    write_card(folder, card)
    return measure(LiteDetector(LEAST, network=card.name, folder=folder).detect, data.validation)


def choose_score(report: Report) -> float:
    """Return the lowest threshold, in hundredths, that keeps to ``FALSE_ALARMS`` and ``PRECISION``."""
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


def _sources(data: Split, origin: dict[str, Any]) -> tuple[DataSource, ...]:
    names = {
        "hand": "photos with boxes drawn by people, most faces masked",
        "machine": "portraits with boxes of the YuNet 2026may detector",
        "none": "scenes, animals and things without a human face",
    }
    faces = tuple(
        DataSource(
            name=f"faces.zip, source {source}: {words}",
            licence="not stated",
            sha256=data.data_sha256,
            images=sum(image.annotator == source for image in data.train),
        )
        for source, words in names.items()
    )
    if not origin.get("tight_pictures"):
        return faces
    tight = DataSource(
        name="FER2013, training part: faces pasted without their heads",
        licence="Not stated with the images: collected by web image search for the ICML 2013 challenge "
        "(Goodfellow et al., 'Challenges in Representation Learning'); they belong to their owners.",
        sha256=origin["tight_sha256"],
        images=origin["tight_pictures"],
    )
    return (*faces, tight)
