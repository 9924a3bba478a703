"""What Mien is built of and by: nothing is fetched without a hash, all of it is written down, and looked through."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from support.makefile import make, recipe

ROLES = ("api", "worker", "gpu", "capture", "flower")
LOCK = {"gateway": "api", "worker-gpu": "${LOCK}"}
"""Image → lock file, where it is called otherwise."""
PIN = re.compile(r"^setuptools==(\S+) \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE)


def test_what_builds_mien_is_locked_with_hashes_and_nothing_else_is_in_that_file(root: Path) -> None:
    text = (root / "requirements/build.txt").read_text()
    version = PIN.match(text)
    assert version is not None
    assert re.findall(r"^(\S+)==", text, re.MULTILINE) == ["setuptools"]
    assert f"setuptools=={version[1]} " in (root / "requirements/dev.txt").read_text()
    project = tomllib.loads((root / "pyproject.toml").read_text())
    assert {re.split(r"[><=]", line)[0] for line in project["build-system"]["requires"]} == {"setuptools"}


def test_the_makefile_builds_with_what_is_locked(root: Path) -> None:
    text = (root / "Makefile").read_text()
    for line in text.splitlines():
        if "$(PIP)" in line and " -e ." in line:
            assert "--no-build-isolation --no-deps" in line
    assert "$(PIP) --require-hashes -r requirements/build.txt -r requirements/$*.txt" in text


@pytest.mark.parametrize("role", ["gateway", "worker", "worker-gpu", "capture", "flower"])
def test_images_are_built_with_what_is_locked_and_do_not_hold_it(root: Path, role: str) -> None:
    text = (root / f"deploy/docker/{role}.Dockerfile").read_text()
    _, build, image = text.split("FROM ${PYTHON_IMAGE}")
    assert re.findall(r"\bpip (?:--python \S+ )?(install|wheel) (.*?)(?: \\)?$", build, re.MULTILINE) == [
        ("install", f"--no-compile --require-hashes -r /requirements/{LOCK.get(role, role)}.txt"),
        ("install", "--require-hashes -r /requirements/build.txt"),  # of the stage that builds, not of the image
        ("wheel", "--no-build-isolation --no-deps --wheel-dir /wheels /source"),
        ("install", "--no-compile --no-index --no-deps /wheels/*.whl"),
    ]
    assert "python -m venv --without-pip /opt/mien" in build
    assert "pip" not in image


def test_bandit_reads_every_package_as_often_as_ruff(root: Path) -> None:
    lint = tomllib.loads((root / "pyproject.toml").read_text())["tool"]
    (line,) = [line for line in recipe(root, "check") if "bandit" in line]
    assert set(lint["mypy"]["packages"]) <= set(line.split())
    assert "S" in lint["ruff"]["lint"]["select"]


def test_the_bill_of_materials_has_every_pin_of_a_role(root: Path, tmp_path: Path) -> None:
    done = make(root, "sbom", f"SBOM={tmp_path}", "SBOM_ROLES=flower", "-o", ".venv/.installed-dev")
    assert done.returncode == 0, done.stderr
    bill = json.loads((tmp_path / "flower.json").read_text())
    pins = re.findall(r"^(\S+)==(\S+)", (root / "requirements/flower.txt").read_text(), re.MULTILINE)
    assert bill["bomFormat"] == "CycloneDX"
    assert {(part["name"], part["version"]) for part in bill["components"]} == set(pins)


def test_a_bill_of_each_role_is_made_and_the_audit_is_run_by_the_build_server(root: Path) -> None:
    planned = make(root, "--dry-run", "sbom").stdout
    assert f"for role in {' '.join(ROLES)};" in planned
    script = (root / ".ci/run").read_text()
    assert "make sbom" in script
    assert "make audit" in script
