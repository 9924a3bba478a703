"""Runs that several tests look at, trained once a test process."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from models.cropping import CropFit
from support.training import QUICK, QUICK_MIEN, write_folders, write_votes
from training.cli import main
from training.emotion.card import export
from training.emotion.trainer import fit
from training.shared.fer2013 import Fer2013
from training.shared.run_folder import RunFolder


@pytest.fixture(scope="session")
def classic_run(tmp_path_factory: pytest.TempPathFactory, data: Fer2013) -> RunFolder:
    """A classic network that has learned the bars."""
    recipe = QUICK.model_copy(update={"epochs": 12})
    return fit(recipe, data, tmp_path_factory.mktemp("runs") / "classic", source="bars", quiet=True)


@pytest.fixture(scope="session")
def mien_run(tmp_path_factory: pytest.TempPathFactory, data: Fer2013) -> RunFolder:
    """Mien's network after a few steps."""
    return fit(QUICK_MIEN, data, tmp_path_factory.mktemp("runs") / "mien", source="bars", quiet=True)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, mien_run: RunFolder, data: Fer2013) -> Path:
    """The folder of its exported files."""
    out = tmp_path_factory.mktemp("weights")
    others = ("float32", "float16", "keras")
    export(mien_run, data, "bars-1", out, form="int8", others=others, crop=CropFit(margin=0.1))
    return out


@pytest.fixture(scope="session")
def narrow_run(tmp_path_factory: pytest.TempPathFactory, mien_run: RunFolder, data: Fer2013) -> tuple[RunFolder, str]:
    """The same network with half of its inner channels, made by the command, and what the command printed."""
    root, out, printed = tmp_path_factory.mktemp("fer"), tmp_path_factory.mktemp("runs") / "narrow", StringIO()
    write_folders(root, data)
    write_votes(root / "fer2013new.csv", data.train)
    options = ["--kind", "structured", "--keep", "0.5", "--epochs", "1", "--out", str(out), "--quiet"]
    with redirect_stdout(printed):
        assert main(["prune", str(mien_run.path), "--data", str(root), *options], {}) == 0
    return RunFolder(out), printed.getvalue()
