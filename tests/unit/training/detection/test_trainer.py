"""A tiny training of the detector, stopped and resumed."""

import json
import shutil
from pathlib import Path

import pytest

from training.detection.dataset import Split
from training.detection.recipe import Recipe
from training.detection.trainer import LOG, Trainer

RECIPE = Recipe(steps=4, cooling=2, batch=4, size=64, warm_up=1, save_every=2, check_every=2)


@pytest.mark.usefixtures("eager")
def test_a_stopped_run_goes_on_where_it_was(data: Split, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stopped

    first = Trainer(RECIPE, tmp_path)
    first._check = stop  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        first.fit(data)
    path = Trainer(RECIPE, tmp_path).fit(data)
    steps = [json.loads(line)["step"] for line in (tmp_path / LOG).read_text().splitlines()]
    assert steps == [4]
    assert path.is_file()
    origin = json.loads((tmp_path / "origin.json").read_text())
    assert origin["steps_done"] == 4
    assert origin["data_sha256"] == data.data_sha256


@pytest.mark.usefixtures("eager")
def test_a_copy_of_a_run_cools_down_while_the_run_itself_goes_on(data: Split, tmp_path: Path) -> None:
    Trainer(RECIPE, tmp_path / "run").fit(data)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    cooled = Trainer(RECIPE.model_copy(update={"steps": 6}), tmp_path / "copy")
    assert cooled.rate(4) == RECIPE.rate
    cooled.fit(data)
    logs = [(tmp_path / folder / LOG).read_text().splitlines() for folder in ("run", "copy")]
    assert [[json.loads(line)["step"] for line in log] for log in logs] == [[2, 4], [2, 4, 6]]


def test_the_rate_stays_until_the_cooling(tmp_path: Path) -> None:
    long = RECIPE.model_copy(update={"steps": 1000, "warm_up": 2})
    trainer = Trainer(long, tmp_path)
    assert trainer.rate(0) == long.rate / 2
    assert [trainer.rate(step) for step in (1, 500, 998)] == [long.rate] * 3
    assert trainer.rate(999) < 0.5 * long.rate


@pytest.mark.usefixtures("eager")
def test_a_run_is_saved_between_two_checks(data: Split, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    recipe = RECIPE.model_copy(update={"check_every": 100, "save_every": 1})
    trainer = Trainer(recipe, tmp_path)
    drawn = trainer.rate

    def rate(done: int) -> float:
        if done == 3:
            raise Stopped
        return drawn(done)

    trainer.rate = rate  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        trainer.fit(data)
    assert int(Trainer(recipe, tmp_path)._optimizer.iterations.numpy()) == 3
