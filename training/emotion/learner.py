"""A network while it learns: weights, their running mean, optimiser, and one compiled training step."""

from typing import Any

import numpy as np

from contracts.emotions import EMOTIONS
from training.emotion.networks import INPUT_SCALE, build_network
from training.emotion.networks.fused import fuse_normalisations
from training.emotion.recipe import Recipe

_EVALUATION_BATCH = 256


class Learner:
    """A network and everything that changes while it is trained.

    The running mean of the weights is a network of its own, ``averaged``: it is the one that is evaluated
    and kept. The mean takes in the statistics of batch normalisation as well, so they fit the averaged
    weights.
    """

    def __init__(self, recipe: Recipe, steps_per_epoch: int) -> None:
        """Build the network of a recipe with random weights."""
        import keras

        self.recipe = recipe
        keras.utils.set_random_seed(recipe.seed)
        keras.config.set_dtype_policy(recipe.precision)
        self.model = fuse_normalisations(network_of(recipe))
        keras.config.set_dtype_policy("float32")
        self.averaged = network_of(recipe)
        self.averaged.set_weights(self.model.get_weights())
        self.optimizer = _optimizer(recipe, steps_per_epoch)
        self.optimizer.build(self.model.trainable_variables)
        heads = ("logits", "votes_logits") if recipe.votes_head else ("logits",)
        self._logits = keras.Model(self.model.inputs, {head: self.model.get_layer(head).output for head in heads})
        self._scale = INPUT_SCALE[recipe.network]
        self._kept: list[tuple[Any, np.ndarray]] = []
        self._compiled: Any = None

    def begin_with(self, weights: list[np.ndarray]) -> None:
        """Start from given weights, in the order of ``get_weights``; of a sparse recipe their zeros stay zero."""
        self.model.set_weights(weights)
        self.averaged.set_weights(weights)
        if self.recipe.sparse:
            kernels = [variable for variable in self.model.trainable_variables if variable.name == "kernel"]
            self._kept = [(kernel, np.asarray(kernel.value) != 0) for kernel in kernels]

    def step(self, images: np.ndarray, targets: np.ndarray) -> float:
        """Take one training step.

        Args:
            images: float32 [N, 48, 48] in 0..255.
            targets: float32 [N, 7], or [N, 15] with a votes head; see ``targets``.

        Returns:
            The loss.
        """
        if self._compiled is None:
            self._compiled = _compile(self)
        return float(self._compiled(images, targets))

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Answer by the averaged network, as :func:`predict` does, for ``images`` uint8 [N, 48, 48]."""
        return predict(self.averaged, images, self._scale)

    def state(self) -> dict[str, np.ndarray]:
        """All variables, for :meth:`restore`."""
        return {str(number): np.asarray(variable.value) for number, variable in enumerate(self._variables())}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take over what :meth:`state` gave; the next step is then the one that would have come next."""
        for number, variable in enumerate(self._variables()):
            variable.assign(state[str(number)])

    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self.averaged.variables, *self.optimizer.variables]


def network_of(recipe: Recipe) -> Any:
    """Build the untrained Keras network of a recipe."""
    if recipe.network == "classic":
        return build_network("classic", dropout=recipe.dropout)
    return build_network(
        recipe.network,
        dropout=recipe.dropout,
        inner=recipe.inner,
        blur=recipe.blur,
        votes=recipe.votes_head > 0,
    )


def predict(network: Any, images: np.ndarray, scale: float) -> np.ndarray:
    """What a Keras network answers that is shown ``images`` [N, 48, 48] times ``scale``.

    Returns:
        Probabilities of FER2013's labels, float32 [N, 7], followed by those of FER+'s classes, [N, 15], if the network
        has such a head.
    """
    scaled = images[..., None].astype(np.float32) * np.float32(scale)
    answers = network.predict(scaled, batch_size=_EVALUATION_BATCH, verbose=0)
    return np.hstack(answers if isinstance(answers, list) else [answers]).astype(np.float32)


def _optimizer(recipe: Recipe, steps_per_epoch: int) -> Any:
    from keras import optimizers

    rate: Any = recipe.learning_rate
    if recipe.schedule == "cosine":
        warmup = round(recipe.warmup_epochs * steps_per_epoch)
        rate = optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup else recipe.learning_rate,
            decay_steps=max(1, recipe.epochs * steps_per_epoch - warmup),
            warmup_target=recipe.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    decay = recipe.weight_decay or None
    optimizer: Any
    if recipe.optimizer == "adam":
        optimizer = optimizers.Adam(rate, weight_decay=decay)
    else:
        optimizer = optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay)
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _compile(learner: Learner) -> Any:
    """The training step as one TensorFlow graph: gradients, update, running mean."""
    import tensorflow as tf

    network, optimizer = learner._logits, learner.optimizer
    trained = learner.model.trainable_variables
    pairs = list(zip(learner.averaged.weights, learner.model.weights, strict=True))
    longest, votes_weight = learner.recipe.average_decay, learner.recipe.votes_head
    consistency = learner.recipe.consistency

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(images: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = network(images[..., None] * learner._scale, training=True)
            losses = [_loss(targets[:, : len(EMOTIONS)], logits["logits"], consistency)]
            if votes_weight:
                of_votes = _loss(targets[:, len(EMOTIONS) :], logits["votes_logits"], consistency)
                losses.append(votes_weight * of_votes)
            loss = tf.add_n(losses)
        optimizer.apply(tape.gradient(loss, trained), trained)
        for kernel, kept in learner._kept:
            kernel.assign(kernel.value * tf.cast(kept, kernel.dtype))
        done = tf.cast(optimizer.iterations.value, tf.float32)
        # Young weights are forgotten quickly: the mean is over the last tenth of the steps at first.
        decay = tf.minimum(longest, (1.0 + done) / (10.0 + done))
        for mean, weight in pairs:
            mean.assign_add((weight.value - mean.value) * (1.0 - decay))
        return loss

    return step


def _loss(targets: Any, logits: Any, consistency: float) -> Any:
    loss = _cross_entropy(targets, logits)
    return loss + consistency * _disagreement(logits) if consistency else loss


def _disagreement(logits: Any) -> Any:
    """How far the answers to the two halves of a batch, two looks at the same images, lie apart.

    The mean of the two Kullback-Leibler divergences, as in Liang et al., "R-Drop: Regularized Dropout for Neural
    Networks", 2021.
    """
    import tensorflow as tf

    one, other = tf.split(tf.nn.log_softmax(logits), 2)
    return tf.reduce_mean(tf.reduce_sum((tf.exp(one) - tf.exp(other)) * (one - other), axis=1)) / 2


def _cross_entropy(targets: Any, logits: Any) -> Any:
    """Mean over the batch; a row of zeros counts nothing, also in the gradient, as not of TensorFlow's own."""
    import tensorflow as tf

    return -tf.reduce_mean(tf.reduce_sum(targets * tf.nn.log_softmax(logits), axis=1))
