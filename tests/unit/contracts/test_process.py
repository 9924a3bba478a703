"""Every process starts the same way, and says in one sentence why it cannot."""

import json
import logging
import tomllib
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import pytest

from contracts.errors import BrokerUnavailable, ConfigurationError, MienError
from contracts.process import project_version, restart_delays, run_process
from contracts.settings import Settings

pytestmark = pytest.mark.usefixtures("restored_logging")


def test_the_work_gets_the_settings_and_its_end_is_status_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CAMERA", "hall")
    monkeypatch.setenv("MIEN_LOG_LEVEL", "warning")
    seen: list[Settings] = []
    assert run_process("capture", seen.append) == 0
    assert seen[0].camera == "hall"
    assert logging.getLogger().level == logging.WARNING


@pytest.mark.parametrize(
    ("role", "error", "status", "sentence"),
    [
        ("worker", ConfigurationError("MIEN_MODEL=foo: there is no such model."), 2, "mien worker: MIEN_MODEL=foo"),
        ("mien", BrokerUnavailable("It does not start."), 1, "mien: It does not start.\n"),
    ],
)
def test_an_error_is_a_sentence_and_a_status(
    capsys: pytest.CaptureFixture[str], role: str, error: MienError, status: int, sentence: str
) -> None:
    def fail(_: Settings) -> None:
        raise error

    assert run_process(role, fail) == status
    assert capsys.readouterr().err.startswith(sentence)


def test_wrong_settings_are_told_before_any_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_LOG_FORMAT", "xml")
    worked: list[Settings] = []
    assert run_process("gateway", worked.append) == 2
    assert worked == []
    assert capsys.readouterr().err.startswith("mien gateway: Wrong settings: MIEN_LOG_FORMAT='xml'")


def test_machines_get_the_error_as_a_log_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Settings) -> None:
        raise ConfigurationError("There is no such camera.")

    monkeypatch.setenv("MIEN_LOG_FORMAT", "json")
    assert run_process("capture", fail) == 2
    line = json.loads(capfd.readouterr().err)
    assert (line["level"], line["role"], line["event"]) == ("critical", "capture", "There is no such camera.")


def test_machines_get_wrong_settings_as_a_log_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_LOG_FORMAT", "json")
    monkeypatch.setenv("MIEN_PORT", "none")
    assert run_process("gateway", lambda _: None) == 2
    line = json.loads(capfd.readouterr().err)
    assert (line["level"], line["role"]) == ("critical", "gateway")
    assert line["event"].startswith("Wrong settings: MIEN_PORT='none'")


def test_an_unexpected_error_keeps_its_traceback() -> None:
    def fail(_: Settings) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_process("worker", fail)


def test_a_name_that_is_no_setting_is_pointed_out(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_PROT", "80")
    assert run_process("gateway", lambda _: None) == 0
    assert "MIEN_PROT is not a setting and changes nothing; did you mean MIEN_PORT?" in capfd.readouterr().err


def test_the_version_is_that_of_what_is_installed() -> None:
    assert project_version() == version("mien")


def test_the_version_is_known_where_mien_itself_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contracts.process.PROJECT", "no-such-distribution")
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert project_version.__wrapped__() == project["version"]


def test_restarts_are_at_once_first_and_then_ever_later() -> None:
    assert list(islice(restart_delays(30), 9)) == [0, 1, 2, 4, 8, 16, 30, 30, 30]
