"""What the platform says becomes settings."""

import os
from typing import Any

import pytest

from contracts.errors import ConfigurationError
from contracts.settings import PREFIX, Settings
from deploy import heroku

PLATFORM = {"PORT": "31337", "REDIS_URL": "rediss://:p4ss@ec2-1-2-3-4.compute-1.amazonaws.com:7000"}


def settings(word: str, **more: str) -> Settings:
    found = heroku.settings_for(word, PLATFORM | more)
    return Settings(**{name.removeprefix(PREFIX).lower(): value for name, value in found.items()})


def test_the_gateway_listens_where_the_router_looks_for_it() -> None:
    found = settings("web")
    assert (found.host, found.port) == ("0.0.0.0", 31337)
    assert found.trusted_proxies == "10.0.0.0/8"
    assert found.allowed_hosts == "*.herokuapp.com"


def test_other_roles_listen_nowhere() -> None:
    assert "MIEN_HOST" not in heroku.settings_for("worker", PLATFORM)
    assert "MIEN_PORT" not in heroku.settings_for("worker", {"REDIS_URL": "redis://localhost"})


def test_work_ends_before_the_platform_ends_it() -> None:
    found = settings("worker")
    assert found.job_time_limit_s < 30
    assert found.max_wait_s < 30
    assert found.sync_timeout_s < 30


def test_a_certificate_that_nobody_vouches_for_is_taken() -> None:
    assert settings("worker").redis_url == f"{PLATFORM['REDIS_URL']}?ssl_cert_reqs=none"
    assert settings("worker").frame_redis_url == settings("worker").redis_url


@pytest.mark.parametrize("url", ["redis://localhost:6379/1", "rediss://localhost?ssl_cert_reqs=required"])
def test_other_addresses_stay_as_they_are(url: str) -> None:
    assert settings("worker", REDIS_URL=url).redis_url == url


def test_frames_may_have_a_server_of_their_own() -> None:
    assert settings("worker", FRAME_REDIS_URL="redis://frames").frame_redis_url == "redis://frames"


def test_what_is_set_stays() -> None:
    mine = {"MIEN_REDIS_URL": "redis://mine", "MIEN_PORT": "1", "MIEN_JOB_TIME_LIMIT_S": "5"}
    assert not heroku.settings_for("web", PLATFORM | mine).keys() & mine.keys()
    assert heroku.settings_for("worker", mine)["MIEN_MAX_WAIT_S"]  # needs no other


def test_what_the_platform_does_not_say_is_asked_for() -> None:
    with pytest.raises(ConfigurationError, match="heroku addons:create"):
        heroku.settings_for("worker", {})
    with pytest.raises(ConfigurationError, match="PORT"):
        heroku.settings_for("web", {"REDIS_URL": "redis://localhost"})


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    became: list[tuple[Any, ...]] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: became.append(arguments))
    return became


def test_it_becomes_the_process_and_passes_on_the_rest(
    become: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PLATFORM.items():
        monkeypatch.setenv(name, value)
    heroku.main(["keys", "create", "a phone"])
    ((_, command, environment),) = become
    assert command[1:] == ["-m", "api", "keys", "create", "a phone"]
    assert environment["MIEN_REDIS_URL"].startswith("rediss://")


@pytest.mark.parametrize("argv", [[], ["nonsense"]])
def test_an_unknown_word_is_refused(
    become: list[tuple[Any, ...]], argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert heroku.main(argv) == 2
    assert "web,worker,capture" in capsys.readouterr().err
    assert become == []


def test_a_missing_redis_is_one_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert heroku.main(["worker"]) == 2
    assert capsys.readouterr().err.startswith("mien worker: REDIS_URL is not set")
