"""YuNet needs a file that no package brings: what is said without it. Its answers need the file."""

from pathlib import Path

import pytest

from contracts.errors import ConfigurationError, InvalidWeights
from models import load_analyzer
from models.detection import load_detector


def test_yunet_says_which_setting_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="MIEN_YUNET_FILE"):
        load_detector("yunet")
    with pytest.raises(ConfigurationError, match="MIEN_YUNET_FILE"):
        load_analyzer("yunet")
    with pytest.raises(InvalidWeights, match="There is no YuNet file"):
        load_analyzer("yunet", yunet_file=str(tmp_path / "missing.onnx"))


def test_yunet_refuses_a_damaged_file(tmp_path: Path) -> None:
    damaged = tmp_path / "yunet.onnx"
    damaged.write_bytes(b"not a network")
    with pytest.raises(InvalidWeights, match="YuNet"):
        load_detector("yunet", weights=damaged)
