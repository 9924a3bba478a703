"""The page about networks on devices: its example runs as it stands there, and its files are those that ship."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from contracts.emotions import EMOTIONS, VOTED
from models.classification import Classifier, load_classifier
from models.runtimes import open_runtime
from models.weights import WEIGHTS


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).parents[2] / "docs/on-device.md").read_text()


@pytest.fixture(scope="module")
def example(page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    path = tmp_path_factory.mktemp("example") / "example.py"
    path.write_text(code)
    return path


def listed(page: str) -> dict[str, int]:
    """Bytes by file, as the table has them."""
    return {file: int(size) for file, size in re.findall(r"^\| `(\S+\.tflite)` \| (\d+) \|", page, re.MULTILINE)}


def run(example: Path, network: Path, face: np.ndarray) -> list[dict[str, float]]:
    """What the example prints in a process of its own."""
    np.save(example.with_name("face.npy"), face)
    command = [sys.executable, "-I", str(example), str(network), str(example.with_name("face.npy"))]
    printed = subprocess.run(command, cwd=example.parent, capture_output=True, text=True, check=True, timeout=60)
    return list(json.loads(printed.stdout))


def test_every_listed_file_has_the_size_that_is_said(page: str) -> None:
    sizes = listed(page)
    assert sizes == {file: (WEIGHTS / file).stat().st_size for file in sizes}
    served = {path.name for path in WEIGHTS.glob("mien-*.tflite")}
    assert set(sizes) == served


def test_the_example_needs_nothing_of_mien(example: Path) -> None:
    tree = ast.parse(example.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"json", "sys", "numpy", "ai_edge_litert.interpreter"}


def test_the_example_reads_a_face_as_mien_does_with_every_listed_file(page: str, example: Path) -> None:
    face = np.random.default_rng(5).integers(0, 256, (48, 48), np.uint8)
    for file in listed(page):
        name, form, _ = file.rsplit(".", 2)
        card = load_classifier(name).card
        classifier = Classifier(open_runtime("litert", (WEIGHTS / file).read_bytes(), source=file), card)
        labels, *votes = run(example, WEIGHTS / file, face)
        assert tuple(labels) == EMOTIONS, form
        assert list(labels.values()) == pytest.approx(classifier.predict(face[None])[0].tolist(), abs=1e-6)
        assert len(votes) == (card.votes is not None)


def test_the_example_tells_two_heads_apart(example: Path, two_headed: Path) -> None:
    face = np.random.default_rng(6).integers(0, 256, (48, 48), np.uint8)
    classifier = load_classifier(str(two_headed))
    labels, votes = run(example, two_headed.with_name(classifier.card.file), face)
    assert (tuple(labels), tuple(votes)) == (EMOTIONS, VOTED)
    for answer, expected in zip((labels, votes), classifier.predict_both(face[None]), strict=True):
        assert list(answer.values()) == pytest.approx(expected[0].tolist(), abs=1e-6)
