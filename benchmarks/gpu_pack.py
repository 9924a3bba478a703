"""A folder with the bare part of ``benchmarks.gpu``, for a machine that has Python, a GPU and no network."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from models.classification import DEFAULT_MODEL
from models.detection.lite import NETWORK

ROOT: Final = Path(__file__).parents[1]
PORTRAITS: Final = (ROOT / "capture/sources/astronaut.jpg", ROOT / "astronaut.jpg")
"""The face that is looked for: in the project, and in such a folder."""
_NEEDED: Final = ("keras", "numpy", "opencv-python-headless", "pydantic")
_BENCHMARKS: Final = ("__init__.py", "gpu.py", "gpu_bare.py", "gpu_pack.py")


def pack(folder: Path, *, wheels: bool = False) -> str:
    """Make the folder.

    Args:
        folder: must not exist.
        wheels: whether what is needed of PyPI but a backend comes along, for this Python and platform.

    Returns:
        What to type there.
    """
    folder.mkdir(parents=True)
    keras_only = shutil.ignore_patterns("__pycache__", "*.tflite", "*.json", "*.keras")
    for package in ("contracts", "models"):
        shutil.copytree(ROOT / package, folder / package, ignore=keras_only)
    for name in (DEFAULT_MODEL, NETWORK):
        for end in ("json", "keras"):
            shutil.copy(ROOT / f"models/weights/{name}.{end}", folder / "models/weights")
    (folder / "benchmarks").mkdir()
    for file in _BENCHMARKS:
        shutil.copy(ROOT / "benchmarks" / file, folder / "benchmarks")
    shutil.copy(PORTRAITS[0], folder)
    typed = ["KERAS_BACKEND=jax python -m benchmarks.gpu --json figures.json"]
    if wheels:
        pinned = [f"{name}=={version(name)}" for name in _NEEDED]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", f"--dest={folder}/wheels"]
        subprocess.run([*command, *pinned], check=True)
        typed.insert(0, "pip install --no-index --find-links wheels " + " ".join(_NEEDED))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{folder}: {size / 1e6:.0f} MB. Type there:\n" + "\n".join(f"  {line}" for line in typed)
