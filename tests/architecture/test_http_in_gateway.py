"""HTTP is the gateway's: schemas and models know codes of errors, and no statuses."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "models")
_LIBRARIES = frozenset({"flask", "http", "requests", "werkzeug"})


def offences(tree: ast.AST) -> Iterator[str]:
    """Where a module imports a library of HTTP, or a status is named or passed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)]
            if any(name.partition(".")[0] in _LIBRARIES for name in names):
                yield f"line {node.lineno} imports {', '.join(names)}"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any("status" in ast.unparse(target).lower() for target in targets) and _is_status(node.value):
                yield f"line {node.lineno} names a status"
        elif isinstance(node, ast.keyword) and "status" in str(node.arg) and _is_status(node.value):
            yield f"line {node.value.lineno} passes a status"


def _is_status(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, int) and 100 <= value.value < 600


def test_schemas_and_models_know_no_http_statuses() -> None:
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    found = {file: list(offences(ast.parse(file.read_text(encoding="utf-8")))) for file in files}
    assert len(found) > 40
    assert {str(file): lines for file, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "statement",
    [
        "class Denied(MienError):\n    status = 403",
        "class Denied(MienError):\n    http_status: ClassVar[int] = 403",
        "raise InvalidImage('It is damaged.', status=422)",
        "from http import HTTPStatus",
        "import werkzeug.exceptions",
    ],
)
def test_an_offence_would_be_found(statement: str) -> None:
    assert len(list(offences(ast.parse(statement)))) == 1
