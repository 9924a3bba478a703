"""One small image a role: its lock file, its packages, no rights."""

import ast
import re
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

from deploy import sbom, slim

LOCKS = {"gateway": "api", "worker": "worker", "worker-gpu": "${LOCK}", "capture": "capture", "flower": "flower"}
PROCESS = {"worker-gpu": "worker"}
"""Image → process, where it is called otherwise."""
PACKAGES = {"contracts", "models", "workers", "api", "capture", "training", "operate", "deploy"}
TRACED = ("gateway", "worker", "worker-gpu")
"""Roles that record traces, with the extra `otel`."""
WITH_COMMAND = ("gateway", "worker", "worker-gpu")
"""Roles in whose containers operators have the command `mien`."""


@pytest.fixture(params=LOCKS)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def dockerfile(role: str, root: Path) -> str:
    return (root / f"deploy/docker/{role}.Dockerfile").read_text()


def copied(dockerfile: str) -> set[str]:
    return set(re.findall(r"^COPY (\w+) /source/\1$", dockerfile, re.MULTILINE))


def line(role: str, root: Path) -> str:
    """What runs the process."""
    return parse_procfile((root / "Procfile.local").read_text()).processes[PROCESS.get(role, role)]


def imported(files: set[Path]) -> set[str]:
    """Names of our packages that these modules import, wherever they do."""
    names = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names & PACKAGES


def test_the_image_holds_the_packages_that_its_process_imports(role: str, dockerfile: str, root: Path) -> None:
    module = line(role, root).split()[-1]
    package = module.split(".")[0]
    needed = {package, "deploy"}
    files = {root / "deploy/health.py", root / "deploy/flower.py"}
    for name in needed - {"deploy"}:
        files |= set((root / name).rglob("*.py"))
    for name in imported(files) - needed:
        files |= set((root / name).rglob("*.py"))
    if role in WITH_COMMAND:
        needed |= {"operate", "models"}
    assert copied(dockerfile) == imported(files) | needed
    assert (role in WITH_COMMAND) == (role in slim._OF_OPERATORS)


def test_it_runs_the_line_of_the_procfile(role: str, dockerfile: str, root: Path) -> None:
    command = re.search(r"^CMD \[(.*)\]$", dockerfile, re.MULTILINE)
    assert command is not None
    assert command[1] == ", ".join(f'"{part}"' for part in line(role, root).replace("-m", "-P -m").split())


def test_it_installs_its_lock_file_with_hashes_and_runs_without_rights(role: str, dockerfile: str) -> None:
    locks = {"worker-gpu": "gpu.txt requirements/keras"}.get(role, LOCKS[role])
    traced = " requirements/otel.txt" if role in TRACED else ""
    assert f"COPY requirements/{locks}.txt{traced} requirements/build.txt /requirements/" in dockerfile
    assert f"install --no-compile --require-hashes -r /requirements/{LOCKS[role]}.txt" in dockerfile
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2
    assert dockerfile.split("FROM", maxsplit=1)[0].endswith("ARG PYTHON_IMAGE=python:3.13-slim-trixie\n\n")
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)
    assert "index-url" not in dockerfile


def test_an_argument_adds_opentelemetry_to_what_has_traces_and_to_its_bill(role: str, dockerfile: str) -> None:
    lines = [line for line in dockerfile.splitlines() if "OTEL" in line and not line.startswith("#")]
    if role not in TRACED:
        assert not lines
        return
    argument, installed, billed = lines
    assert argument == "ARG OTEL=", "without, by default"
    assert installed.strip() == "${OTEL:+-r /requirements/otel.txt}"
    assert billed.endswith(f"/requirements/{LOCKS[role]}.txt ${{OTEL:+/requirements/otel.txt}}")


def test_the_locks_of_traces_and_of_their_roles_pin_the_same_versions(root: Path) -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(sbom._PIN.findall((root / f"requirements/{name}.txt").read_text()))

    traces = pins("otel")
    for lock in (pins(name) for name in ("api", "worker", "gpu", "keras")):
        both = traces.keys() & lock.keys()
        assert {name: traces[name] for name in both} == {name: lock[name] for name in both}


def test_its_bill_of_materials_is_in_it_and_labels_say_where_and_what_it_is(role: str, dockerfile: str) -> None:
    _, made, kept = dockerfile.split("FROM ${PYTHON_IMAGE}")
    assert f"python -m deploy.slim {role} /opt/mien" in made
    assert f'deploy.sbom mien-{role} "${{VERSION}}" /opt/mien /requirements/{LOCKS[role]}.txt' in made
    labels = dict(re.findall(r'([\w.]+)="([^"]*)"', kept.split("LABEL ")[1].split("USER")[0]))
    assert labels.pop("mien.sbom") == f"/opt/mien/{sbom.FILE}"
    assert {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()} == {
        "title": f"Mien {role}",
        "version": "${VERSION}",
        "revision": "${REVISION}",
        "source": "${SOURCE}",
        "licenses": "Apache-2.0",
        "base.name": "${PYTHON_IMAGE}",
    }


def test_cudas_libraries_are_from_wheels_and_can_be_left_out(root: Path) -> None:
    dockerfile = (root / "deploy/docker/worker-gpu.Dockerfile").read_text()
    arguments = re.findall(r"^ARG ((?:CUDA|LOCK)=.*)$", dockerfile, re.MULTILINE)
    assert arguments == ["CUDA=1", "LOCK=${CUDA:+gpu}", "LOCK=${LOCK:-keras}"]
    assert "nvidia/cuda" not in dockerfile
    assert "apt" not in re.findall(r"\w+", dockerfile)
    assert "nvidia-cudnn" in (root / "requirements/gpu.txt").read_text()
    assert "nvidia-" not in (root / "requirements/keras.txt").read_text()


def test_what_libraries_for_cards_write_they_write_to_the_one_folder_that_can_be_written(root: Path) -> None:
    _, _, image = (root / "deploy/docker/worker-gpu.Dockerfile").read_text().split("FROM ${PYTHON_IMAGE}")
    said = dict(pair.split("=") for line in re.findall(r"^ENV (.+)$", image, re.MULTILINE) for pair in line.split())
    assert {said[name].split("/")[1] for name in ("KERAS_HOME", "CUDA_CACHE_PATH", "XDG_CACHE_HOME")} == {"tmp"}
    assert said["NVIDIA_DRIVER_CAPABILITIES"] == "compute,utility"
    assert (said["MIEN_RUNTIME"], said["KERAS_BACKEND"]) == ("keras", "tensorflow")


def test_the_proxy_holds_its_configuration_and_no_right_to_low_ports(root: Path) -> None:
    dockerfile = (root / "deploy/docker/edge.Dockerfile").read_text()
    assert re.findall(r"^(?:ARG|FROM) (\S+)", dockerfile, re.MULTILINE) == ["CADDY_IMAGE=caddy:2", "${CADDY_IMAGE}"]
    assert re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE) == ["deploy/edge/Caddyfile /etc/caddy/Caddyfile"]
    assert re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE) == ["10001:10001"]
    ports = re.findall(r"^\t(?:http|https)_port (\d+)$", (root / "deploy/edge/Caddyfile").read_text(), re.MULTILINE)
    assert ports
    assert all(int(port) > 1024 for port in ports)


def test_what_is_copied_is_sent_to_the_engine(dockerfile: str, root: Path) -> None:
    sent = set(re.findall(r"^!([^/\n]+)/?$", (root / ".dockerignore").read_text(), re.MULTILINE))
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE):
        assert {source.split("/")[0] for source in line.split()[:-1]} <= sent
