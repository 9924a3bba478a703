"""The tree of tests/unit is the tree of the packages: from a module's path one finds its tests."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "capture", "contracts", "deploy", "models", "training", "workers")


class Elsewhere(NamedTuple):
    """Where a module without unit tests of its own is tested, and why there."""

    tests: str
    """Path of a test module or folder, from the root."""
    reason: str


TESTED_ELSEWHERE: dict[str, Elsewhere] = {
    "models/runtimes/base.py": Elsewhere(
        "tests/unit/models/runtimes", "a protocol without code: each runtime's tests hold it"
    ),
    "training/__main__.py": Elsewhere(
        "tests/unit/training/emotion/test_trainer.py", "a process: a run of its own is started, killed and resumed"
    ),
    "training/shared/errors.py": Elsewhere(
        "tests/unit/training/test_cli.py", "names of errors only; what raises them is tested for it"
    ),
}
"""By path of the module; whatever is not here has ``tests/unit/<its path>/test_<its name>.py``."""


def modules() -> set[str]:
    """Paths of all modules that have something to test; an ``__init__`` only hands on what its modules hold."""
    found = (path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {str(path) for path in found if path.name != "__init__.py"}


def tests_of(module: str) -> str:
    """Path of a module's tests: api/jobs/waiting.py → tests/unit/api/jobs/test_waiting.py."""
    path = Path(module)
    return str(Path("tests/unit", path.parent, f"test_{path.stem.strip('_')}.py"))


def test_every_module_has_tests_of_its_own_or_a_reason() -> None:
    assert len(modules()) > 150
    without = {module for module in modules() if not (ROOT / tests_of(module)).is_file()}
    assert without - TESTED_ELSEWHERE.keys() == set()


def test_every_unit_test_belongs_to_a_module() -> None:
    known = {tests_of(module) for module in modules()}
    found = {str(path.relative_to(ROOT)) for path in (ROOT / "tests/unit").rglob("test_*.py")}
    found = {path for path in found if path.split("/")[2] in PACKAGES}  # the Python client is no package of ours
    assert found - known == set()


def test_what_is_tested_elsewhere_is_there_and_only_there() -> None:
    assert TESTED_ELSEWHERE.keys() <= modules()
    for module, elsewhere in TESTED_ELSEWHERE.items():
        assert (ROOT / elsewhere.tests).exists(), f"{module}: there is no {elsewhere.tests}"
        assert not (ROOT / tests_of(module)).exists(), f"{module} has tests of its own"
        assert len(elsewhere.reason.split()) > 2
