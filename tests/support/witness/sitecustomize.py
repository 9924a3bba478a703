"""Each Python that starts with this folder in its path imports this by itself, and writes down which code it finds."""

import importlib.util
import json
import os
from pathlib import Path

_PACKAGES = ("api", "capture", "contracts", "models", "workers")

if _folder := os.environ.get("CODE_WITNESS"):
    _specs = {name: importlib.util.find_spec(name) for name in _PACKAGES}
    _found = {name: spec.origin if spec else None for name, spec in _specs.items()}
    Path(_folder, f"{os.getpid()}.json").write_text(json.dumps(_found), encoding="utf-8")
