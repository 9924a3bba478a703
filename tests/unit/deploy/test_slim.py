"""What is taken out of images, and what stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.slim import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "lib/python3.13/site-packages": [
            "numpy/__init__.py",
            "numpy/__init__.pyi",
            "numpy/lib/tests/test_io.py",
            "numpy/_core/tests/_natype.py",
            "numpy/_core/include/numpy/arrayobject.h",
            "wcwidth/table.py",
            "cv2/data/haarcascade_eye.xml",
            "cv2/data/haarcascade_frontalface_alt2.xml",
            "models/weights/store.py",
            "models/weights/mien-4.json",
        ],
        "bin": ["python", "celery", "mien"],
    }
    for place, names in files.items():
        for name in names:
            path = tmp_path / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("VALUE = 1\n")
    return tmp_path


def left(folder: Path) -> set[str]:
    packages = folder / "lib/python3.13/site-packages"
    files = {path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    return {str(path.relative_to(packages)) for path in files} | {path.name for path in (folder / "bin").iterdir()}


def test_a_worker_keeps_its_networks_and_the_cascade_that_it_uses(folder: Path) -> None:
    assert main(["worker", str(folder)]) == 0
    assert left(folder) == {
        "numpy/__init__.py",
        "numpy/_core/tests/_natype.py",
        "cv2/data/haarcascade_frontalface_alt2.xml",
        "models/weights/store.py",
        "models/weights/mien-4.json",
        "python",
        "mien",
    }
    assert not (folder / "lib/python3.13/site-packages/wcwidth").exists(), "no empty folder is left"


def test_a_worker_for_cards_keeps_what_cuda_loads_and_no_headers(folder: Path) -> None:
    packages = folder / "lib/python3.13/site-packages"
    loaded = {
        "nvidia/cudnn/lib/libcudnn.so.9",
        "nvidia/cuda_nvcc/bin/ptxas",
        "nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc",
        "tensorflow/libtensorflow_cc.so.2",
    }
    built_with = {
        "nvidia/cudnn/include/cudnn.h",
        "nvidia/cuda_runtime/lib/libcudart_static.a",
        "tensorflow/include/Eigen",
    }
    for name in loaded | built_with:
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_bytes(b"of a library")
    assert main(["worker-gpu", str(folder)]) == 0
    assert left(folder) & (loaded | built_with) == loaded
    assert {"models/weights/mien-4.json", "cv2/data/haarcascade_frontalface_alt2.xml", "mien"} <= left(folder)


def test_a_gateway_has_no_networks_and_other_roles_no_command_for_operators(folder: Path) -> None:
    assert main(["gateway", str(folder)]) == 0
    assert {"models/weights/store.py", "mien"} <= left(folder)
    assert "models/weights/mien-4.json" not in left(folder)
    assert main(["capture", str(folder)]) == 0
    assert "mien" not in left(folder)


def test_modules_are_compiled_once_and_their_sources_not_looked_at(folder: Path) -> None:
    assert main(["worker", str(folder)]) == 0
    packages = folder / "lib/python3.13/site-packages"
    (packages / "numpy/__init__.py").write_text("VALUE = 2\n")
    code = "import sys; sys.path[:0] = sys.argv[1:]; import numpy; print(numpy.VALUE)"
    command = [sys.executable, "-S", "-P", "-c", code]
    assert subprocess.run([*command, str(packages)], capture_output=True, text=True, check=True).stdout == "1\n"


def test_what_cannot_be_compiled_ends_the_build(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "lib/python3.13/site-packages/numpy/__init__.py").write_text("print 1\n")
    assert main(["worker", str(folder)]) == 1
    assert "Not all of it can be compiled" in capsys.readouterr().err
