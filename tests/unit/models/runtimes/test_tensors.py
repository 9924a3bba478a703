"""Outputs in integers are read as the reals that they stand for."""

import numpy as np
import pytest

from models.runtimes.tensors import Output, Tensor

VALUES = np.arange(-128, 128).astype(np.int8).reshape(1, 8, 4, 8)


@pytest.fixture(params=["integers", "reals"])
def output(request: pytest.FixtureRequest) -> Output:
    integers = Output(VALUES, np.float32(0.03), 71)
    return integers if request.param == "integers" else Output(integers.dequantized())


def test_integers_are_steps_from_zero() -> None:
    real = Output(VALUES, np.float32(0.03), 71).dequantized()
    assert real.dtype == np.float32
    assert real.ravel()[[0, 199, 255]] == pytest.approx([-199 * 0.03, 0, 56 * 0.03])


def test_rows_are_those_of_the_whole(output: Output) -> None:
    picked = np.array([0, 5, 31])
    assert np.array_equal(output.rows(picked), output.dequantized().reshape(32, 8)[picked])


@pytest.mark.parametrize("least", [-1e9, -5.98, -1.0, 0.0, 0.016, 1.67, 1e9])
def test_values_that_reach_a_bound_are_found_before_they_are_reals(output: Output, least: float) -> None:
    assert np.array_equal(output.at_least(least), np.flatnonzero(output.dequantized() >= least))


def test_an_input_of_pixels_takes_pixels_as_they_are() -> None:
    tensor = Tensor.of({"index": 3, "dtype": np.uint8, "quantization": (1.0, 0)})
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    assert tensor.quantised(pixels) is pixels
    assert np.array_equal(tensor.quantised(pixels.astype(np.float32) + 0.2), pixels)


def test_an_input_of_steps_takes_the_nearest_within_its_range() -> None:
    tensor = Tensor.of({"index": 0, "dtype": np.int8, "quantization": (0.5, -10)})
    assert tensor.quantised(np.array([0.0, 1.0, 0.6, 999.0, -999.0])).tolist() == [-10, -8, -9, 127, -128]
