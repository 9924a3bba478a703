"""What is to be typed first where 0.3.0 runs in containers, held against both compose files."""

import re
from pathlib import Path
from typing import Any

import yaml

from support.last_release import unpack_last_release


def test_an_upgrade_from_0_3_reaches_the_old_redis_by_the_new_image(
    compose: dict[str, Any], root: Path, tmp_path: Path
) -> None:
    page = (root / "docs/operations.md").read_text()
    commands = re.findall(r"^(?:\(umask 077; )?docker run .+", page, re.MULTILINE)
    old = yaml.safe_load((unpack_last_release(tmp_path) / "docker-compose.yml").read_text())
    assert "networks" not in old, "all services are in the default one"
    gateway = compose["services"]["gateway"]
    image = gateway["image"].replace("${IMAGE_PREFIX:-mien}", "mien").replace("${IMAGE_TAG:-latest}", "next")
    assert "image" not in old["services"]["gateway"], "the engine calls it mien-gateway:latest"
    assert "\nIMAGE_PREFIX=mien IMAGE_TAG=next docker compose build gateway\n" in page, "that image stays what it is"
    (backup, check, doctor) = commands
    assert backup.startswith("(umask 077; "), "the shell makes the file, which is its owner's alone"
    assert backup.endswith(" > before.backup)")
    assert check.endswith("/tmp/b --check' < before.backup"), "it needs no Redis"
    for command in commands:
        assert f" {image} " in command
    assert doctor.endswith(" mien doctor")
    for command in (backup, doctor):
        assert f"--network {old['name']}_default " in command
        mounted = re.findall(r"\$PWD/secrets/(\w+):/run/secrets/\1:ro", command)
        assert set(mounted) <= set(gateway["secrets"]) & set(old["services"]["gateway"]["secrets"])
        assert all(old["secrets"][name]["file"] == f"secrets/{name}" for name in mounted)
