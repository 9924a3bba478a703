"""`mien version` tells what is installed."""

import json
from collections.abc import Callable
from importlib.metadata import version

from contracts.jobs import JOB_VERSION


def test_it_tells_the_versions(mien: Callable[..., tuple[int, str]]) -> None:
    told = json.loads(mien("version", "--json")[1])
    assert (told["mien"], told["job_version"]) == (version("mien"), JOB_VERSION)
    assert mien("version")[1].startswith(f"Mien {version('mien')}, Python 3.")
