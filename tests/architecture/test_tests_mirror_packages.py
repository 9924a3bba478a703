"""From a module's path follows that of its tests: ``api/jobs/waiting.py`` → ``tests/unit/api/jobs/test_waiting.py``."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "tests/unit"
PACKAGES = ("contracts", "workers", "capture")

ELSEWHERE = {
    "capture/__main__.py": "run as a process: tests/integration/test_capture_process.py",
    "capture/source.py": "a protocol and types, without code of its own",
    "workers/__main__.py": "run as a process: tests/integration/test_workers.py",
}
"""Modules without a test module of their own, and why."""


def modules(package: str) -> set[str]:
    """Paths of the package's modules; an ``__init__.py`` counts if there is more in it than a docstring."""
    files = (ROOT / package).rglob("*.py")
    return {
        file.relative_to(ROOT).as_posix()
        for file in files
        if file.name != "__init__.py" or not _is_docstring_only(file.read_text(encoding="utf-8"))
    }


def path_of_tests(module: str) -> str:
    """Path of the tests of a module, from the root of the repository."""
    path = Path(module)
    name = path.parent.name if path.name == "__init__.py" else path.stem.strip("_")
    folder = path.parent.parent if path.name == "__init__.py" else path.parent
    return (Path("tests/unit") / folder / f"test_{name}.py").as_posix()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_its_tests_or_a_reason(package: str) -> None:
    missing = {module for module in modules(package) if not (ROOT / path_of_tests(module)).exists()}
    assert missing == {module for module in ELSEWHERE if module.startswith(f"{package}/")}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_test_module_has_its_module(package: str) -> None:
    found = {file.relative_to(ROOT).as_posix() for file in (UNIT / package).rglob("test_*.py")}
    assert found <= {path_of_tests(module) for module in modules(package)}
    assert found


def _is_docstring_only(text: str) -> bool:
    body = ast.parse(text).body
    return not body or (len(body) == 1 and isinstance(body[0], ast.Expr))
