"""Checks of deploy/kubernetes that need a heavy environment: ``python -m support.kubernetes_check VENV``.

`make kubernetes-check` runs it. Objects of operators are held against these operators' schemas, every object against
checkov's rules.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from support.kubernetes import FOLDER, Manifest, build_overlay, name_of

OVERLAYS = ("small", "production")
OPERATORS = {
    "ScaledObject": "cloudcoil.models.keda.v1alpha1",
    "ServiceMonitor": "cloudcoil.models.prometheus_operator.v1",
    "PrometheusRule": "cloudcoil.models.prometheus_operator.v1",
}
"""Kind → module of its model."""

_VALIDATE = """
import importlib, json, sys
def lost(given, kept, path):
    # Models pass over what they do not know, so a misspelt field is one that is not there any more.
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            if name not in kept:
                yield f"{path}.{name} is no field"
            else:
                yield from lost(value, kept[name], f"{path}.{name}")
    elif isinstance(given, list) and isinstance(kept, list):
        for number, (one, other) in enumerate(zip(given, kept)):
            yield from lost(one, other, f"{path}[{number}]")
faults = []
for module, manifest in json.load(sys.stdin):
    model = getattr(importlib.import_module(module), manifest["kind"])
    kept = model.model_validate(manifest).model_dump(mode="json", by_alias=True, exclude_unset=True)
    faults += lost(manifest, kept, manifest["kind"] + " " + manifest["metadata"]["name"])
print(*faults, sep="\\n")
sys.exit(bool(faults))
"""


def main(argv: list[str]) -> int:
    """Check all overlays with the programs of an environment. Returns the exit status."""
    programs = Path(argv[0]).resolve() / "bin"
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        for overlay in OVERLAYS:
            manifests = build_overlay(overlay, Path(folder) / overlay)
            status |= _validated(programs, overlay, manifests)
            status |= _checkov(programs, overlay, manifests, Path(folder) / f"{overlay}.yaml")
    return status


def _validated(programs: Path, overlay: str, manifests: list[Manifest]) -> int:
    asked = [(OPERATORS[one["kind"]], one) for one in manifests if one["kind"] in OPERATORS]
    command = [programs / "python", "-c", _VALIDATE]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
    names = ", ".join(f"{one['kind']} {name_of(one)}" for _, one in asked) or "none"
    print(f"{overlay}: objects of operators: {names}: {'kept' if not done.returncode else 'WRONG'}")
    if done.returncode:
        print(done.stdout.strip(), done.stderr.strip()[-2000:], sep="\n")
    return done.returncode


def _checkov(programs: Path, overlay: str, manifests: list[Manifest], file: Path) -> int:
    file.write_text(yaml.safe_dump_all(manifests))
    command = [programs / "checkov", "--config-file", FOLDER / "checkov.yaml", "--file", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(f"{overlay}: checkov: {'no finding' if not done.returncode else 'FINDINGS'}")
    if done.returncode:
        print(done.stdout, done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
