"""Files of weights and cards as they are written."""

import hashlib
import warnings
from pathlib import Path

import pytest

from models.classification import EmotionCard
from models.weights import WEIGHTS, load_weights
from training.shared.export import quiet_conversion, write_card, write_weights


def test_a_file_is_described_as_it_was_written(tmp_path: Path) -> None:
    described = write_weights(tmp_path / "new", "one.tflite", b"weights")
    assert (tmp_path / "new/one.tflite").read_bytes() == b"weights"
    assert described.size_bytes == 7
    assert described.sha256 == hashlib.sha256(b"weights").hexdigest()


def test_a_card_that_is_written_reads_as_it_was(tmp_path: Path) -> None:
    content, card = load_weights("classic-1", EmotionCard)
    write_weights(tmp_path, card.file, content)
    write_card(tmp_path, card)
    assert load_weights("classic-1", EmotionCard, tmp_path) == (content, card)
    assert (tmp_path / "classic-1.json").read_text() == (WEIGHTS / "classic-1.json").read_text()


def test_a_conversion_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet_conversion():
        print("pages of it")
        warnings.warn("soon", DeprecationWarning, stacklevel=1)
    assert capsys.readouterr().out == ""
