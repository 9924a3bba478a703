"""The words of the Makefile."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from support.makefile import make

WORDS = ("audit", "bench", "check", "docs-check", "fuzz", "lock", "sbom", "soak", "test", "train", "up")


def test_without_a_word_it_lists_them(root: Path) -> None:
    answer = make(root)
    assert answer.returncode == 0
    listed = [line.split()[0] for line in answer.stdout.splitlines()[1:]]
    assert set(WORDS) <= set(listed)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_known_to_make(root: Path, word: str) -> None:
    answer = make(root, "--dry-run", word, "DATA=fer2013.zip")
    assert answer.returncode == 0, answer.stderr


def test_the_number_of_workers_is_passed_on(root: Path) -> None:
    assert "-m deploy.local --workers 3" in make(root, "--dry-run", "up", "WORKERS=3").stdout


def test_without_a_runtime_nothing_is_asked_for_but_what_cpus_need(root: Path) -> None:
    planned = make(root, "--dry-run", "up", "RUNTIME=").stdout
    assert "MIEN_RUNTIME" not in planned
    assert not {"keras.txt", "gpu.txt"} & set(planned.replace("/", " ").split())


def test_keras_on_gpus_has_an_environment_of_its_own_and_a_worker_on_each_that_is_named(root: Path) -> None:
    planned = make(root, "--dry-run", "up", "RUNTIME=keras", "GPUS=0,2", "VENV=of-test")
    assert planned.returncode == 0, planned.stderr
    assert "-r requirements/local.txt" in planned.stdout
    assert "of-test-gpu/bin/python -m pip install" in planned.stdout
    assert "-r requirements/gpu.txt" in planned.stdout
    assert "of-test/" not in planned.stdout, "there is TensorFlow for CPUs"
    last = " ".join(planned.stdout.replace("\\\n", "").splitlines()[-1].split())
    assert last.startswith("exec env MIEN_RUNTIME=keras of-test-gpu/bin/python -m deploy.local")
    assert last.endswith("--gpus 0,2")


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of all programs that there are: none of NVIDIA's driver, whatever this machine has."""
    folder = tmp_path_factory.mktemp("programs")
    for program in ("make", "python3", "sh", "sed", "cat"):
        (folder / program).symlink_to(str(shutil.which(program)))
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(("driver", "lock"), [(True, "gpu"), (False, "keras")])
def test_where_the_driver_is_keras_takes_all_gpus_and_elsewhere_the_cpu(
    root: Path, tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch, driver: bool, lock: str
) -> None:
    if driver:
        (programs / "nvidia-smi").write_text("#!/bin/sh\n")
        (programs / "nvidia-smi").chmod(0o755)
    monkeypatch.delenv("GPUS", raising=False)
    planned = make(root, "--dry-run", "up", "RUNTIME=keras", f"VENV={tmp_path}/venv")
    assert planned.returncode == 0, planned.stderr
    assert f"-r requirements/{lock}.txt" in planned.stdout
    assert ("--gpus all" in planned.stdout) == driver


def test_an_unsuitable_python_is_refused_with_the_whole_command(root: Path, tmp_path: Path) -> None:
    python = other_python(tmp_path, "3.10")
    answer = make(root, "up", "RUNTIME=keras", "GPUS=", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")
    assert answer.returncode != 0
    assert "Name one: make PYTHON=python3.12 up RUNTIME=keras" in answer.stderr
    assert "Keras computes on the CPU" in answer.stdout


@pytest.mark.usefixtures("programs")
def test_gpus_without_a_driver_are_refused_before_gigabytes_are_fetched(root: Path, tmp_path: Path) -> None:
    answer = make(root, "up", "RUNTIME=keras", "GPUS=all", f"VENV={tmp_path}/venv")
    assert answer.returncode != 0
    assert "GPUS=all needs NVIDIA's driver, and there is no nvidia-smi here (docs/gpu.md)." in answer.stderr
    assert not list(tmp_path.iterdir())


def test_another_runtime_is_refused_in_words_and_nothing_is_installed(root: Path, tmp_path: Path) -> None:
    answer = make(root, "up", "RUNTIME=tensorrt", f"VENV={tmp_path}/venv")
    assert answer.returncode != 0
    assert "RUNTIME=tensorrt is none: keras is for GPUs (docs/gpu.md)" in answer.stderr
    assert not list(tmp_path.iterdir())


def test_training_asks_for_its_data(root: Path, tmp_path: Path) -> None:
    answer = make(root, "train", "DATA=", f"VENV={tmp_path}", "-o", f"{tmp_path}/.installed-training")
    assert answer.returncode != 0
    assert "make train DATA=/path/to/fer2013.zip" in answer.stdout


@pytest.mark.parametrize("version", ["3.10", "3.14", "4.0"])
def test_an_unsuitable_python_is_refused_in_words(root: Path, tmp_path: Path, version: str) -> None:
    python = other_python(tmp_path, version)
    answer = make(root, "up", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")
    assert answer.returncode != 0
    assert "Mien needs Python 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12 up" in answer.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("version", ["3.11", "3.13"])
def test_a_suitable_python_makes_the_environment(root: Path, tmp_path: Path, version: str) -> None:
    answer = make(root, f"{tmp_path}/bin/python", f"PYTHON={other_python(tmp_path, version)}", f"VENV={tmp_path}")
    assert answer.returncode == 0, answer.stderr
    assert "asked for -m venv" in answer.stdout


def other_python(folder: Path, version: str) -> Path:
    """This Python, which takes itself for another version when it is given code, and does nothing else."""
    program = folder / "other-python"
    major, minor = version.split(".")
    program.write_text(f"""#!{sys.executable}
import os
import shutil
import sys
if sys.argv[1] != "-c":
    sys.exit(print("asked for", *sys.argv[1:]))
sys.version_info = ({major}, {minor}, 0, "final", 0)
exec(sys.argv[2])
""")
    program.chmod(0o755)
    return program


def test_a_version_that_pyenv_may_lack_is_not_asked_for(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`.python-version` is Heroku's; with pyenv it would make every ``python3`` of a recipe fail."""
    pyenv = tmp_path / "pyenv"
    pyenv.write_text('#!/bin/sh\n[ -e .python-version ] && echo "of Heroku" || echo 3.12.1\n')
    pyenv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("PYENV_VERSION", raising=False)
    assert "PYENV_VERSION := 3.12.1" in make(root, "--print-data-base", "--dry-run", "help").stdout
    monkeypatch.setenv("PYENV_VERSION", "3.11.9")
    assert "PYENV_VERSION := 3.11.9" in make(root, "--print-data-base", "--dry-run", "help").stdout
