"""Things that every process does are done one way: log lines, loggers, settings, errors at start."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "models", "workers", "api", "capture", "deploy", "training")
LOGS = "contracts/logs.py"
READS_SETTINGS = {"contracts/process.py", "deploy/health.py"}
"""`load_settings` is called by `run_process`, and by the check that runs beside a process every few seconds."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Path and tree of every module."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def faults(name: str, tree: ast.AST) -> Iterator[str]:
    """What a module does in a way of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.value) == "logging.getLogger(__name__)":
            names = {ast.unparse(target) for target in node.targets}
            if names != {"logger"}:
                yield f"line {node.lineno}: a module's logger is called `logger`, not {names}"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in {"logging.basicConfig", "logging.config.dictConfig"} and name != LOGS:
                yield f"line {node.lineno}: logging is set up by `contracts.logs`"
            elif called.rpartition(".")[2] == "load_settings" and name not in READS_SETTINGS:
                yield f"line {node.lineno}: settings are read by `contracts.process.run_process`"


def test_no_module_has_a_way_of_its_own() -> None:
    found = {name: list(faults(name, tree)) for name, tree in sources()}
    assert len(found) > 100
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "statement",
    ["log = logging.getLogger(__name__)", "logging.basicConfig(level=10)", "settings = load_settings()"],
)
def test_a_way_of_its_own_would_be_found(statement: str) -> None:
    assert len(list(faults("workers/hasty.py", ast.parse(statement)))) == 1
