"""Exports a run: converts the network, checks the files against Keras, measures them, writes the card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from contracts.emotions import EMOTIONS, VOTED
from models.classification import Classifier, EmotionCard, VotesCard, softmax
from models.cropping import CropFit
from models.runtimes import open_runtime
from models.weights import DataSource, WeightFile
from training.emotion.calibration import Calibration, fit_calibration
from training.emotion.convert import FORMS, Form, convert, serving_model
from training.emotion.evaluate import measure_all
from training.emotion.learner import predict
from training.emotion.networks import INPUT_SCALE
from training.emotion.recipe import Recipe
from training.emotion.targets import vote_shares
from training.emotion.trainer import divide
from training.shared.cost import cost_of
from training.shared.errors import TrainingError
from training.shared.export import LICENCE, write_card, write_weights
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder

FER2013: Final = (
    "Not stated with the images: collected by web image search for the ICML 2013 challenge "
    "(Goodfellow et al., 'Challenges in Representation Learning'); they belong to their owners."
)
FER_PLUS: Final = "MIT (Microsoft, github.com/microsoft/FERPlus)"

LIMITS: Final = (
    "An expression is not a felt emotion: the network names what a face shows, as strangers would name it.",
    "Demographics: not measured. FER2013 says nothing of age, gender or skin, and is known to be uneven.",
    "People agree with FER2013's labels in about 65 % of cases; no figure above that means certainty.",
    "Disgust is rare in the data, and Fear is often taken for Sad or Surprise.",
    "Faces seen from the side, covered by more than a quarter or smaller than 24 pixels are beyond what was measured.",
    "The EU AI Act (Regulation 2024/1689) prohibits inferring emotions at workplaces and in schools, Article 5(1)(f), "
    "but for medical or safety reasons, and requires that people are told when it is used on them, Article 50(3).",
)

_REPRESENTATIVE: Final = 500
_SUMMARIES: Final = {
    "classic": "Three convolutions and a hidden layer, the network of the FER2013 tutorials: a baseline.",
    "mien": "A small residual network that reads the expression of a face from 48x48 grey pixels.",
}


@dataclass(frozen=True)
class Exported:
    """A network ready to be written: its files by name of the form, and Keras' probabilities for the test images."""

    contents: dict[str, bytes]
    calibration: Calibration
    votes: Calibration | None
    """Of the votes head, if there is one."""
    reference: np.ndarray
    cost: Any


def export(
    run: RunFolder,
    data: Fer2013,
    name: str,
    out: Path,
    *,
    form: Form,
    others: Sequence[str],
    crop: CropFit,
    balance: float = 0.0,
    mirrored: bool = False,
) -> EmotionCard:
    """Convert, measure and write the network of a run.

    Args:
        run: a finished run.
        data: that it was trained with.
        name: of the version, such as ``mien-2``.
        out: folder to write to.
        form: the one that is served.
        others: forms to write beside it.
        crop: the framing of faces that belongs to the network.
        balance: of the calibration of FER2013's labels; see :func:`training.emotion.calibration.fit_calibration`.
        mirrored: whether the mirror image is read as well; see :func:`training.emotion.convert.serving_model`.

    Returns:
        The card, measured on the bytes that were written.

    Raises:
        TrainingError: a file does not answer as the Keras network does.
    """
    recipe = run.recipe(Recipe)
    made = _make(run, data, balance, mirrored)
    files = {each: _write(out, name, each, made.contents[each]) for each in dict.fromkeys((form, *others))}
    origin = run.read_json("origin.json")
    card = EmotionCard(
        name=name,
        **files.pop(form).model_dump(),
        variants=files,
        parameters=made.cost.parameters,
        multiply_adds=made.cost.multiply_adds,
        summary=_SUMMARIES[recipe.network],
        licence=LICENCE,
        data=_sources(recipe, origin["data"]["sha256"], len(data.train)),
        commit=origin["commit"],
        created=date.today(),
        recipe=recipe.model_dump()
        | {key: origin[key] for key in ("replanned", "pruned", "teachers", "begun_with", "distilled") if key in origin}
        | ({"calibration_balance": balance} if balance else {})
        | ({"mirrored": True} if mirrored else {}),
        scores={},
        limits=LIMITS,
        labels=EMOTIONS,
        temperature=made.calibration.temperature,
        offsets=tuple(made.calibration.offsets.round(4).tolist()),
        crop=crop,
        votes=_votes_card(made.votes),
    )
    card = card.model_copy(update={"scores": _scores(made, card, form, data)})
    write_card(out, card)
    return card


