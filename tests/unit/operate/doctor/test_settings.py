"""All wrong settings are told at once, and the rest is looked at all the same."""

import os
from pathlib import Path

import pytest

from contracts.settings import Settings
from operate.doctor.finding import Level
from operate.doctor.settings import check_exposure, read_settings


def test_every_fault_is_a_finding_and_sound_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PORT", "high")
    monkeypatch.setenv("MIEN_LEASE_S", "-1")
    monkeypatch.setenv("MIEN_REDIS_URL", "http://user:secret@host")
    monkeypatch.setenv("MIEN_MAX_VIEWERS", "7")
    monkeypatch.setenv("MIEN_PROT", "1")
    settings, findings = read_settings()
    said = " ".join(finding.says for finding in findings)
    for name in ("MIEN_PORT='high'", "MIEN_LEASE_S", "MIEN_REDIS_URL", "MIEN_PROT is not a setting"):
        assert name in said
    assert "secret" not in said
    told = [finding.level for finding in findings]
    assert told == [Level.PROBLEM] * 4 + [Level.WARNING], "the address of Redis is that of the frames as well"
    assert "Did you mean MIEN_PORT?" in findings[-1].do
    assert (settings.port, settings.max_viewers) == (5000, 7)


def test_with_a_wrong_secret_in_a_file_all_else_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("MIEN_")]:
        monkeypatch.delenv(name)
    (tmp_path / "mien_redis_url").write_text("http://no-redis")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    settings, (finding, *_) = read_settings()
    assert finding.level is Level.PROBLEM
    assert settings.frame_redis_url == settings.redis_url == "redis://127.0.0.1:6379/0"


def test_sound_settings_are_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MIEN_")]:
        monkeypatch.delenv(name)
    _, (finding,) = read_settings()
    assert finding.level is Level.OK


@pytest.mark.parametrize(
    ("changes", "level", "said"),
    [
        ({}, Level.OK, "Only this machine can reach it"),
        ({"host": "::1"}, Level.OK, "Only this machine"),
        ({"host": "0.0.0.0"}, Level.PROBLEM, "will not start"),
        ({"host": "0.0.0.0", "require_keys": True}, Level.OK, "Others can reach it; keys are required"),
        ({"host": "0.0.0.0", "allow_anonymous": True}, Level.WARNING, "without a key"),
        ({"host": "0.0.0.0", "published_host": "127.0.0.1"}, Level.OK, "Only this machine"),
        ({"published_host": "127.0.0.1, mien.example.com"}, Level.PROBLEM, "mien.example.com"),
        (
            {"host": "0.0.0.0", "require_keys": True, "metrics_port": 9464},
            Level.WARNING,
            "metrics at port 9464 without",
        ),
        ({"host": "127.0.0.1", "require_keys": True, "metrics_port": 9464}, Level.OK, "Only this machine"),
        (
            {"host": "0.0.0.0", "require_keys": True, "metrics_port": 9464, "published_host": "192.0.2.1"},
            Level.OK,
            "Others can reach it; keys are required",
        ),
        ({"flower_password": "short"}, Level.WARNING, "Flower's password"),
    ],
)
def test_who_can_get_in_is_told(changes: dict[str, object], level: Level, said: str) -> None:
    (finding,) = check_exposure(Settings(**changes))
    assert finding.level is level
    assert said in finding.says
    assert "short" not in finding.says
