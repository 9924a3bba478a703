"""Keras networks as LiteRT files; that they answer alike is in ``test_card.py``."""

import numpy as np

from training.emotion.convert import convert, serving_model
from training.emotion.networks import build_network


def test_converted_networks_are_folded() -> None:
    content = convert(serving_model(build_network("mien"), "mien"), "float32", np.zeros((0, 48, 48), np.uint8))
    from ai_edge_litert.interpreter import Interpreter

    names = [tensor["name"] for tensor in Interpreter(model_content=content).get_tensor_details()]
    assert any("SpaceToDepth" in name for name in names)
