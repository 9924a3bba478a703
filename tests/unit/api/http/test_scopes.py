"""Scopes of API keys, named by the command line before gevent has patched what Flask imports."""

import subprocess
import sys


def test_naming_scopes_loads_no_flask() -> None:
    script = "import sys, api.__main__; print(*(module in sys.modules for module in ('api.http.scopes', 'flask')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["True", "False"]
