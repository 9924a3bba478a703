"""Packages keep their shape: short modules, found under their names, without libraries that do not belong there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "models", "workers", "api", "capture", "training", "operate", "deploy")
LONGEST_MODULE = 300


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


def test_a_worker_that_takes_webhooks_alone_loads_neither_networks_nor_opencv() -> None:
    loaded = loaded_by("""
from contracts.settings import Settings
from workers.app import create_app, register_tasks
from workers.periodic import PeriodicTasks
from workers.services import build_services
settings = Settings(worker_queues="webhooks")
register_tasks(create_app(settings), build_services(settings))
""")
    assert "celery" in loaded
    assert not loaded & {"cv2", "numpy", "ai_edge_litert", "PIL"}


def test_importing_models_loads_neither_opencv_nor_a_runtime() -> None:
    loaded = loaded_by("import models, models.images.header")
    assert not loaded & {"cv2", "numpy", "ai_edge_litert", "tensorflow"}


WATCHER = '''
import importlib, os, pkgutil, sys

class Watched(dict):
    def watch(self, key):
        """Refuse our own settings to all modules, and everything to our own modules.

        Libraries may look up variables of theirs. Reading all, as pydantic-settings does, is refused also to those
        that one of our modules calls, but not to those that it merely imports.
        """
        assert not str(key).startswith("MIEN_"), f"a library reads {key}"
        frame = sys._getframe(2)
        while frame.f_globals.get("__name__") == "os":
            frame = frame.f_back
        while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
            reader = frame.f_globals.get("__name__", "")
            assert reader.partition(".")[0] not in PACKAGES, f"{reader} reads the environment: {key or 'all of it'}"
            frame = None if key else frame.f_back

def watching(name):
    plain = getattr(dict, name)
    keyed = name in ("get", "__getitem__", "__contains__")
    def method(self, *arguments):
        self.watch(arguments[0] if keyed else None)
        return plain(self, *arguments)
    return method

for name in ("get", "__getitem__", "__contains__", "__iter__", "items", "keys", "values", "copy", "__or__"):
    setattr(Watched, name, watching(name))

os.environ = Watched(os.environ)
seen = 0
for name in PACKAGES:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            seen += 1
print(seen)
'''


def test_no_module_reads_the_environment_when_it_is_imported() -> None:
    assert int(python(f"PACKAGES = {PACKAGES}\n{WATCHER}")) > 100


@pytest.mark.parametrize(
    "statement",
    [
        "from contracts.settings import Settings; Settings()",
        "import os; os.environ.get('HOME')",
        "import os; 'MIEN_PORT' in os.environ",
        "import os; os.environ.copy()",
        "import os; {**os.environ}",
        "import os; list(os.environ.items())",
        "import os; os.getenv('MIEN_PORT')",
    ],
)
def test_a_module_that_reads_the_environment_would_be_found_out(tmp_path: Path, statement: str) -> None:
    (tmp_path / "hasty").mkdir()
    (tmp_path / "hasty/__init__.py").touch()
    (tmp_path / "hasty/reader.py").write_text(statement)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); PACKAGES = ('hasty',)\n{WATCHER}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert re.search(r"AssertionError: (hasty\.reader reads the environment|a library reads MIEN_PORT)", done.stderr)
