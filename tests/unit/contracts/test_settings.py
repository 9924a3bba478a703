"""Settings: read from the environment, and wrong ones are named."""

import pytest
from pydantic import ValidationError

from contracts.errors import ConfigurationError
from contracts.settings import Settings, load_settings


def test_the_environment_is_read_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PORT", "9001")
    monkeypatch.setenv("MIEN_MODEL", "")
    assert load_settings().port == 9001
    assert load_settings().model == Settings.model_fields["model"].default


def test_every_wrong_setting_is_named_with_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PORT", "70000")
    monkeypatch.setenv("MIEN_DETECTOR", "eyes")
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    assert "MIEN_PORT='70000'" in str(raised.value)
    assert "MIEN_DETECTOR='eyes'" in str(raised.value)


def test_networks_without_weights_are_named_with_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_MODEL", "mien-3:90,mien-2")
    with pytest.raises(ConfigurationError, match=r"MIEN_MODEL='mien-3:90,mien-2': .*needs a weight, as mien-2:90"):
        load_settings()


@pytest.mark.parametrize(
    "url",
    [
        "user:secret@host:6379/0",
        "unix:///tmp/redis.sock?password=secret",
        "sentinel://:secret@a:26379",
        "sentinel://:se?cret@a:26379/mien",
        "sentinel://:secret@a:port/mien",
    ],
)
def test_an_address_that_is_none_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("MIEN_REDIS_URL", url)
    with pytest.raises(ConfigurationError, match=r"MIEN_REDIS_URL: .*(rediss?|sentinel)") as raised:
        load_settings()
    assert "secret" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_frames_share_the_broker_unless_told_otherwise() -> None:
    assert Settings(redis_url="redis://a:1/0").frame_redis_url == "redis://a:1/0"
    assert Settings(redis_url="redis://a:1/0", frame_redis_url="redis://b:1/0").frame_redis_url == "redis://b:1/0"


def test_without_an_address_the_servers_of_a_running_make_up_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"redis_url": "unix:///s/redis.sock", "frame_redis_url": "unix:///s/frames.sock"}
    monkeypatch.setattr("contracts.settings.running_servers", lambda: dict(found))
    monkeypatch.delenv("MIEN_REDIS_URL", raising=False)
    monkeypatch.delenv("MIEN_FRAME_REDIS_URL", raising=False)
    assert (load_settings().redis_url, load_settings().frame_redis_url) == tuple(found.values())
    monkeypatch.setenv("MIEN_FRAME_REDIS_URL", "redis://frames:1/0")
    assert load_settings().frame_redis_url == "redis://frames:1/0"
    monkeypatch.setenv("MIEN_REDIS_URL", "redis://broker:1/0")
    assert load_settings().redis_url == "redis://broker:1/0"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]
