"""The losses of scores, boxes and landmarks."""

from typing import Any, Final, NamedTuple

import tensorflow as tf

from models.boxes import iou
from training.detection.targets import Targets, assign

BOX_WEIGHT: Final = 2.0
LANDMARK_WEIGHT: Final = 1.0
NEGATIVE_WEIGHT, NEGATIVE_POWER = 0.75, 2.0


class GroundTruth(NamedTuple):
    """The faces of a batch, padded to M an image."""

    faces: Any
    """[B, M, 4] corners in pixels."""
    real: Any
    """[B, M] 1 for a face, 0 for padding."""
    landmarks: Any
    """[B, M, 10] in pixels, NaN where unknown."""
    ignored: Any
    """[B, K, 4] regions where scores are ignored; padding has no area."""


def losses(outputs: list[Any], truth: GroundTruth, centres: Any, strides: Any) -> dict[str, Any]:
    """Compute the three losses, weighted.

    Args:
        outputs: the network's nine maps.
        truth: of the batch.
        centres: [N, 2], of all cells, in pixels.
        strides: [N, 1], of all cells, in pixels.

    Returns:
        Scalars named ``score``, ``box`` and ``landmarks``.
    """
    logits, raw, points = flatten(outputs)
    reach = tf.exp(tf.clip_by_value(raw, -6.0, 6.0)) * strides
    boxes = tf.concat([centres - reach[..., :2], centres + reach[..., 2:]], axis=-1)
    scores = tf.stop_gradient(tf.sigmoid(logits))
    targets = assign(
        scores, tf.stop_gradient(boxes), faces=truth.faces, real=truth.real, centres=centres, strides=strides
    )
    targets = Targets(*map(tf.stop_gradient, targets))
    total = tf.reduce_sum(targets.score) + 1.0
    faces = tf.gather(truth.faces, targets.face, batch_dims=1)
    landmarks = tf.gather(truth.landmarks, targets.face, batch_dims=1)
    return {
        "score": _score_loss(logits, targets, truth.ignored, centres) / total,
        "box": BOX_WEIGHT * tf.reduce_sum(targets.score * _box_loss(boxes, faces)) / total,
        "landmarks": LANDMARK_WEIGHT
        * tf.reduce_sum(targets.score * _landmark_loss(points, landmarks, faces, centres, strides))
        / total,
    }


def flatten(outputs: list[Any]) -> tuple[Any, Any, Any]:
    """Turn nine maps into scores [B, N], boxes [B, N, 4] and landmarks [B, N, 10] of all cells."""
    batch = tf.shape(outputs[0])[0]
    scores, boxes, points = (
        tf.concat([tf.reshape(level, (batch, -1, level.shape[-1])) for level in outputs[kind::3]], axis=1)
        for kind in range(3)
    )
    return scores[..., 0], boxes, points


def _score_loss(logits: Any, targets: Targets, ignored: Any, centres: Any) -> Any:
    """Varifocal loss (Zhang et al., 2021): negatives count the more, the higher their score."""
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(targets.score, logits)
    negative = NEGATIVE_WEIGHT * tf.sigmoid(tf.stop_gradient(logits)) ** NEGATIVE_POWER
    low, high = ignored[:, :, None, :2], ignored[:, :, None, 2:]
    spared = tf.reduce_any(tf.reduce_all((centres > low) & (centres < high), axis=-1), axis=1)
    negative *= 1.0 - tf.cast(spared, tf.float32)
    weight = tf.where(targets.positive > 0, targets.score, negative)
    return tf.reduce_sum(entropy * weight)


def _box_loss(boxes: Any, faces: Any) -> Any:
    """Distance loss on overlaps (Zheng et al., "Distance-IoU", 2020)."""
    low, high = tf.minimum(boxes[..., :2], faces[..., :2]), tf.maximum(boxes[..., 2:], faces[..., 2:])
    diagonal = tf.reduce_sum((high - low) ** 2, axis=-1)
    apart = boxes[..., :2] + boxes[..., 2:] - faces[..., :2] - faces[..., 2:]
    distance = tf.reduce_sum(apart**2, axis=-1) / 4
    return 1.0 - iou(boxes, faces, tf) + distance / (diagonal + 1e-6)


def _landmark_loss(points: Any, landmarks: Any, faces: Any, centres: Any, strides: Any) -> Any:
    """Smooth L1 in shares of the face's size, only where landmarks are known."""
    known = tf.cast(tf.math.is_finite(landmarks), tf.float32)
    size = tf.reduce_mean(faces[..., 2:] - faces[..., :2], axis=-1, keepdims=True) + 1.0
    told = points * strides + tf.tile(centres, [1, 5])
    error = tf.abs(told - tf.where(known > 0, landmarks, told)) / size
    smooth = tf.where(error < 0.05, 10.0 * error**2, error - 0.025)
    return tf.reduce_sum(smooth * known, axis=-1)
