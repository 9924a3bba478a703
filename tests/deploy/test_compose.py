"""The compose file keeps what the documentation promises."""

from pathlib import Path
from typing import Any

import pytest
from honcho.environ import parse_procfile

from contracts.settings import PREFIX, Settings
from deploy.health import CHECKS

ROLES = ("gateway", "worker", "capture", "flower")


def test_compose_and_procfile_run_the_same_processes(compose: dict[str, Any], root: Path) -> None:
    local = set(parse_procfile((root / "Procfile").read_text()).processes)
    assert set(compose["services"]) - {"redis"} == local == set(ROLES) == set(CHECKS)


def test_only_the_gateway_and_flower_can_be_reached(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {
        "gateway": ["${MIEN_HOST:-127.0.0.1}:${MIEN_PORT:-5000}:5000"],
        "flower": ["${MIEN_HOST:-127.0.0.1}:${MIEN_FLOWER_PORT:-5555}:5555"],
    }
    assert not any("network_mode" in service for service in compose["services"].values())


def test_every_service_is_checked_restarted_and_given_time_to_end(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
        assert service["stop_grace_period"], name
        assert "container_name" not in service, "a fixed name forbids --scale"


@pytest.mark.parametrize("role", ROLES)
def test_roles_wait_for_redis_check_themselves_and_hold_no_rights(compose: dict[str, Any], role: str) -> None:
    service = compose["services"][role]
    assert service["depends_on"] == {"redis": {"condition": "service_healthy"}}
    assert service["healthcheck"]["test"] == ["CMD", "python", "-P", "-m", "deploy.health", role]
    assert service["build"]["dockerfile"] == f"deploy/docker/{role}.Dockerfile"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]


def test_redis_loses_and_evicts_nothing(compose: dict[str, Any]) -> None:
    command = compose["services"]["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--maxmemory"] == "${REDIS_MAXMEMORY:-1gb}"
    assert compose["services"]["redis"]["volumes"] == ["redis:/data"]


def test_waiting_images_fill_less_than_half_of_redis() -> None:
    assert 2 * Settings().max_open_bytes < 1 << 30


def test_settings_in_the_compose_file_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name in service.get("environment", {}):
            assert name.removeprefix(PREFIX).lower() in Settings.model_fields
