"""A data folder belongs to one process at a time."""

from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from deploy.state import lock_folder


def test_two_may_not_share_one_folder(tmp_path: Path) -> None:
    with lock_folder(tmp_path), pytest.raises(ConfigurationError, match="Mien runs already"), lock_folder(tmp_path):
        pass
    with lock_folder(tmp_path):
        pass
