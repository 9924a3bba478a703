"""Flower's command line, and what of its log is left out."""

import logging
import os
from typing import Any

import pytest

from contracts.settings import Settings
from deploy import flower

pytestmark = pytest.mark.usefixtures("restored_logging")


def test_the_password_is_not_on_the_command_line() -> None:
    arguments = flower.arguments(Settings(flower_password="secret", flower_port=82, host="::1"))
    assert "--address=::1" in arguments
    assert "--port=82" in arguments
    assert not any("secret" in argument for argument in arguments)


def test_passwords_differ_and_are_long() -> None:
    first, second = flower.new_password(), flower.new_password()
    assert first != second
    assert len(first) == 12


def test_a_password_that_was_not_set_is_printed_and_what_workers_do_not_answer_yet_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(flower.Celery, "start", lambda _, arguments: started.append(arguments))
    monkeypatch.setenv("FLOWER_BASIC_AUTH", "")
    monkeypatch.delenv("MIEN_FLOWER_PASSWORD", raising=False)
    log = logging.getLogger("flower.inspector")
    monkeypatch.setattr(log, "level", log.level)
    assert flower.main([]) == 0
    password = os.environ["FLOWER_BASIC_AUTH"].removeprefix("mien:")
    assert f"Flower's user is mien, its password {password}." in capsys.readouterr().out
    assert started[0][0] == "flower"
    assert not log.isEnabledFor(logging.WARNING)


def test_a_wrong_setting_is_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIEN_FLOWER_PORT", "0")
    assert flower.main([]) == 2
    assert "MIEN_FLOWER_PORT='0'" in capsys.readouterr().err
