"""The units as systemd itself sees them, and user data as cloud-init does; nothing is started."""

import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from support.cloud_init import schema
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
