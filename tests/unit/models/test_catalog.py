"""Which networks can be asked for, by name."""

import json
import shutil
from pathlib import Path

from models.catalog import find_networks
from models.weights import WEIGHTS, available


def copied(folder: Path, name: str, *files: str) -> Path:
    """A network's card, and those of its files."""
    for file in (f"{name}.json", *files):
        shutil.copy(WEIGHTS / file, folder)
    return folder / f"{name}.json"


def test_all_that_are_shipped_can_be_asked_for() -> None:
    found = find_networks([WEIGHTS], "litert", "fer2013")
    assert list(found) == sorted(available("emotion"))
    assert found["mien-4"] == WEIGHTS / "mien-4.json"


def test_a_network_needs_the_head_and_the_form_that_are_wanted() -> None:
    assert "classic-1" not in find_networks([WEIGHTS], "litert", "people")
    assert "mien-4" in find_networks([WEIGHTS], "litert", "people")
    assert "mien-2-narrow" not in find_networks([WEIGHTS], "keras", "fer2013"), "it has no file for Keras"
    assert "mien-4" in find_networks([WEIGHTS], "keras", "fer2013")


def test_a_folder_adds_networks_also_while_it_is_looked_into(tmp_path: Path) -> None:
    assert find_networks([tmp_path], "litert", "fer2013") == {}
    card = copied(tmp_path, "mien-2", "mien-2.int8.tflite")
    assert find_networks([tmp_path], "litert", "fer2013") == {"mien-2": card}
    assert find_networks([WEIGHTS, tmp_path], "litert", "fer2013")["mien-2"] == WEIGHTS / "mien-2.json"
    text = json.loads(card.read_text())
    renamed = tmp_path / "mine-1.json"
    renamed.write_text(json.dumps(text | {"name": "mine-1"}))
    assert "mine-1" in find_networks([tmp_path], "litert", "fer2013")
    renamed.write_text(json.dumps(text | {"name": "another"}))
    assert "mine-1" not in find_networks([tmp_path], "litert", "fer2013"), "the card's name is that of its file"
    assert "another" not in find_networks([tmp_path], "litert", "fer2013")


def test_what_is_no_network_is_passed_over(tmp_path: Path) -> None:
    copied(tmp_path, "faces-2", "faces-2.int8.tflite")
    copied(tmp_path, "mien-3")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere.json")
    assert find_networks([tmp_path, tmp_path / "missing"], "litert", "fer2013") == {}
