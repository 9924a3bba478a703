"""Kaggle's table: a wrong row is named."""

from pathlib import Path

import pytest

from training.shared.errors import DataError
from training.shared.fer2013 import read_fer2013


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["0", "1 2 3", "Training"], "line 2: 2304 pixels"),
        (["0", "a b", "Training"], "line 2: the pixels are not numbers"),
        (["7", " ".join(["0"] * 2304), "Training"], "line 2: '7' is not a label"),
        (["0", " ".join(["0"] * 2304), "Sometimes"], "line 2: unknown Usage"),
        (["0", " ".join(["0"] * 2304), "Training"], "empty split"),
    ],
)
def test_a_wrong_row_of_the_table_is_named(tmp_path: Path, row: list[str], message: str) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text("emotion,pixels,Usage\n" + ",".join(row) + "\n")
    with pytest.raises(DataError, match=message):
        read_fer2013(path)
