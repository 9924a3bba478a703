"""LiteRT answers alike for any batch and from any number of threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import InvalidWeights
from models.classification import DEFAULT_MODEL, EmotionCard
from models.detection.card import DetectorCard
from models.runtimes import Runtime, open_runtime
from models.weights import load_weights


@pytest.fixture
def runtime() -> Runtime:
    content, card = load_weights(DEFAULT_MODEL, EmotionCard)
    return open_runtime("litert", content, source=card.file)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (16, 48, 48, 1), np.uint8)


def test_an_answer_does_not_depend_on_the_batch(runtime: Runtime, images: np.ndarray) -> None:
    together = runtime.run(images)[0]
    assert together.shape == (16, 7)
    assert together.dtype == np.float32
    for number in (0, 7, 15):
        assert np.array_equal(runtime.run(images[number : number + 1])[0][0], together[number])


def test_one_item_gives_what_it_gives_in_a_batch(runtime: Runtime, images: np.ndarray) -> None:
    output = runtime.run_one(images[:1])[0]
    assert np.array_equal(output.dequantized(), runtime.run(images)[0][:1])


def test_outputs_are_read_by_number_in_the_order_that_was_asked(two_headed: Path, images: np.ndarray) -> None:
    content, card = load_weights(str(two_headed), EmotionCard)
    runtime = open_runtime("litert", content, source=card.file)
    labels, votes = runtime.run(images)
    assert [output.shape for output in runtime.run(images, [1])] == [(16, 8)]
    assert all(map(np.array_equal, runtime.run(images, [1, 0]), (votes, labels)))
    assert [output.shape for output in runtime.run(images[:0], [1, 0])] == [(0, 8), (0, 7)]
    assert len(runtime.run_one(images[:1])) == 2


def test_a_runtime_takes_inputs_of_several_sizes_in_turn() -> None:
    content, card = load_weights("faces-2", DetectorCard)
    runtime = open_runtime("litert", content, source=card.file)
    sizes = [(1, 64, 96, 3), (1, 96, 64, 3), (1, 64, 96, 3)]
    answers = [runtime.run_one(np.full(size, 9, np.uint8)) for size in sizes]
    first, other, again = ([output.dequantized() for output in outputs] for outputs in answers)
    assert [output.shape[1:3] for output in other] == [output.shape[2:0:-1] for output in first]
    assert all(map(np.array_equal, first, again))


def test_an_empty_batch_is_answered_with_no_rows(runtime: Runtime, images: np.ndarray) -> None:
    nothing = runtime.run(images[:0])[0]
    assert nothing.shape == (0, 7)


def test_eight_threads_get_what_one_gets_bit_by_bit(runtime: Runtime, images: np.ndarray) -> None:
    alone = runtime.run(images)[0]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: runtime.run(images)[0], range(80)))
    assert all(np.array_equal(answer, alone) for answer in answers)


def test_integers_and_real_numbers_of_the_same_value_are_the_same_image(runtime: Runtime, images: np.ndarray) -> None:
    assert np.array_equal(runtime.run(images)[0], runtime.run(images.astype(np.float64))[0])


@pytest.mark.parametrize("content", [b"", b"no network at all", b"\0" * 4096])
def test_bytes_that_are_no_network_are_refused_by_name(content: bytes) -> None:
    with pytest.raises(InvalidWeights, match=r"odd\.tflite"):
        open_runtime("litert", content, source="odd.tflite")


def test_litert_loads_no_tensorflow() -> None:
    code = (
        "import sys; from models.classification import load_classifier; load_classifier(); "
        "print([name for name in sys.modules if name.split('.')[0] in ('tensorflow', 'keras')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_threads_that_come_later_find_interpreters_that_are_warm(
    runtime: Runtime, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = runtime.run(images)[0]
    runtime.prepare(images[:1], 2)

    def refuse(*_: object) -> None:
        raise AssertionError("an interpreter is made while an answer is waited for")

    monkeypatch.setattr("models.runtimes.litert._make", refuse)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        answers = [pool.submit(runtime.run, images).result()[0] for pool in (one, other, one)]
    assert all(np.array_equal(answer, expected) for answer in answers)
    with ThreadPoolExecutor(1) as third, pytest.raises(AssertionError):
        third.submit(runtime.run, images).result()
