"""``--help`` explains and starts nothing; an unknown argument is an error."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    *("api", "workers", "workers.isolated_process", "capture", "capture.child", "operate", "training"),
    *("deploy.audit", "deploy.dashboards", "deploy.env_example", "deploy.flower", "deploy.health", "deploy.local"),
    *("deploy.lock", "deploy.sbom", "deploy.secrets", "deploy.slim"),
]
OTHERS = {
    "api.promise": "speaks with the process that starts it, over its own streams alone",
    "deploy.heroku": "its arguments are those of the role that it starts",
    "models.images.decoder_child": "speaks with the process that starts it, over its own streams alone",
}
PACKAGES = ("api", "capture", "contracts", "deploy", "models", "operate", "training", "workers")


def run(module: str, argument: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", module, argument], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_everything_that_can_be_started_is_held_to_this() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    started = {file for file in files if '__name__ == "__main__"' in file.read_text(encoding="utf-8")}
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__") for file in started}
    assert names == {*MODULES, *OTHERS}


@pytest.mark.parametrize("module", MODULES)
def test_help_is_printed_and_nothing_starts(module: str) -> None:
    answer = run(module, "--help")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("usage: mien " if module == "operate" else f"usage: python -m {module} ")


@pytest.mark.parametrize("module", MODULES)
def test_an_unknown_argument_is_an_error(module: str) -> None:
    answer = run(module, "--unknown")
    assert (answer.returncode, answer.stdout) == (2, "")
    missing = "the following arguments are required"  # which argparse looks for first
    assert "unrecognized arguments: --unknown" in answer.stderr or missing in answer.stderr
