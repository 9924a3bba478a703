"""Redis is behind the stores: what stands in it, and how it is listened to, is known in ``contracts/storage`` only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "models", "workers", "api", "capture", "training", "operate", "deploy")
STORAGE = "contracts/storage/"
STORES_OF_ONE_PACKAGE = frozenset({"api/access/keys.py", "api/access/live_tokens.py", "api/jobs/idempotency.py"})
"""Stores that only one package uses live there; like all stores they name their keys."""

_KEY = re.compile(r"mien:([a-z*{]|$)")
_COMMANDS = frozenset({"pubsub", "subscribe", "psubscribe", "ping"})
_DRIVERS = frozenset({"celery", "kombu", "redis"})


def sources() -> dict[str, str]:
    """Path → text of every module of ours."""
    files = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


def offences(tree: ast.AST) -> Iterator[str]:
    """Where a module names a key, listens or pings itself."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if _KEY.search(node.value):
                yield f"line {node.lineno} names the key {node.value!r}"
        elif isinstance(node, ast.Attribute) and node.attr in _COMMANDS:
            yield f"line {node.lineno} uses {node.attr}"
        elif isinstance(node, ast.Import | ast.ImportFrom) and "contracts.storage.keys" in imported(node):
            yield f"line {node.lineno} imports the key layout"


def imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Full names of what a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}


def test_no_module_outside_a_store_names_a_key_listens_or_pings() -> None:
    found = {
        name: list(offences(ast.parse(text)))
        for name, text in sources().items()
        if not name.startswith(STORAGE) and name not in STORES_OF_ONE_PACKAGE
    }
    assert len(found) > 100
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_store_that_a_package_keeps_for_itself_is_there() -> None:
    assert sources().keys() >= STORES_OF_ONE_PACKAGE


def test_schemas_and_settings_know_no_driver_and_no_store() -> None:
    forbidden = {}
    for name, text in sources().items():
        if name.startswith("contracts/") and not name.startswith(STORAGE):
            names = {
                full
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Import | ast.ImportFrom)
                for full in imported(node)
            }
            forbidden[name] = {
                full for full in names if full.partition(".")[0] in _DRIVERS or full.startswith("contracts.storage")
            }
    assert len(forbidden) > 5
    assert {name: names for name, names in forbidden.items() if names} == {}


@pytest.mark.parametrize(
    "statement",
    [
        "redis.get('mien:jobs:bytes')",
        "redis.get(f'mien:job:{job_id}')",
        "redis.get(f'mien:{kind}:{job_id}')",
        "redis.pubsub()",
        "subscribe = redis.pubsub",
        "services.redis.ping()",
        "pubsub.subscribe(channel)",
        "from contracts.storage import keys",
        "from contracts.storage.keys import OPEN_JOBS",
        "import contracts.storage.keys",
    ],
)
def test_an_offence_would_be_found(statement: str) -> None:
    assert len(list(offences(ast.parse(statement)))) == 1
