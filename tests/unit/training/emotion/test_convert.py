"""Keras networks as LiteRT files; that they answer alike is in ``test_card.py``."""

import numpy as np

from models.runtimes import open_runtime
from training.emotion.convert import convert, serving_model
from training.emotion.networks import build_network


def test_converted_networks_are_folded() -> None:
    content = convert(serving_model(build_network("mien"), "mien"), "float32", np.zeros((0, 48, 48), np.uint8))
    from ai_edge_litert.interpreter import Interpreter

    names = [tensor["name"] for tensor in Interpreter(model_content=content).get_tensor_details()]
    assert any("SpaceToDepth" in name for name in names)


def test_a_mirrored_network_answers_a_face_and_its_mirror_image_alike_by_the_mean() -> None:
    network, images = (
        build_network("mien", blur=True, votes=True),
        np.random.default_rng(1).integers(0, 256, (6, 48, 48)),
    )
    both = np.concatenate([images, images[:, :, ::-1]]).astype(np.uint8)
    plain, mirrored = (serving_model(network, "mien", mirrored=each) for each in (False, True))
    for form, tolerance in (("float32", 1e-5), ("int8", 0.0)):
        answers = open_runtime("litert", convert(mirrored, form, images), source=form).run(both[..., None])
        assert [head.shape for head in answers] == [(12, 7), (12, 8)]
        assert all(np.abs(head[:6] - head[6:]).max() <= tolerance for head in answers), form
        if form == "float32":
            wanted = [head.reshape(2, 6, -1).mean(0) for head in plain.predict(both[..., None], verbose=0)]
            assert all(np.allclose(head[:6], mean, atol=1e-4) for head, mean in zip(answers, wanted, strict=True))
