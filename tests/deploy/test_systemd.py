"""The units for a plain machine: they run what is there, with the settings and passwords that they need."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.settings import PREFIX, Settings
from deploy.secrets import write
from support.units import FOLDER, read, services

UNITS = services()
ROLES = {
    "mien-gateway.service": "gateway",
    "mien-worker@.service": "worker",
    "mien-capture.service": "capture",
    "mien-flower.service": "flower",
}
SERVERS = {"mien-redis.service": "redis", "mien-frames.service": "frames"}
MODULES = {"gateway": "api", "worker": "workers", "capture": "capture", "flower": "deploy.flower"}


def credentials(unit: str) -> dict[str, str]:
    return dict(one.split(":", 1) for one in UNITS[unit]["Service"]["LoadCredential"])


def values(text: str) -> dict[str, str]:
    """Settings of a file of variables."""
    pairs = [line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {name.removeprefix(PREFIX).lower(): value for name, value in pairs}


def test_there_is_a_unit_for_each_process() -> None:
    assert UNITS.keys() == ROLES.keys() | SERVERS.keys()


@pytest.mark.parametrize("unit", ROLES)
def test_a_role_runs_as_in_its_container_with_the_same_secrets(unit: str, compose: dict[str, Any]) -> None:
    role = ROLES[unit]
    command = UNITS[unit]["Service"]["ExecStart"][0]
    assert command.removeprefix("/usr/bin/env MIEN_HOST=127.0.0.1 ") == f"/opt/mien/bin/python -P -m {MODULES[role]}"
    assert credentials(unit).keys() == {
        name for name in compose["services"][role]["secrets"] if name.startswith("mien_")
    }
    assert "-/etc/mien/mien.env" in UNITS[unit]["Service"]["EnvironmentFile"]


@pytest.mark.parametrize("unit", SERVERS)
def test_redis_is_run_as_compose_runs_it(unit: str, compose: dict[str, Any]) -> None:
    program, configuration, *options = shlex.split(UNITS[unit]["Service"]["ExecStart"][0])
    assert (program, configuration) == ("/usr/bin/redis-server", "${CREDENTIALS_DIRECTORY}/redis.conf")
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given.pop("--bind") == "127.0.0.1"
    here = {name: given.pop(name) for name in ("--supervised", "--port", "--dir")}
    assert here["--supervised"] == "systemd"
    words = [re.sub(r"\$\{\w+:-(.+)\}", r"\1", word) for word in compose["services"][SERVERS[unit]]["command"]]
    for line in UNITS[unit]["Service"].get("Environment", ()):
        name, _, value = line.partition("=")
        given = {option: word.replace(f"${{{name}}}", value) for option, word in given.items()}
    assert given == dict(zip(words[2::2], words[3::2], strict=True))


def test_every_password_is_one_that_is_made(tmp_path: Path) -> None:
    made = set(write(tmp_path))
    for unit in UNITS:
        for file in credentials(unit).values():
            folder, name = file.rsplit("/", 1)
            assert (folder, name in made) == ("/etc/mien/secrets", True), unit


def test_the_addresses_that_are_made_are_those_of_the_servers() -> None:
    install = (FOLDER / "install").read_text()
    for unit, server in SERVERS.items():
        (port,) = re.findall(r"--port (\d+)", UNITS[unit]["Service"]["ExecStart"][0])
        assert f"--{server} 127.0.0.1:{port}" in install


def test_settings_exist_and_units_get_longer_than_a_job() -> None:
    given = values((FOLDER / "mien.env").read_text())
    settings = Settings(**given)
    assert given.keys() <= Settings.model_fields.keys()
    stop = {unit: float(UNITS[unit]["Service"]["TimeoutStopSec"][0]) for unit in UNITS}
    assert stop["mien-worker@.service"] > settings.job_time_limit_s
    assert stop["mien-gateway.service"] > settings.sync_timeout_s + 5
    assert settings.require_keys, "behind a proxy of this machine every client has its address"


def test_every_unit_belongs_to_the_target_and_has_a_limit_of_memory() -> None:
    for name, unit in UNITS.items():
        assert unit["Unit"]["PartOf"] == ["mien.target"], name
        assert unit["Install"]["WantedBy"] == ["mien.target"], name
        assert unit["Service"]["MemoryMax"], name
        wanted = " ".join(unit["Unit"].get("Wants", [])).split()
        assert {one for one in wanted if one.startswith("mien-")} <= UNITS.keys(), name
    assert read(FOLDER / "mien.target")["Install"]["WantedBy"] == ["multi-user.target"]


def test_devices_are_for_cameras_alone() -> None:
    private = {name for name, unit in UNITS.items() if unit["Service"].get("PrivateDevices") == ["yes"]}
    assert private == UNITS.keys() - {"mien-capture.service"}
    assert UNITS["mien-capture.service"]["Service"]["DeviceAllow"] == ["char-video4linux rw"]


@pytest.mark.parametrize("name", ["systemd", "compose"])
def test_user_data_names_what_exists(root: Path, compose: dict[str, Any], name: str) -> None:
    text = (root / f"deploy/cloud-init/{name}.yaml").read_text()
    assert text.startswith("#cloud-config\n")
    data = yaml.safe_load(text)
    written = {file["path"]: file["content"] for file in data["write_files"]}
    commands = [" ".join(command) for command in data["runcmd"]]
    (clone,) = [command for command in commands if command.startswith("git clone ")]
    if branch := re.search(r"--branch (\S+)", clone):
        there = ["git", "ls-tree", "--name-only", branch[1], "deploy/systemd/install"]
        assert subprocess.check_output(there, cwd=root, text=True).strip(), f"{branch[1]} has what is called"
    if name == "systemd":
        given = values(written["/etc/mien/mien.env"])
        assert given.keys() <= Settings.model_fields.keys()
        Settings(**given)
        assert (root / "deploy/systemd/install").stat().st_mode & 0o111
        assert {"python3-venv", "redis-server", "caddy", "git"} <= set(data["packages"])
    else:
        known = set(re.findall(r"\$\{(\w+)[:}]|^ +(MIEN_\w+):", (root / "docker-compose.yml").read_text(), re.M))
        names = {one for pair in known for one in pair if one}
        assert {line.split("=")[0] for line in written["/opt/mien.env"].splitlines()} <= names


def test_the_page_and_user_data_do_the_same(root: Path) -> None:
    page = (root / "docs/vm.md").read_text()
    data = yaml.safe_load((root / "deploy/cloud-init/systemd.yaml").read_text())
    (packages,) = re.findall(r"apt-get install -y (.+)", page)
    assert set(packages.split()) == set(data["packages"]) - {"ca-certificates"}
    caddy = next(file["content"] for file in data["write_files"] if file["path"] == "/etc/caddy/Caddyfile")
    assert caddy in page
    assert "git clone https://" in page, "as user data does: of a release that has the units, once there is one"
    edge = (root / "deploy/edge/Caddyfile").read_text()
    for line in ("keepalive off", "lb_try_duration 5s", "Strict-Transport-Security", "Retry-After 2"):
        assert line in caddy, "what the containers' proxy does, this one does"
        assert line in edge
    assert "sudo deploy/systemd/install" in page
    for unit in UNITS:
        assert unit.removesuffix(".service").replace("@", "@1") in page, unit
