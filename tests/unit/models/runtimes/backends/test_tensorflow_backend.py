"""TensorFlow on a machine with several cards; what it is told is looked at, as there is none here."""

from collections.abc import Callable

import pytest
import tensorflow as tf

from models.runtimes.backends.tensorflow_backend import TensorFlowBackend


def test_of_several_cards_it_takes_one_and_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [tf.config.PhysicalDevice(f"/physical_device:GPU:{number}", "GPU") for number in range(2)]
    told: dict[str, tuple[object, ...]] = {}

    def noting(name: str) -> Callable[..., None]:
        return lambda *arguments: told.update({name: arguments})

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: cards)
    monkeypatch.setattr(tf.config, "set_visible_devices", noting("visible"))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: {"device_name": "Tesla T4"})
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", noting("grows"))
    assert TensorFlowBackend(memory_share=0.0).device == (True, "Tesla T4")
    assert told == {"visible": (cards[:1], "GPU"), "grows": (cards[0], True)}
