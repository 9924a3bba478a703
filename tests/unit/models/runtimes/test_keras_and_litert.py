"""Both default networks answer under Keras as under LiteRT in floating point."""

import keras
import numpy as np
import tensorflow as tf

from models.classification import load_classifier
from models.detection.letterbox import letterbox
from models.detection.lite import LiteDetector
from models.runtimes import open_runtime
from models.runtimes.keras import KerasRuntime
from support import pictures
from training.shared.export import quiet_conversion


def test_the_emotion_network() -> None:
    crops = np.random.default_rng(2).integers(0, 256, (9, 48, 48), np.uint8)
    litert = load_classifier(form="float32").predict_both(crops)
    answers = load_classifier(runtime="keras").predict_both(crops)
    for found, expected in zip(answers, litert, strict=True):
        assert np.abs(found - expected).max() < 1e-4


def test_the_face_finder() -> None:
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
