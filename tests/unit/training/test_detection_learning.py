"""Assignment, losses, the network, and one tiny training from data to a file that finds faces' boxes."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.detection.grid import cells
from models.runtimes import open_runtime
from training.detection.batches import collate
from training.detection.dataset import Picture, Split
from training.detection.export import multiply_adds, to_keras, to_litert
from training.detection.losses import Truth, losses
from training.detection.network import Enlarge, build, weights_to_run
from training.detection.recipe import HELP, Recipe
from training.detection.sample import Sample
from training.detection.targets import assign, overlaps
from training.detection.trainer import LOG, Trainer

# Keras 3 and NumPy 2 disagree on one keyword of __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIDE = 64
FACE = [8.0, 8.0, 40.0, 48.0]


def truth(*faces: list[float], ignored: tuple[list[float], ...] = ()) -> Truth:
    none = np.empty((0, 4), np.float32)
    sample = Sample(
        np.zeros((SIDE, SIDE, 3), np.uint8),
        np.array(faces, np.float32).reshape(-1, 4),
        np.tile(np.array([[24.0, 28.0]], np.float32), (len(faces), 5, 1)),
        np.array(ignored, np.float32).reshape(-1, 4) if ignored else none,
    )
    return Truth(*(tf.constant(part) for part in collate([sample])[1:]))


def outputs(score: float, *, reach: float = 0.7) -> list[tf.Tensor]:
    """Raw maps in which every cell says the same."""
    maps = []
    for stride in (8, 16, 32):
        cell = SIDE // stride
        for channels, value in ((1, score), (4, reach), (10, 0.0)):
            maps.append(tf.fill((1, cell, cell, channels), value))
    return maps


def targets(wanted: Truth, boxes: np.ndarray):
    where = cells(SIDE, SIDE)
    count = len(where.centres)
    return assign(
        tf.fill((1, count), 0.1),
        tf.constant(boxes[None], tf.float32),
        faces=wanted.faces,
        real=wanted.real,
        centres=tf.constant(where.centres),
        strides=tf.constant(where.strides),
    )


def test_overlaps_agree_with_arithmetic() -> None:
    assert float(overlaps(tf.constant([0.0, 0, 10, 10]), tf.constant([5.0, 0, 15, 10]))) == pytest.approx(1 / 3)


def test_a_face_is_answered_for_by_cells_in_its_middle() -> None:
    where = cells(SIDE, SIDE)
    chosen = targets(truth(FACE), np.zeros((len(where.centres), 4)))
    centres = where.centres[chosen.positive.numpy()[0] > 0]
    assert 6 <= len(centres) <= 9  # cells that fit equally well share a place
    assert (np.abs(centres - [24, 28]) <= [12, 12]).all()


def test_the_best_box_is_asked_for_the_highest_score() -> None:
    where = cells(SIDE, SIDE)
    boxes = np.tile(np.array([[0.0, 0, 30, 30]]), (len(where.centres), 1))
    best = int(np.argmin(np.abs(where.centres[:64] - [28, 28]).sum(axis=1)))
    boxes[best] = FACE
    chosen = targets(truth(FACE), boxes)
    assert int(tf.argmax(chosen.score[0])) == best
    assert float(chosen.score[0, best]) == pytest.approx(1, abs=1e-3)


def test_padding_is_answered_for_by_no_cell() -> None:
    where = cells(SIDE, SIDE)
    assert float(tf.reduce_sum(targets(truth(), np.zeros((len(where.centres), 4))).positive)) == 0


def test_ignored_regions_cost_nothing() -> None:
    where = cells(SIDE, SIDE)
    grid = tf.constant(where.centres), tf.constant(where.strides)
    punished = losses(outputs(3.0), truth(), *grid)["score"]
    spared = losses(outputs(3.0), truth(ignored=([0, 0, SIDE, SIDE],)), *grid)["score"]
    assert float(punished) > 1
    assert float(spared) == 0


def test_unknown_landmarks_cost_nothing_and_give_no_nan() -> None:
    where = cells(SIDE, SIDE)
    grid = tf.constant(where.centres), tf.constant(where.strides)
    known = truth(FACE)
    unknown = known._replace(landmarks=tf.fill(known.landmarks.shape, np.float32(np.nan)))
    assert float(losses(outputs(0.0), known, *grid)["landmarks"]) > 0
    assert float(losses(outputs(0.0), unknown, *grid)["landmarks"]) == 0


def test_enlarging_by_rearrangement_is_upsampling() -> None:
    cells_of = tf.constant(np.random.default_rng(0).random((2, 3, 4, 5)), tf.float32)
    assert (Enlarge()(cells_of).numpy() == keras.layers.UpSampling2D()(cells_of).numpy()).all()


def test_the_network_is_as_small_as_its_place_allows() -> None:
    network = build(288, 384)
    assert 100_000 <= network.count_params() <= 450_000
    assert multiply_adds(network) < 300e6
    assert [output.shape[-1] for output in network.outputs] == [1, 4, 10] * 3


def test_every_argument_of_a_run_is_explained() -> None:
    assert set(HELP) == set(Recipe.__dataclass_fields__)


@pytest.fixture(scope="module")
def data() -> Split:
    """Bright squares on noise: faces enough for a first lesson."""
    chance = np.random.default_rng(0)
    every = []
    for number in range(24):
        pixels = chance.integers(0, 90, (96, 96, 3), dtype=np.uint8)
        x, y = chance.integers(4, 50, 2)
        pixels[y : y + 40, x : x + 34] = 230
        face = number % 4 != 0
        boxes = np.array([[x, y, x + 34, y + 40]] if face else [], np.float32).reshape(-1, 4)
        points = np.tile(np.array([[x + 17, y + 20]], np.float32), (len(boxes), 5, 1)).reshape(-1, 5, 2)
        if not face:
            pixels[y : y + 40, x : x + 34] = 40
        source = ("hand", "machine")[number % 2] if face else "none"
        every.append(Picture(f"{number:02}", source, pixels, boxes, points, bare=True))
    return Split(every[8:], every[:8], "0" * 64)


@pytest.fixture
def eager() -> Iterator[None]:
    """Run without tracing: for a handful of steps, building the graph would be nearly all of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