def _make(run: RunFolder, data: Fer2013, balance: float, mirrored: bool) -> Exported:
    import keras

    recipe = run.recipe(Recipe)
    training, validation = divide(data, recipe)
    network = keras.models.load_model(run.path / "network.keras", compile=False)
    cost = cost_of(network)
    if mirrored:
        cost = replace(cost, multiply_adds=2 * cost.multiply_adds)
    logits = _logits(network, validation.images, INPUT_SCALE[recipe.network])
    if mirrored:
        logits = (logits + _logits(network, validation.images[:, :, ::-1], INPUT_SCALE[recipe.network])) / 2
    labels, votes = np.split(logits, [len(EMOTIONS)], axis=1)
    calibration = fit_calibration(labels, np.eye(len(EMOTIONS))[validation.labels], balance)
    votes_calibration = fit_calibration(votes, vote_shares(validation)) if recipe.votes_head else None
    serving = serving_model(network, recipe.network, calibration, votes_calibration, mirrored=mirrored)
    chosen = np.random.default_rng(recipe.seed).choice(
        len(training), min(_REPRESENTATIVE, len(training)), replace=False
    )
    contents: dict[str, bytes] = {form: convert(serving, form, training.images[chosen]) for form in FORMS}
    path = run.path / "serving.keras"
    serving.save(path)
    contents["keras"] = path.read_bytes()
    reference = softmax(predict(serving, data.public_test.images, 1.0)[:, : len(EMOTIONS)])
    return Exported(contents, calibration, votes_calibration, reference, cost)


def _logits(network: Any, images: np.ndarray, scale: float) -> np.ndarray:
    """Logits of all heads side by side, each but for a constant a row, which no softmax sees."""
    return np.asarray(np.log(np.maximum(predict(network, images, scale), 1e-12)))


def _votes_card(calibration: Calibration | None) -> VotesCard | None:
    if calibration is None:
        return None
    offsets = tuple(calibration.offsets.round(4).tolist())
    return VotesCard(labels=VOTED, temperature=calibration.temperature, offsets=offsets)


def _check(made: Exported, form: Form, images: np.ndarray) -> dict[str, float]:
    """Compare a LiteRT file with Keras on test images."""
    content = made.contents[form]
    logits = open_runtime("litert", content, source=form).run(images[..., None])[0]
    answers = softmax(logits)
    same = float((answers.argmax(1) == made.reference.argmax(1)).mean())
    furthest = float(np.abs(answers - made.reference).max())
    if form == "float32" and furthest > 1e-4:
        raise TrainingError(f"The float32 file answers up to {furthest:.2g} away from the Keras network.")
    return {"size_bytes": len(content), "same_top_label_as_keras": same, "furthest_from_keras": furthest}


def _write(out: Path, name: str, form: str, content: bytes) -> WeightFile:
    return write_weights(out, f"{name}.keras" if form == "keras" else f"{name}.{form}.tflite", content)


def _sources(recipe: Recipe, sha256: str, images: int) -> tuple[DataSource, ...]:
    fer2013 = DataSource(name="FER2013", licence=FER2013, sha256=sha256, images=images)
    return (
        (fer2013, DataSource(name="FER+", licence=FER_PLUS)) if recipe.votes_weight or recipe.votes_head else (fer2013,)
    )


def _scores(made: Exported, card: EmotionCard, form: Form, data: Fer2013) -> dict[str, Any]:
    """Measure the served bytes on the public test, and compare all forms with Keras."""
    classifier = Classifier(open_runtime("litert", made.contents[form], source=card.file), card)
    forms = {each: _check(made, each, data.public_test.images) for each in FORMS}
    return measure_all(classifier, data) | {"forms": forms}
