"""A network with both heads whose answers are known: the labels of FER2013 say Sad, voters contempt, then surprise."""

from datetime import date
from pathlib import Path

import numpy as np

from contracts.emotions import EMOTIONS, VOTED
from models.classification import EmotionCard, VotesCard
from models.cropping import CropFit
from training.shared.export import quiet_conversion, write_card, write_weights

NAME = "heads-1"


def write_two_headed(folder: Path) -> Path:
    """Write the network as float32 LiteRT and as Keras.

    Returns:
        The path of its card.
    """
    network = _build()
    keras_file = folder / f"{NAME}.keras"
    folder.mkdir(parents=True, exist_ok=True)
    network.save(keras_file)
    served = write_weights(folder, f"{NAME}.float32.tflite", _convert(network))
    card = EmotionCard(
        name=NAME,
        **served.model_dump(),
        variants={"keras": write_weights(folder, keras_file.name, keras_file.read_bytes())},
        parameters=network.count_params(),
        multiply_adds=0,
        summary="Two heads, for tests.",
        licence="Apache-2.0",
        data=(),
        commit="0" * 40,
        created=date(2026, 1, 1),
        recipe={"validation": 0.2, "seed": 1},
        scores={},
        limits=("It sees next to nothing.",),
        labels=EMOTIONS,
        temperature=1.0,
        crop=CropFit(),
        votes=VotesCard(labels=VOTED, temperature=1.0),
    )
    write_card(folder, card)
    return folder / f"{NAME}.json"


def _build() -> object:
    from keras import Input, Model, layers

    image = Input((48, 48, 1), name="image")
    seen = layers.Flatten()(layers.AveragePooling2D(12)(layers.Rescaling(1 / 255)(image)))
    labels, votes = layers.Dense(len(EMOTIONS), name="labels"), layers.Dense(len(VOTED), name="votes")
    network = Model(image, [labels(seen), votes(seen)])
    rng = np.random.default_rng(4)
    for head, likeliest in ((labels, {"Sad": 3.0}), (votes, {"contempt": 4.0, "surprise": 3.0})):
        names = EMOTIONS if head is labels else VOTED
        bias = [likeliest.get(name, 0.0) for name in names]
        head.set_weights([rng.normal(0, 0.05, (16, len(names))), np.array(bias)])
    return network


def _convert(network: object) -> bytes:
    import tensorflow as tf
    from keras import Input, Model

    image = Input((48, 48, 1), batch_size=1, name="image")
    converter = tf.lite.TFLiteConverter.from_keras_model(Model(image, network(image)))
    with quiet_conversion():
        return bytes(converter.convert())
