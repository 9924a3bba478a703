"""The commands that write the lock files; what they write is tested in tests/deploy/test_locks.py."""

import subprocess
import sys

import pytest

from deploy import lock


def test_no_address_of_a_registry_is_written_and_all_files_agree_with_the_developers() -> None:
    dev, api = lock.command("dev"), lock.command("api")
    assert {"--no-emit-index-url", "--generate-hashes", "--universal"} <= set(dev) & set(api)
    assert "--constraint=requirements/dev.txt" in api
    assert not any(option.startswith("--constraint") for option in dev)


@pytest.mark.parametrize(("arguments", "upgrades"), [([], False), (["--upgrade"], True)])
def test_the_developers_file_is_first_and_newer_versions_are_taken_on_request(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], upgrades: bool
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", ["lock", *arguments])
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    assert lock.main() == 0
    assert "--output-file=requirements/dev.txt" in commands[0]
    assert len(commands) == len(lock.EXTRAS) + 2
    assert all(("--upgrade" in command) is upgrades for command in commands)


def test_checks_with_versions_of_their_own_are_bound_by_nothing() -> None:
    command = lock.command(lock.APART)
    assert f"--group=pyproject.toml:{lock.APART}" in command
    assert not any(option.startswith("--constraint") for option in command)
