"""What Heroku looks for in the root of the repository, and what it says."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from honcho.environ import parse_procfile

from contracts.settings import PREFIX, Settings
from deploy.heroku import COMMANDS


@pytest.fixture(scope="module")
def processes(root: Path) -> dict[str, str]:
    return dict(parse_procfile((root / "Procfile").read_text()).processes)


@pytest.fixture(scope="module")
def app(root: Path) -> dict[str, Any]:
    return dict(json.loads((root / "app.json").read_text()))


def test_the_router_asks_the_process_named_web(processes: dict[str, str]) -> None:
    assert next(iter(processes)) == "web"
    for name, line in processes.items():
        assert line == f"python -m deploy.heroku {name}"
        assert name in COMMANDS


def test_the_formation_is_of_processes_that_exist(app: dict[str, Any], processes: dict[str, str]) -> None:
    assert app["formation"].keys() <= processes.keys()
    assert any(addon.startswith("heroku-redis:") for addon in app["addons"])


def test_settings_of_the_platform_exist_and_are_what_the_page_says(app: dict[str, Any], root: Path) -> None:
    values = {name: given["value"] for name, given in app["env"].items()}
    Settings(**{name.removeprefix(PREFIX).lower(): value for name, value in values.items()})
    assert {name.removeprefix(PREFIX).lower() for name in values} <= Settings.model_fields.keys()
    (line,) = re.findall(r"^heroku config:set (MIEN_REQUIRE_KEYS.*)$", (root / "docs/heroku.md").read_text(), re.M)
    assert dict(word.split("=") for word in line.split()) == values


def test_python_is_one_that_the_project_supports(root: Path) -> None:
    version = (root / ".python-version").read_text().strip()
    classifiers = tomllib.loads((root / "pyproject.toml").read_text())["project"]["requires-python"]
    first, end = (int(minor) for minor in re.findall(r"3\.(\d+)", classifiers))
    assert re.fullmatch(r"3\.\d+", version)
    assert first <= int(version.removeprefix("3.")) < end
    image = re.findall(r"FROM python:(3\.\d+)", (root / "deploy/docker/gateway.Dockerfile").read_text())
    assert set(image) <= {version}, "the same as in containers"


def test_requirements_are_the_lock_files_of_the_processes(root: Path, processes: dict[str, str]) -> None:
    lines = [line for line in (root / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    files = {"web": "api", "worker": "worker", "capture": "capture"}
    assert lines == [f"-r requirements/{files[name]}.txt" for name in processes]


def test_pip_reads_them_together_with_all_their_hashes(root: Path) -> None:
    from pip._internal.network.session import PipSession
    from pip._internal.req import parse_requirements

    names: dict[str, str] = {}
    for requirement in parse_requirements(str(root / "requirements.txt"), session=PipSession()):
        pin, _, marker = requirement.requirement.partition(";")
        name, _, version = pin.strip().partition("==")
        assert requirement.options["hashes"]["sha256"], name
        assert names.setdefault(f"{name};{marker}", version) == version, "one version in all of them"
    assert {"flask;", "opencv-python-headless;", "celery;"} <= names.keys()


def test_a_slug_has_the_code_of_its_processes(root: Path) -> None:
    left_out = (root / ".slugignore").read_text().split()
    assert not {f"/{package}" for package in ("api", "workers", "capture", "contracts", "models", "deploy")} & set(
        left_out
    )
    for name in left_out:
        assert (root / name.lstrip("/")).exists(), name


def test_it_starts_with_what_the_lock_files_hold(root: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import deploy.heroku, sys; print(*sorted(m.split('.')[0] for m in sys.modules))"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"celery", "flask", "cv2", "yaml"} & set(loaded), "it becomes another process at once"
