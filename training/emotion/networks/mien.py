"""Mien's own network: a small residual network for 48x48 grey faces.

The stem halves the image at once, because on a CPU a convolution at 48x48 costs four times one at 24x24 and
FER2013's images hold little detail at that scale. Two 3x3 convolutions a block with an identity around them
follow He et al., "Deep Residual Learning for Image Recognition", 2015.

Halving takes every second value, so what is finer than two steps comes out as something coarser, and differently when
the face moves by one pixel (Zhang, "Making Convolutional Networks Shift-Invariant Again", 2019). With ``blur`` each
halving first takes means of 2x2 neighbours. These lie between the pixels, so that the places a halving keeps are those
of the mirrored image too; of a plain network they are one pixel off.
"""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Stage:
    """Residual blocks of one width; the first block divides the image's sides by ``stride``."""

    width: int
    blocks: int
    stride: int


STEM: Final = 32
STAGES: Final = (Stage(32, 1, 1), Stage(64, 1, 2), Stage(128, 2, 2), Stage(160, 1, 1))


def build_mien(
    stem: int = STEM,
    stages: tuple[Stage, ...] = STAGES,
    *,
    dropout: float,
    inner: float = 1.0,
    blur: bool = False,
    votes: bool = False,
) -> Any:
    """Grey values in 0..255 in, probabilities of 7 labels out; brightness is scaled inside.

    With the default sizes: 1.0 million parameters, 54 million multiply-adds, a last map of 6x6.

    Args:
        stem: width of the first convolution.
        stages: of residual blocks.
        dropout: before the last layer.
        inner: the part of a block's width that lies between its two convolutions. Below 1, as in a pruned network, the
            blocks at the stem's resolution and width are left out.
        blur: whether neighbours are averaged before each halving.
        votes: whether a second output, ``votes``, gives the shares of FER+'s eight classes among voters.
    """
    from keras import Input, Model, layers

    image = Input((48, 48, 1), name="image")
    x = layers.Rescaling(1 / 64, offset=-2.0, name="scale")(image)
    x = _stem(x, stem, blur)
    for number, stage in enumerate(stages):
        if inner < 1 and (stage.width, stage.stride) == (stem, 1):
            continue  # narrowing would save no time here: docs/training.md, Pruning
        for block in range(stage.blocks):
            stride, name = stage.stride if block == 0 else 1, f"stage{number}_block{block}"
            x = _block(x, stage.width, inner_width(stage.width, inner), stride=stride, name=name, blur=blur)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    answers = [_head(x, 7, "logits", "probabilities")]
    if votes:
        answers.append(_head(x, 8, "votes_logits", "votes"))
    return Model(image, answers if votes else answers[0], name="mien")


def inner_width(width: int, inner: float) -> int:
    """Channels between the two convolutions of a block: a multiple of 16, which 8-bit kernels work in."""
    return max(16, round(width * inner / 16) * 16)


def _head(x: Any, classes: int, logits: str, probabilities: str) -> Any:
    from keras import layers

    x = layers.Dense(classes, name=logits, dtype="float32")(x)
    return layers.Softmax(name=probabilities, dtype="float32")(x)


def _stem(x: Any, width: int, blur: bool) -> Any:
    """The first convolution, which halves the image."""
    if not blur:
        return _convolution(x, width, kernel=5, stride=2, name="stem")
    return _convolution(_blurred(x, 2, "stem"), width, kernel=5, stride=2, name="stem", padding="valid")


def _blurred(x: Any, padding: int, name: str) -> Any:
    """Means of 2x2 neighbours, one step apart. Padded before and not after, so that ``folding`` can undo it."""
    from keras import layers

    x = layers.ZeroPadding2D(padding, name=f"{name}_pad")(x)
    return layers.AveragePooling2D(2, strides=1, name=f"{name}_blur")(x)


def _block(x: Any, width: int, between: int, *, stride: int, name: str, blur: bool) -> Any:
    """Two convolutions, plus their input, which takes a 1x1 convolution where the shapes differ."""
    from keras import layers

    blur = blur and stride != 1
    y = _blurred(x, 1, name) if blur else x
    y = _convolution(y, between, kernel=3, stride=stride, name=f"{name}_first", padding="valid" if blur else "same")
    y = _convolution(y, width, kernel=3, stride=1, name=f"{name}_second", activation=False)
    if blur:
        x, stride = layers.AveragePooling2D(stride, name=f"{name}_halve")(x), 1
    if stride != 1 or x.shape[-1] != width:
        x = _convolution(x, width, kernel=1, stride=stride, name=f"{name}_shortcut", activation=False)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, y]))


def _convolution(
    x: Any, width: int, *, kernel: int, stride: int, name: str, activation: bool = True, padding: str = "same"
) -> Any:
    """Convolution, batch normalisation and, unless told otherwise, ReLU."""
    from keras import layers

    x = layers.Conv2D(width, kernel, stride, padding=padding, use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_act")(x) if activation else x
