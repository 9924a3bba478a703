"""A tiny training of the detector, stopped and resumed."""

import json
from pathlib import Path

import pytest

from training.detection.dataset import Split
from training.detection.recipe import Recipe
from training.detection.trainer import LOG, Trainer

RECIPE = Recipe(steps=4, batch=4, size=64, warm_up=1, check_every=2)


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
def test_a_budget_of_minutes_ends_a_run(data: Split, tmp_path: Path) -> None:
    minutes = iter(range(100))
    recipe = Recipe(steps=1000, minutes=3, batch=4, size=64, check_every=1000)
    Trainer(recipe, tmp_path, clock=lambda: 60.0 * next(minutes)).fit(data)
    assert json.loads((tmp_path / LOG).read_text())["step"] < 10
