"""Lock files: complete, hashed, the same versions everywhere, and no registry's address."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy.lock import APART, BUILD, CUDA, EXTRAS

PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)(.*?)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return dict(tomllib.loads((root / "pyproject.toml").read_text())["project"])


def read(root: Path, name: str) -> str:
    return (root / "requirements" / f"{name}.txt").read_text()


def pins(text: str) -> set[tuple[str, str]]:
    return {(name, version) for name, version, _, _ in PIN.findall(text)}


def direct(project: dict[str, Any], extras: tuple[str, ...]) -> set[str]:
    """Names that these extras ask for, extras of our own followed."""
    names = set()
    for line in [*project["dependencies"], *(line for e in extras for line in project["optional-dependencies"][e])]:
        if own := re.fullmatch(r"mien\[(.+)\]", line):
            names |= direct(project, tuple(own[1].split(",")))
        else:
            names.add(re.split(r"[\[<>=;! ]", line)[0].lower().replace("_", "-"))
    return names


def test_there_is_one_file_for_each(root: Path) -> None:
    assert {path.stem for path in (root / "requirements").iterdir()} == {*EXTRAS, BUILD, APART}


@pytest.mark.parametrize("name", [*EXTRAS, BUILD, APART])
def test_everything_is_pinned_with_hashes_and_without_addresses(root: Path, name: str) -> None:
    text = read(root, name)
    unpinned = PIN.sub("", text)
    assert [line for line in unpinned.splitlines() if line and not line.lstrip().startswith("#")] == []
    assert not re.search(r"https?:|file:|index|/root|/home", text)


@pytest.mark.parametrize("name", EXTRAS)
def test_the_lock_holds_what_the_project_asks_for(root: Path, project: dict[str, Any], name: str) -> None:
    missing = direct(project, EXTRAS[name]) - {package for package, _ in pins(read(root, name))}
    assert missing == set(), "run `make lock`"


@pytest.mark.parametrize("name", sorted({*EXTRAS, BUILD} - {CUDA}))
def test_a_package_has_one_version_everywhere(root: Path, name: str) -> None:
    assert pins(read(root, name)) <= pins(read(root, "dev"))


def test_only_cudas_libraries_are_in_no_developers_file(root: Path) -> None:
    """No developer installs them: they are gigabytes, for Linux alone, and of no use without a card."""
    own = pins(read(root, CUDA)) - pins(read(root, "dev"))
    assert own
    assert all(re.fullmatch(r"nvidia-[a-z-]+-cu12", name) for name, _ in own), own
    assert not {name for name, _ in own} & {name for name, _ in pins(read(root, "dev"))}, "nothing in two versions"


def test_keras_is_the_same_with_cuda_and_without(root: Path) -> None:
    with_cuda, without = (dict(pins(read(root, name))) for name in (CUDA, "keras"))
    assert with_cuda.pop("tensorflow") == without.pop("tensorflow") == without.pop("tensorflow-cpu")
    assert {name: with_cuda[name] for name in without} == without


def test_no_container_but_the_trainers_holds_tensorflow(root: Path) -> None:
    for name in ("api", "worker", "capture", "flower", "local"):
        assert not {package for package, _ in pins(read(root, name))} & {"tensorflow", "tensorflow-cpu", "keras"}
    gateway = {package for package, _ in pins(read(root, "api"))}
    assert not gateway & {"numpy", "opencv-python-headless", "ai-edge-litert"}
