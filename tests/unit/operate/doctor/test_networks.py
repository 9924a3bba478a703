"""Files of networks."""

import json
import shutil
from pathlib import Path

from models.weights.store import WEIGHTS
from operate.doctor import networks
from operate.doctor.finding import Level


def test_what_is_shipped_is_sound() -> None:
    (finding,) = networks.check_weights()
    assert finding.level is Level.OK
    assert int(finding.says.split()[0]) >= len(list(WEIGHTS.glob("*.json")))


def test_a_damaged_and_a_missing_file_are_named(tmp_path: Path) -> None:
    for card in ("classic-1", "faces-2"):
        for file in WEIGHTS.glob(f"{card}.*"):
            shutil.copy(file, tmp_path)
    damaged = tmp_path / json.loads((tmp_path / "classic-1.json").read_text())["file"]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    (tmp_path / json.loads((tmp_path / "faces-2.json").read_text())["file"]).unlink()
    first, second = networks.check_weights(tmp_path)
    assert (first.level, second.level) == (Level.PROBLEM, Level.PROBLEM)
    assert damaged.name in first.says
    assert "cannot be read" in second.says


def test_where_no_networks_are_nothing_is_said(tmp_path: Path) -> None:
    assert list(networks.check_weights(tmp_path)) == []
