"""Options that all commands share."""

from pathlib import Path

import pytest

from training.cli import main


def test_a_gpu_that_is_not_there_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert main(["fit", "--device", "gpu", "--data", str(folder)], {}) == 2
    assert "GPU was asked for" in capsys.readouterr().err
