"""From a module's path follows that of its tests: ``api/jobs/waiting.py`` → ``tests/unit/api/jobs/test_waiting.py``."""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "tests/unit"
PACKAGES = ("api", "capture", "contracts", "deploy", "models", "operate", "training", "workers")


class Elsewhere(NamedTuple):
    """Where a module without a test module of its own is tested, and why there."""

    tests: str
    """Path of a test module or folder, from the root of the repository."""
    reason: str


ELSEWHERE: dict[str, Elsewhere] = {
    **{
        f"api/http/{module}.py": Elsewhere(
            "tests/integration/test_websockets.py", "sockets on gevent, which are what it is about, need a real server"
        )
        for module in ("websocket_connection", "websocket_upgrade", "websockets")
    },
    **{
        f"api/live/{module}.py": Elsewhere("tests/integration/test_browser_cameras.py", "needs a server and a worker")
        for module in ("ingest", "ingest_messages")
    },
    **{
        f"api/{module}.py": Elsewhere(
            "tests/integration/test_viewers_socket.py", "a WebSocket, which needs a real server"
        )
        for module in ("live/viewing", "routes/live")
    },
    "api/live/reader.py": Elsewhere("tests/unit/api/live/test_broadcast.py", "what viewers get of what it reads"),
    "capture/__main__.py": Elsewhere("tests/integration/test_capture_process.py", "run as a process"),
    "capture/child.py": Elsewhere("tests/integration/test_capture_process.py", "run as a process"),
    "capture/errors.py": Elsewhere(
        "tests/integration/test_camera_sources.py", "names of errors; what raises them is tested"
    ),
    "capture/source.py": Elsewhere("tests/unit/capture/sources", "a protocol and types, without code of its own"),
    **{
        f"contracts/errors/{family}.py": Elsewhere(
            "tests/unit/contracts/errors/test_base.py", "names and codes of errors"
        )
        for family in ("access", "configuration", "images", "jobs", "lookups", "requests")
    },
    "models/__init__.py": Elsewhere("tests/architecture/test_packages.py", "what importing it loads, in a process"),
    "models/batching/lost.py": Elsewhere("tests/unit/models/batching/test_analyzer.py", "an error, and who raises it"),
    "models/images/decoder_child.py": Elsewhere(
        "tests/unit/models/images/test_decoder_process.py", "run as a process, by the module that starts it"
    ),
    "models/runtimes/backends/base.py": Elsewhere(
        "tests/unit/models/runtimes/backends", "a protocol, without code of its own"
    ),
    "models/runtimes/backends/jax_backend.py": Elsewhere(
        "tests/integration/test_keras_backends.py", "a process has one backend, and that of the other tests is another"
    ),
    "models/runtimes/backends/torch_backend.py": Elsewhere(
        "tests/integration/test_keras_backends.py",
        "where PyTorch is installed, which it is not in CI",
    ),
    "models/runtimes/base.py": Elsewhere("tests/unit/models/runtimes", "a protocol, without code of its own"),
    "training/__main__.py": Elsewhere("tests/unit/training/emotion/test_trainer.py", "run as a process, and killed"),
    "training/shared/errors.py": Elsewhere("tests/unit/training", "names of errors; what raises them is tested"),
}
"""By path of the module."""


def modules(package: str) -> set[str]:
    """Paths of the package's modules; an ``__init__.py`` counts if it defines something, not if it only re-exports."""
    return {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / package).rglob("*.py")
        if file.name != "__init__.py" or _defines_something(file.read_text(encoding="utf-8"))
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


def test_what_is_tested_elsewhere_is_tested_there() -> None:
    assert [module for module, elsewhere in ELSEWHERE.items() if not (ROOT / elsewhere.tests).exists()] == []


def _defines_something(text: str) -> bool:
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in ast.parse(text).body)
