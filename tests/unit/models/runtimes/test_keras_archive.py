"""Keras' files before they are loaded."""

import io
import zipfile

import numpy as np
import pytest

from models.classification import EmotionCard
from models.runtimes import open_runtime
from models.runtimes.base import Acceleration, Precision
from models.runtimes.keras_archive import prepared_archive
from models.weights import load_weights


@pytest.fixture(scope="module")
def content() -> bytes:
    return load_weights("classic-1", EmotionCard, variant="keras")[0]


def test_the_weights_are_what_they_were(content: bytes) -> None:
    prepared = prepared_archive(content, "float16")
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(io.BytesIO(prepared)) as after:
        assert set(before.namelist()) == set(after.namelist())
        assert before.read("model.weights.h5") == after.read("model.weights.h5")


@pytest.mark.parametrize(("precision", "least", "most"), [("float16", 1e-6, 0.05), ("bfloat16", 1e-4, 0.3)])
def test_in_half_precision_the_answers_are_nearly_the_same(
    content: bytes, precision: Precision, least: float, most: float
) -> None:
    crops = np.random.default_rng(2).integers(0, 256, (4, 48, 48, 1), np.uint8)
    exact, half = (
        open_runtime("keras", content, source="x", acceleration=Acceleration(each, 4)).run(crops)[0]
        for each in ("float32", precision)
    )
    assert half.dtype == np.float32
    assert least < np.abs(exact - half).max() < most


@pytest.mark.parametrize("wrong", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_such_file_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="no Keras archive"):
        prepared_archive(wrong, "float32")
