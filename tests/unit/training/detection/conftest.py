"""Data and a way to run a handful of steps quickly."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tensorflow as tf

from support.faces import bright_squares, write_faces_zip
from training.detection.dataset import Split


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small `faces.zip`: two photos by hand, one by machine, one without a face."""
    path = tmp_path / "faces.zip"
    write_faces_zip(path, ["hand_0.jpg", "hand_1.jpg", "machine_0.jpg", "none_0.jpg"])
    return path


@pytest.fixture(scope="session")
def data() -> Split:
    """Bright squares, some of which are faces."""
    return bright_squares()


@pytest.fixture
def eager() -> Iterator[None]:
    """Run without tracing: for a handful of steps, building the graph would be nearly all of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
