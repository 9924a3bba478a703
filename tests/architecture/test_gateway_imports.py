"""The gateway stays small: what `import api.app` loads, and what it costs."""

import json
import subprocess
import sys

import pytest

_PROBE = """
import json, sys
import api.app
modules = sorted(sys.modules)
import psutil
print(json.dumps({"modules": modules, "rss_mb": psutil.Process().memory_info().rss / 1e6}))
"""
_FOREIGN = (
    "PIL",
    "ai_edge_litert",
    "celery.worker",
    "cv2",
    "keras",
    "models.analyzer",
    "numpy",
    "tensorflow",
    "workers",
)


@pytest.fixture(scope="module")
def probe() -> dict[str, object]:
    answer = subprocess.run([sys.executable, "-c", _PROBE], check=True, capture_output=True, text=True)
    return dict(json.loads(answer.stdout))


def test_the_gateway_loads_no_image_library_no_network_runtime_and_no_worker_code(probe: dict[str, list[str]]) -> None:
    loaded = [m for m in probe["modules"] if any(m == name or m.startswith(name + ".") for name in _FOREIGN)]
    assert loaded == []


def test_importing_the_gateway_takes_under_100_mb(probe: dict[str, float]) -> None:
    assert probe["rss_mb"] < 100


def test_the_server_loads_what_opens_sockets_only_after_gevent_has_replaced_them() -> None:
    code = "import sys, api.server; print(*sorted({'flask', 'redis', 'celery', 'api.app'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"
