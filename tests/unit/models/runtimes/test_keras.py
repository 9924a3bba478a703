"""Keras answers as LiteRT does."""

from pathlib import Path

import numpy as np
import pytest

from contracts.errors import InvalidWeights
from models.classification import EmotionCard, load_classifier
from models.detection.letterbox import letterbox
from models.detection.lite import LiteDetector
from models.runtimes import Runtime, open_runtime
from models.runtimes.keras import KerasRuntime
from models.weights import load_weights
from support import pictures
from training.shared.export import quiet_conversion


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    content, card = load_weights("classic-1", EmotionCard, variant="keras")
    return open_runtime("keras", content, source=card.file)


@pytest.fixture
def crops() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (9, 48, 48), np.uint8)


def test_keras_and_litert_agree(crops: np.ndarray) -> None:
    litert = load_classifier("classic-1").predict(crops)
    keras = load_classifier("classic-1", runtime="keras").predict(crops)
    assert np.abs(litert - keras).max() < 1e-4


def test_the_default_network_answers_as_litert_does_in_floating_point(crops: np.ndarray) -> None:
    litert = load_classifier(form="float32").predict_both(crops)
    answers = load_classifier(runtime="keras").predict_both(crops)
    for found, expected in zip(answers, litert, strict=True):
        assert np.abs(found - expected).max() < 1e-4


def test_the_face_finder_answers_as_litert_does_in_floating_point() -> None:
    import keras
    import tensorflow as tf

    detector = LiteDetector(runtime="keras")
    assert isinstance(detector.runtime, KerasRuntime)
    pixels = letterbox(pictures.astronaut()[..., ::-1], *detector.card.wide).pixels[None]
    image = keras.Input((*detector.card.wide, 3), batch_size=1)
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, detector.runtime.network(image)))
    with quiet_conversion():
        litert = open_runtime("litert", converter.convert(), source="converted here")
    expected = litert.run(pixels.astype(np.float32))
    found = detector.runtime.run(pixels)
    assert len(found) == len(expected) == 9
    for each, other in zip(found, expected, strict=True):
        assert np.abs(each - other).max() < 1e-4


def test_one_item_gives_what_it_gives_in_a_batch(runtime: Runtime, crops: np.ndarray) -> None:
    (output,) = runtime.run_one(crops[:1, ..., None])
    assert np.allclose(output.dequantized(), runtime.run(crops[..., None])[0][:1], atol=1e-4)


def test_an_empty_batch_is_answered_with_no_rows(runtime: Runtime, crops: np.ndarray) -> None:
    (nothing,) = runtime.run(crops[:0, ..., None])
    assert nothing.shape == (0, 7)


def test_outputs_are_read_by_number_in_the_order_that_was_asked(two_headed: Path, crops: np.ndarray) -> None:
    content, card = load_weights(str(two_headed), EmotionCard, variant="keras")
    runtime = open_runtime("keras", content, source=card.file)
    labels, votes = runtime.run(crops[..., None])
    assert all(map(np.array_equal, runtime.run(crops[..., None], [1, 0]), (votes, labels)))
    assert [output.shape for output in runtime.run(crops[:0, ..., None], [1])] == [(0, 8)]


def test_bytes_that_are_no_network_are_refused_by_name() -> None:
    with pytest.raises(InvalidWeights, match=r"odd\.keras"):
        open_runtime("keras", b"no network at all", source="odd.keras")
