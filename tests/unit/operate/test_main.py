"""`mien` finds its words, and says so where it cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from operate import __main__ as command

SCRIPT = Path(sys.executable).parent / "mien"


def run(*words: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [SCRIPT, *words],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_installed_script_shows_every_word(tmp_path: Path) -> None:
    shown = run("--help", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert {"queues", "keys", "erase"} <= set(shown.stdout.split())


def test_answers_stay_as_they_are_where_logs_are_for_machines(redis_url: str, tmp_path: Path) -> None:
    environment = {"MIEN_REDIS_URL": redis_url, "MIEN_LOG_FORMAT": "json"}
    made = run("keys", "create", "phone", cwd=tmp_path, **environment)
    assert made.stdout.startswith("mien_"), made.stderr
    (audited,) = map(json.loads, made.stderr.splitlines())
    assert made.stdout.strip() not in audited["event"]
    assert run("version", cwd=tmp_path, **environment).stdout.startswith("Mien ")


def test_keys_are_the_gateways_also_beside_a_foreign_folder_of_its_name(redis_url: str, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api/__main__.py").write_text("raise SystemExit('a foreign api')")
    made = run("keys", "create", "phone", cwd=tmp_path, MIEN_REDIS_URL=redis_url)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("mien_")
    assert "phone" in run("keys", "list", cwd=tmp_path, MIEN_REDIS_URL=redis_url).stdout


def test_without_a_gateway_installed_its_words_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("nothing is to be run"))
    with pytest.raises(SystemExit, match="2"):
        command.main(["webhooks", "secret"])
    assert "webhooks needs the gateway, which is not installed here" in capsys.readouterr().err


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    refused = run("queues", cwd=tmp_path, MIEN_PORT="high")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("mien: Wrong settings: MIEN_PORT='high'")
