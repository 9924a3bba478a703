"""Keras networks as LiteRT files: float32, float16 and 8-bit."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import numpy as np

from training.emotion.calibration import Calibration
from training.emotion.folding import fold_network
from training.emotion.networks import INPUT_SCALE, NetworkName
from training.shared.export import quiet_conversion

Form = Literal["float32", "float16", "int8"]

FORMS: Final[tuple[Form, ...]] = ("float32", "float16", "int8")


def serving_model(
    network: Any,
    name: NetworkName,
    calibration: Calibration | None = None,
    votes: Calibration | None = None,
    *,
    mirrored: bool = False,
) -> Any:
    """Wrap a trained network for use: grey values 0..255 in, calibrated logits out, one output a head.

    Args:
        network: a trained Keras model; it is changed.
        name: of the network.
        calibration: goes into the weights of the last layer, so it costs nothing to apply.
        votes: that of the votes head, if there is one.
        mirrored: read the mirror image as well, and answer with the mean of both logits. A face and its mirror image
            get the same answer then, and one that moves keeps its label more often, at twice the time.
    """
    from keras import Input, Model, layers, ops

    heads = [network.get_layer("logits")]
    if len(network.outputs) > 1:
        heads.append(network.get_layer("votes_logits"))
    for head, each in zip(heads, (calibration, votes), strict=False):
        if each is not None:
            kernel, bias = head.get_weights()
            head.set_weights([kernel / each.temperature, each.apply(bias)])
    outputs = [head.output for head in heads]
    logits = Model(network.inputs, outputs if len(outputs) > 1 else outputs[0])
    image = Input((48, 48, 1), name="image")
    scale = INPUT_SCALE[name]
    x = layers.Rescaling(scale, name="to_range")(image) if scale != 1 else image
    if not mirrored:
        return Model(image, logits(x), name=name)
    # Both in one batch: in 8 bits each would else have steps of its own, and the two would not be quite alike.
    both = logits(ops.concatenate([x, ops.flip(x, axis=2)]))
    means = [ops.mean(ops.reshape(each, (2, -1, each.shape[-1])), axis=0) for each in _listed(both)]
    return Model(image, means if len(means) > 1 else means[0], name=name)


def _listed(answers: Any) -> list[Any]:
    return answers if isinstance(answers, list) else [answers]


def convert(serving: Any, form: Form, representative: np.ndarray) -> bytes:
    """Convert for one image at a time.

    In 8 bits, dense layers stay in floating point: they cost nothing beside the convolutions, and in steps
    of 1/256 of their range the logits of two labels would often be equal.

    Args:
        serving: what :func:`serving_model` made.
        form: number format of the weights.
        representative: some hundred typical images, uint8 [N, 48, 48], to quantise with.

    Returns:
        The bytes of a ``.tflite`` file.
    """
    import tensorflow as tf
    from keras import Input, Model

    image = Input((48, 48, 1), batch_size=1, name="image")
    converter = tf.lite.TFLiteConverter.from_keras_model(Model(image, fold_network(serving)(image)))
    if form != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    with quiet_conversion():
        return _quantised(converter, representative) if form == "int8" else bytes(converter.convert())


def _quantised(converter: Any, representative: np.ndarray) -> bytes:
    """Convert to 8 bits by way of the debugger, which alone can leave out operations."""
    import tensorflow as tf

    def images() -> Iterator[list[np.ndarray]]:
        for image in representative:
            yield [image[None, ..., None].astype(np.float32)]

    converter.representative_dataset = images
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=["FULLY_CONNECTED"])
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=images, debug_options=options
    )
    return bytes(debugger.get_nondebug_quantized_model())
