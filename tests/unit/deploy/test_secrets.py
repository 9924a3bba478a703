"""The containers' passwords: made once, and together with the addresses that have them in."""

import stat
from pathlib import Path

import pytest

from contracts import settings
from contracts.settings import load_settings
from deploy.secrets import main, write


def test_passwords_are_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path / "secrets")]) == 0
    first = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    assert main(["--folder", str(tmp_path / "secrets")]) == 0
    assert first == {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    assert "nothing made" in capsys.readouterr().out
    passwords = {first["redis.conf"], first["frames.conf"], first["mien_flower_password"]}
    assert len(passwords) == 3
    assert first["redis.conf"].split()[1] in first["mien_redis_url"]


def test_only_its_user_enters_the_folder_and_containers_read_the_files(tmp_path: Path) -> None:
    write(tmp_path / "secrets")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "secrets").iterdir()} == {0o644}


def test_an_address_without_its_password_is_made_anew_with_it(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "redis.conf").unlink()
    assert write(tmp_path) == ["redis.conf", "mien_redis_url"]
    assert (tmp_path / "redis.conf").read_text().split()[1] in (tmp_path / "mien_redis_url").read_text()


def test_servers_may_be_elsewhere(tmp_path: Path) -> None:
    assert main(["--folder", str(tmp_path), "--redis", "127.0.0.1:6380", "--frames", "127.0.0.1:6381"]) == 0
    assert (tmp_path / "mien_redis_url").read_text().endswith("@127.0.0.1:6380/0\n")
    assert (tmp_path / "mien_frame_redis_url").read_text().endswith("@127.0.0.1:6381/0\n")


def test_a_unit_of_systemd_reads_them_as_its_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    monkeypatch.setattr(settings, "SECRETS", tmp_path / "none")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for name in ("REDIS_URL", "FRAME_REDIS_URL"):
        monkeypatch.delenv(f"MIEN_{name}", raising=False)
    assert load_settings().redis_url == (tmp_path / "mien_redis_url").read_text().strip()


def test_a_volume_of_kubernetes_reads_like_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are links, by way of a folder that is put in another one's place when a Secret changes."""
    write(tmp_path / "..2026_11_29")
    (tmp_path / "..data").symlink_to("..2026_11_29")
    (tmp_path / "mien_redis_url").symlink_to("..data/mien_redis_url")
    monkeypatch.setattr(settings, "SECRETS", tmp_path)
    monkeypatch.delenv("MIEN_REDIS_URL", raising=False)
    assert load_settings().redis_url == (tmp_path / "mien_redis_url").read_text().strip()


def test_processes_read_them_as_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    monkeypatch.setattr(settings, "SECRETS", tmp_path)
    for name in ("REDIS_URL", "FRAME_REDIS_URL", "FLOWER_PASSWORD", "CAMERA_SOURCE"):
        monkeypatch.delenv(f"MIEN_{name}", raising=False)
    loaded = load_settings()
    assert loaded.redis_url == (tmp_path / "mien_redis_url").read_text().strip()
    assert "@frames:6379" in loaded.frame_redis_url
    assert loaded.flower_password == (tmp_path / "mien_flower_password").read_text().strip()
    monkeypatch.setenv("MIEN_CAMERA_SOURCE", "0")
    assert load_settings().camera_source == "0", "the environment comes first"
