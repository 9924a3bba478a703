"""FER+ votes."""

from pathlib import Path

import pytest

from training.shared.errors import DataError
from training.shared.fer2013 import read_fer2013


def test_a_table_without_votes_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("Usage,Image name\n")
    with pytest.raises(DataError, match="anger"):
        read_fer2013(folder, tmp_path / "v.csv")
