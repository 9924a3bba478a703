"""Which cells are assigned to which face: task-aligned assignment (Feng et al., "TOOD", 2021), vectorised."""

from typing import Any, Final, NamedTuple

import tensorflow as tf

from models.boxes import iou

CELLS_PER_FACE: Final = 6
TIGHT: Final = 0.7
"""Overlap from which a box is as good as any, and its cell has the whole score as its target.

With the overlap itself as the target the scores of clear faces stay at what boxes usually reach, 0.7 to 0.8, those of
small faces lower still, and so near to the scores of what is no face.
"""
SCORE_POWER, OVERLAP_POWER = 0.5, 4.0
SPAN: Final = {8: (0.0, 64.0), 16: (24.0, 128.0), 32: (56.0, 1e9)}
"""Longer sides of faces, in pixels, that the cells of a stride may be assigned to."""


class Targets(NamedTuple):
    """The target of each of N cells; B images with up to M faces."""

    face: Any
    """int [B, N]: index of the face."""
    positive: Any
    """float [B, N]: 1 where the cell is assigned to a face."""
    score: Any
    """float [B, N]: the target score: 1 for the best cell of a face once its box fits, less for looser ones."""


def assign(scores: Any, boxes: Any, *, faces: Any, real: Any, centres: Any, strides: Any) -> Targets:
    """Choose for each face the cells whose present score and box fit it best.

    Args:
        scores: [B, N] in 0..1, by the network; without a gradient.
        boxes: [B, N, 4], by the network; without a gradient.
        faces: [B, M, 4], the ground truth.
        real: [B, M], 0 for padding.
        centres: [N, 2], of the cells, in pixels.
        strides: [N, 1], of the cells, in pixels.
    """
    overlap = iou(faces[:, :, None], boxes[:, None], tf)
    allowed = _allowed(faces, real, centres, strides)
    # The small constant lets a face choose its nearest cells while no box overlaps it yet.
    fit = allowed * (
        scores[:, None] ** SCORE_POWER * overlap**OVERLAP_POWER + 1e-9 * _nearness(faces, centres, strides)
    )
    least = tf.math.top_k(fit, CELLS_PER_FACE).values[..., -1:]
    chosen = tf.cast((fit >= least) & (fit > 0), tf.float32)
    face = tf.argmax(chosen * (overlap + 1e-3), axis=1, output_type=tf.int32)
    mine = chosen * tf.one_hot(face, tf.shape(faces)[1], axis=1)
    fit, overlap = fit * mine, overlap * mine
    best_fit = tf.reduce_max(fit, axis=2, keepdims=True)
    best_overlap = tf.reduce_max(overlap, axis=2, keepdims=True)
    quality = tf.clip_by_value(best_overlap / TIGHT, 0.1, 1.0)
    score = tf.reduce_max(fit / (best_fit + 1e-12) * quality * mine, axis=1)
    return Targets(face, tf.reduce_max(mine, axis=1), score)


def _allowed(faces: Any, real: Any, centres: Any, strides: Any) -> Any:
    """[B, M, N]: 1 where a cell lies near enough to the middle of a face and has a stride for its size."""
    middle = (faces[..., :2] + faces[..., 2:]) / 2
    sides = faces[..., 2:] - faces[..., :2]
    reach = tf.maximum(sides[:, :, None] * 0.3, strides * 0.75)
    near = tf.reduce_all(tf.abs(centres - middle[:, :, None]) <= reach, axis=-1)
    longest = tf.reduce_max(sides, axis=-1)[:, :, None]
    fits = tf.zeros_like(near)
    for stride, (low, high) in SPAN.items():
        fits |= (strides[:, 0] == stride) & (longest >= low) & (longest < high)
    return tf.cast(near & fits, tf.float32) * real[:, :, None]


def _nearness(faces: Any, centres: Any, strides: Any) -> Any:
    middle = (faces[..., :2] + faces[..., 2:]) / 2
    distance = tf.reduce_sum(((centres - middle[:, :, None]) / strides) ** 2, axis=-1)
    return 1.0 / (1.0 + distance)
