"""docs/vm.md: the units as systemd itself sees them, what they start, and user data as cloud-init reads it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import requests
import yaml

from support.clocks import wait_for
from support.cloud_init import schema
from support.pictures import portrait_jpeg
from support.unit_runner import running_units
from support.units import FOLDER, ROOT, analyze, install_into, instance, services

MOST_EXPOSED = 2.0
"""`systemd-analyze security` calls 0 safe and 10 unsafe; a plain service has 9.6."""


def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    place = install_into(tmp_path)
    units = [instance(name) for name in services()] + ["mien.target"]
    done = analyze("verify", f"--root={tmp_path}", "--man=no", "--recursive-errors=no", *units)
    ours = [line for line in done.stderr.splitlines() if "mien" in line]
    assert ours == []
    assert done.returncode == 0, done.stderr
    (place / "mien-gateway.service").write_text("[Service]\nExecStart=/usr/bin/env\nMemoryMaximum=1G\n")
    broken = analyze("verify", f"--root={tmp_path}", "--man=no", "mien-gateway.service")
    assert "MemoryMaximum" in broken.stderr, "a misspelt word would be found"


@pytest.mark.parametrize("name", services())
def test_a_unit_may_do_little(tmp_path: Path, name: str) -> None:
    install_into(tmp_path)
    done = analyze("security", "--offline=true", f"--root={tmp_path}", "--no-pager", instance(name))
    (level,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(level) <= MOST_EXPOSED, done.stdout


@pytest.mark.parametrize("name", ["systemd", "compose"])
def test_user_data_keeps_the_schema_of_cloud_init(name: str) -> None:
    data = yaml.safe_load((ROOT / f"deploy/cloud-init/{name}.yaml").read_text())
    known = schema()
    jsonschema.Draft4Validator(known).validate(data)
    parts = known["$defs"] if "$defs" in known else known["definitions"]
    names = {property_ for part in parts.values() for property_ in part.get("properties", ())}
    assert data.keys() <= names, "a misspelt word would be passed over"


def test_scripts_are_ones_that_the_shell_understands() -> None:
    for script, shell in (("install", "bash"), ("mien", "sh")):
        done = subprocess.run([shell, "-n", FOLDER / script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.slow_fault
def test_what_the_units_start_answers_a_photo(tmp_path: Path) -> None:
    answers_a_photo(tmp_path, Path(sys.executable))


@pytest.mark.slow_fault
@pytest.mark.timeout(1200)
def test_so_does_what_the_installer_has_installed(tmp_path: Path) -> None:
    command = [FOLDER / "install", "--root", tmp_path / "root", "--roles", "api worker"]
    environment = os.environ | {"PYTHON": sys.executable}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    installed = {file.name for file in (tmp_path / "root/etc/systemd/system").iterdir()}
    assert {*services(), "mien.target", "mien-.service.d"} == installed
    assert (tmp_path / "root/etc/mien/mien.env").exists()
    assert (tmp_path / "root/usr/local/sbin/mien").stat().st_mode & 0o111
    (tmp_path / "run").mkdir()
    answers_a_photo(tmp_path / "run", tmp_path / "root/opt/mien/bin/python")


def answers_a_photo(folder: Path, python: Path) -> None:
    with running_units(folder, python) as machine:
        address, headers = f"http://127.0.0.1:{machine.gateway}", {"Host": "mien.example.com"}

        def whole() -> bool:
            try:
                return requests.get(f"{address}/healthz", headers=headers, timeout=10).ok
            except requests.RequestException:
                return False

        wait_for(whole, "the gateway and a worker", 120)
        environment = os.environ | {"CREDENTIALS_DIRECTORY": str(machine.credentials("mien-gateway.service"))}
        create = [python, "-P", "-m", "operate", "keys", "create", "a phone"]
        made = subprocess.run(create, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        headers["Authorization"] = f"Bearer {re.findall(r'mien_[A-Za-z0-9_-]+', made.stdout)[-1]}"
        image = {"image": ("photo.jpg", portrait_jpeg(), "image/jpeg")}
        answer = requests.post(f"{address}/detect_emotion", files=image, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        assert answer.json()["faces"]