RECIPE = Recipe(steps=4, cooling=2, batch=4, size=64, warm_up=1, save_every=2, check_every=2)


@pytest.mark.usefixtures("eager")
def test_a_stopped_run_goes_on_where_it_was(data: Split, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stopped

    first = Trainer(RECIPE, tmp_path)
    first._check = stop  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        first.fit(data)
    path = Trainer(RECIPE, tmp_path).fit(data)
    steps = [json.loads(line)["step"] for line in (tmp_path / LOG).read_text().splitlines()]
    assert steps == [4]
    assert path.is_file()
    origin = json.loads((tmp_path / "origin.json").read_text())
    assert origin["steps_done"] == 4
    assert origin["data_sha256"] == data.data_sha256


@pytest.mark.usefixtures("eager")
def test_a_copy_of_a_run_cools_down_while_the_run_itself_goes_on(data: Split, tmp_path: Path) -> None:
    long = replace(RECIPE, steps=1000)
    trainer = Trainer(long, tmp_path / "run")
    rates = [trainer.rate(step) for step in (0, 1, 500, 997)]
    assert rates == [long.rate] * 4
    assert trainer.rate(999) < 0.5 * long.rate
    Trainer(RECIPE, tmp_path / "run").fit(data)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    cooled = Trainer(replace(RECIPE, steps=6), tmp_path / "copy")
    assert cooled.rate(4) == RECIPE.rate
    cooled.fit(data)
    steps = [json.loads(line)["step"] for line in (tmp_path / "copy" / LOG).read_text().splitlines()]
    assert steps == [2, 4, 6]


def test_the_network_to_run_computes_what_the_trained_one_does() -> None:
    network, quick = build(), build(to_run=True)
    quick.set_weights(weights_to_run(network))
    pixels = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3)).astype(np.float32)
    for wanted, given in zip(network(pixels / 255), quick(pixels), strict=True):
        assert np.allclose(wanted, given, atol=1e-4)


def test_the_keras_file_takes_pixels_as_the_8_bit_one_does() -> None:
    network = build()
    runtime = open_runtime("keras", to_keras(network), source="test")
    pixels = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3), dtype=np.uint8)
    exact = network(pixels.astype(np.float32) / 255, training=False)
    for wanted, given in zip(exact, runtime.run_one(pixels), strict=True):
        assert np.allclose(wanted, given.real(), atol=1e-4)


def test_an_exported_network_answers_as_the_trained_one(data: Split) -> None:
    network = build()
    runtime = open_runtime("litert", to_litert(network, data.train), source="test")
    pixels = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3), dtype=np.uint8)
    exact = network(pixels.astype(np.float32) / 255, training=False)
    for wanted, given in zip(exact, runtime.run(pixels), strict=True):
        assert given.shape == wanted.shape
        spread = float(np.ptp(wanted.numpy())) + 0.05
        assert np.abs(given - wanted.numpy()).max() < 0.25 * spread
