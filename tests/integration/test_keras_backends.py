"""What TensorFlow gives in all other tests, other backends of Keras give as well; each in a process of its own."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = (
    "batching/test_analyzer.py::test_images_of_all_kinds_are_answered_as_each_by_itself",
    "batching/test_crops.py",
    "batching/test_letterboxing.py",
    "runtimes/backends/test_loading.py::test_it_is_the_one_that_keras_has",
    "runtimes/test_accelerator.py",
    "runtimes/test_keras.py",
    "runtimes/test_keras_archive.py",
    "runtimes/test_programs.py",
)

OF_TENSORFLOW = "runtimes/test_keras.py::test_the_face_finder_answers_as_litert_does_in_floating_point"
"""Its converter takes no network of another backend."""

# PyTorch is not among the developers' libraries: on Linux its wheel brings three gigabytes of CUDA.
BACKENDS = [name for name in ("jax", "torch") if name == "jax" or find_spec(name)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_another_backend_gives_the_same_answers(backend: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    tests = [f"tests/unit/models/{test}" for test in TESTS]
    tests += [f"--deselect=tests/unit/models/{OF_TENSORFLOW}"]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run([*command, *tests], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
