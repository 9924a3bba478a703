"""The backend of a process: the one that KERAS_BACKEND names, or a sentence that says what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from contracts.errors import ConfigurationError
from models.runtimes.backends import load_backend

ROOT = Path(__file__).parents[5]


def test_it_is_the_one_that_keras_has() -> None:
    backend = load_backend()
    assert backend.name == keras.config.backend()
    assert backend is load_backend()


def test_it_is_loaded_once_whatever_share_of_memory_is_asked_for_then() -> None:
    assert load_backend(0.5) is load_backend()


def test_an_unknown_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "abacus")
    with pytest.raises(ConfigurationError, match="KERAS_BACKEND=abacus is none of tensorflow, jax, torch"):
        load_backend()


def test_one_that_is_not_installed_is_told_with_the_extra_that_brings_it() -> None:
    code = """
import sys
sys.modules["torch"] = None
from models.runtimes.backends import load_backend
try:
    load_backend()
except Exception as error:
    print(type(error).__name__, error)
"""
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("ConfigurationError Keras or torch"), done.stderr
    assert "mien[gpu-torch]" in done.stdout
