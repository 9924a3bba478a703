"""A data folder belongs to one process at a time, and a secret in it to one user."""

import stat
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from deploy.state import kept_secret, lock_folder


def test_two_may_not_share_one_folder(tmp_path: Path) -> None:
    with lock_folder(tmp_path), pytest.raises(ConfigurationError, match="Mien runs already"), lock_folder(tmp_path):
        pass
    with lock_folder(tmp_path):
        pass


def test_a_secret_stays_the_same_in_a_file_of_this_user(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(mode=0o644)  # an empty one, and open to all, as an editor may leave it
    assert kept_secret(file, lambda: "first") == "first"
    assert kept_secret(file, lambda: "second") == "first"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_secret_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "secret").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        kept_secret(tmp_path / "secret", lambda: "secret")
    assert not (tmp_path / "elsewhere").exists()


def test_the_folder_of_the_data_is_made_for_this_user_alone(tmp_path: Path) -> None:
    with lock_folder(tmp_path / "new"):
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
