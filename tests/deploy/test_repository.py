"""What contributors meet: hooks, workflow, changelog and decision records agree with the rest."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.makefile import recipe


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return dict(tomllib.loads((root / "pyproject.toml").read_text())["project"])


def test_the_hooks_are_what_make_check_runs(root: Path) -> None:
    (repository,) = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == recipe(root, "check")
    assert all(hook["pass_filenames"] is False for hook in repository["hooks"])


def test_bandit_has_nothing_to_say_of_comments_that_silence_it(root: Path) -> None:
    (command,) = [line for line in recipe(root, "check") if "bandit" in line]
    words = command.split()[1:]
    options = [word for word in words if not (root / word).is_dir()]
    packages = [root / word for word in words if (root / word).is_dir()]
    silenced = [str(file) for package in packages for file in package.rglob("*.py") if "# nosec" in file.read_text()]
    assert silenced
    done = subprocess.run(
        [sys.executable, "-m", "bandit", *options, *silenced], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_workflow_checks_every_supported_python_and_macos(root: Path, project: dict[str, Any]) -> None:
    jobs = yaml.safe_load((root / ".github/workflows/ci.yml").read_text())["jobs"]
    matrix = jobs["check"]["strategy"]["matrix"]
    first, end = re.findall(r"3\.(\d+)", project["requires-python"])
    assert matrix["python"] == [f"3.{minor}" for minor in range(int(first), int(end))]
    assert {"ubuntu-latest", "macos-latest"} == set(matrix["system"])
    install, check = [step for step in jobs["check"]["steps"] if "run" in step]
    assert install["run"].endswith("apt-get install -y -qq --no-install-recommends prometheus"), "promtool"
    assert (install["if"], check) == ("runner.os == 'Linux'", {"run": "make check"})
    assert jobs["check"]["env"] == {"CI": "${{ matrix.system == 'ubuntu-latest' && 'true' || 'false' }}"}
    assert [step["run"] for step in jobs["everything"]["steps"] if "run" in step] == [".ci/run"]
    assert (root / ".ci/run").stat().st_mode & 0o111, ".ci/run can be executed"


def test_the_newest_release_in_the_changelog_is_the_version_of_the_project(root: Path, project: dict[str, Any]) -> None:
    headings = re.findall(r"^## \[([^\]]+)\]", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1] == project["version"]


def test_packages_hold_every_weight_that_a_card_names(root: Path) -> None:
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["*"]
    for card in (root / "models/weights").glob("*.json"):
        says = json.loads(card.read_text())
        for file in (says["file"], *(variant["file"] for variant in says.get("variants", {}).values())):
            assert any(Path(file).match(pattern) for pattern in patterns), file


def test_decision_records_are_numbered_without_gaps_and_begin_with_their_number(root: Path) -> None:
    records = sorted((root / "docs/adr").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        assert record.read_text().startswith(f"# {int(record.name[:4])}. "), record.name


def test_links_between_documents_lead_somewhere(root: Path) -> None:
    documents = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    for document in documents:
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.relative_to(root)}: {target}"
