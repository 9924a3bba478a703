"""The house keeps its shape: small rooms, no strangers in them, no heavy furniture where it does not belong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "models", "workers", "api", "capture", "training", "deploy")
LONGEST_MODULE = 350


def python(code: str, cwd: Path = ROOT) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    return set(json.loads(python(f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))")))


def test_no_module_is_long() -> None:
    sources = [path for package in (*PACKAGES, "benchmarks", "tests") for path in (ROOT / package).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources}
    assert len(lengths) > 50
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_ours_also_beside_a_foreign_folder_of_the_same_name(package: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    home = python(f"import {package}; print({package}.__path__[0])", cwd=tmp_path / "elsewhere").strip()
    assert Path(home) == ROOT / package


def test_a_worker_without_the_keras_runtime_loads_no_tensorflow() -> None:
    loaded = loaded_by("from models import load_analyzer; load_analyzer(); import workers.app")
    assert "cv2" in loaded
    assert not loaded & {"tensorflow", "keras", "torch", "flask"}


def test_importing_models_loads_neither_opencv_nor_a_runtime() -> None:
    loaded = loaded_by("import models, models.header")
    assert not loaded & {"cv2", "numpy", "ai_edge_litert", "tensorflow"}


def test_no_module_reads_the_environment_when_it_is_imported() -> None:
    code = """
import os, pkgutil, importlib
class Watched(dict):
    def get(self, key, *rest):
        assert not str(key).startswith("MIEN_"), key
        return super().get(key, *rest)
    def __getitem__(self, key):
        assert not str(key).startswith("MIEN_"), key
        return super().__getitem__(key)
os.environ = Watched(os.environ)
for name in ("contracts", "workers", "api", "capture"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print("none")
"""
    assert python(code).strip() == "none"
