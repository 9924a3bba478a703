"""The compose file keeps what the documentation promises."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from honcho.environ import parse_procfile

from contracts.queues import QUEUES
from contracts.settings import PREFIX, Settings
from deploy import env_example, secrets
from deploy.health import CHECKS
from workers.outbound import TIMEOUT_S

OF_OPENTELEMETRY = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"}
"""Variables that its library reads."""
NETWORKS = "${NETWORKS_FOLDER:-./networks}:/networks:ro"
ROLES = ("gateway", "worker", "capture", "flower")
SERVERS = ("redis", "frames")
BY_PROFILE = {"edge": ("edge",), "observe": ("prometheus", "grafana")}
"""Profile → services that run with it alone."""
SHARED = {"webhooks": "worker"}
"""Services that run another's image for a part of its work."""
BUILT = (*ROLES, *SHARED, "edge")
PACKAGES = {
    "gateway": ["api", "contracts"],
    "worker": ["workers", "contracts"],
    "webhooks": ["workers", "contracts"],
    "capture": ["capture", "contracts"],
    "flower": ["deploy/flower.py", "contracts"],
}
"""Role → where the settings that it reads are named."""


def test_compose_and_procfile_run_the_same_processes(compose: dict[str, Any], root: Path) -> None:
    local = set(parse_procfile((root / "Procfile.local").read_text()).processes)
    added = {name for names in BY_PROFILE.values() for name in names}
    assert set(compose["services"]) - set(SERVERS) - set(SHARED) - added == local == set(ROLES) == set(CHECKS)


def test_only_what_a_profile_names_is_left_out_of_a_plain_start(compose: dict[str, Any]) -> None:
    profiles = {name: service["profiles"] for name, service in compose["services"].items() if "profiles" in service}
    assert profiles == {name: [profile] for profile, names in BY_PROFILE.items() for name in names}


def test_only_what_clients_and_operators_look_at_can_be_reached(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {
        "gateway": ["${MIEN_HOST:-127.0.0.1}:${MIEN_PORT:-5000}:5000"],
        "flower": ["${DESK_HOST:-127.0.0.1}:${MIEN_FLOWER_PORT:-5555}:5555"],
        "edge": [
            "${EDGE_HOST:-127.0.0.1}:${EDGE_HTTPS_PORT:-443}:8443",
            "${EDGE_HOST:-127.0.0.1}:${EDGE_HTTP_PORT:-80}:8080",
        ],
        "prometheus": ["${DESK_HOST:-127.0.0.1}:${PROMETHEUS_PORT:-9090}:9090"],
        "grafana": ["${DESK_HOST:-127.0.0.1}:${GRAFANA_PORT:-3000}:3000"],
    }
    assert not any("network_mode" in service for service in compose["services"].values())


def test_redis_is_out_of_reach_of_what_clients_reach(compose: dict[str, Any]) -> None:
    members = {name: set(service["networks"]) for name, service in compose["services"].items()}
    assert set().union(*members.values()) == set(compose["networks"])
    assert {name for name in members if "data" in members[name]} == {*SERVERS, *ROLES, *SHARED}
    assert compose["networks"]["data"] == compose["networks"]["observe"] == {"internal": True}
    assert all(members[name] == {"data"} for name in SERVERS)
    assert members["edge"] == {"front"}
    assert members["worker"] == {"data"}, "what decodes strangers' images has no way out"
    assert {name for name in members if "outside" in members[name]} == {"webhooks", "capture"}
    assert {name for name in members if "observe" in members[name]} == {"gateway", "prometheus", "grafana"}


def test_workers_leave_webhooks_to_the_one_that_has_a_way_out(compose: dict[str, Any]) -> None:
    queues = [compose["services"][name]["environment"]["MIEN_WORKER_QUEUES"] for name in ("worker", "webhooks")]
    assert queues == ["${MIEN_WORKER_QUEUES:-interactive,live,bulk}", "webhooks"]
    assert set(default_of(queues[0]).split(",")) | {"webhooks"} == set(QUEUES)


def test_who_is_told_to_end_has_time_for_what_was_begun(compose: dict[str, Any]) -> None:
    grace = {name: service["stop_grace_period"] for name, service in compose["services"].items()}
    settings = Settings()
    assert seconds(default_of(grace["worker"])) > settings.job_time_limit_s
    assert seconds(default_of(grace["gateway"])) > settings.drain_s + settings.sync_timeout_s + 5
    assert seconds(grace["webhooks"]) > TIMEOUT_S


def seconds(text: str) -> float:
    """Of a time such as 30s."""
    return float(text.removesuffix("s"))


def test_prometheus_asks_the_gateways_where_clients_do_not_reach(compose: dict[str, Any], root: Path) -> None:
    port = compose["services"]["gateway"]["environment"]["MIEN_METRICS_PORT"]
    assert f"gateway:{port}" in (root / "deploy/prometheus/prometheus.yml").read_text()
    assert not any(str(port) in published for published in compose["services"]["gateway"]["ports"])
    assert "./deploy/prometheus:/etc/prometheus:ro" in compose["services"]["prometheus"]["volumes"]


def test_grafana_asks_for_its_password_which_is_a_file(compose: dict[str, Any]) -> None:
    environment = compose["services"]["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana_password"
    assert not [name for name in environment if "PASSWORD" in name and not name.endswith("__FILE")]


def test_the_gateway_believes_the_proxy_and_no_other_in_its_network(compose: dict[str, Any]) -> None:
    (subnet,) = compose["networks"]["front"]["ipam"]["config"]
    edge = compose["services"]["edge"]["networks"]["front"]["ipv4_address"]
    trusted = compose["services"]["gateway"]["environment"]["MIEN_TRUSTED_PROXIES"]
    assert trusted == f"${{MIEN_TRUSTED_PROXIES:-{edge}}}"
    network, dynamic = (ip_network(default_of(subnet[name])) for name in ("subnet", "ip_range"))
    assert dynamic.subnet_of(network)
    assert ip_address(default_of(edge)) in set(network.hosts()) - set(dynamic.hosts())


def test_the_page_pins_every_base_that_a_setting_names(compose: dict[str, Any], root: Path) -> None:
    page = (root / "docs/deployment.md").read_text()
    images = dict(re.findall(r"\$\{([A-Z]+_IMAGE):-([^}]+)\}", env_example.compose_files()))
    (asked,) = re.findall(r"^for image in (.+); do$", page, re.MULTILINE)
    assert set(asked.split()) == set(images.values())
    assert all(f"{name}={image.split(':')[0]}@sha256:" in page for name, image in images.items())


def default_of(text: str) -> str:
    """What stands in a variable's place unless it is set."""
    return text.partition(":-")[2].removesuffix("}")


def test_every_service_is_checked_restarted_and_given_time_to_end(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
        assert service["stop_grace_period"], name
        assert "container_name" not in service, "a fixed name forbids --scale"


@pytest.mark.parametrize("role", [*ROLES, *SHARED])
def test_roles_wait_for_redis_check_themselves_and_hold_no_rights(compose: dict[str, Any], role: str) -> None:
    service = compose["services"][role]
    assert service["depends_on"] == {name: {"condition": "service_healthy"} for name in SERVERS}
    image = SHARED.get(role, role)
    assert service["healthcheck"]["test"] == ["CMD", "python", "-P", "-m", "deploy.health", image]


@pytest.mark.parametrize("service", BUILT)
def test_images_are_built_here_of_bases_that_a_setting_pins(compose: dict[str, Any], service: str) -> None:
    image, said = SHARED.get(service, service), compose["services"][service]
    assert said["image"] == f"${{IMAGE_PREFIX:-mien}}-{image}:${{IMAGE_TAG:-latest}}"
    assert said["build"]["dockerfile"] == f"deploy/docker/{image}.Dockerfile"
    (base,) = {"CADDY_IMAGE", "PYTHON_IMAGE"} & set(said["build"]["args"])
    assert said["build"]["args"][base].startswith(f"${{{base}:-")


def test_images_of_others_can_be_pinned(compose: dict[str, Any]) -> None:
    images = {name: service["image"] for name, service in compose["services"].items() if name not in BUILT}
    assert all(re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[a-z/]+:[\w.-]+\}", image) for image in images.values()), images


def test_no_service_holds_rights_or_takes_the_whole_machine(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name


def test_redis_loses_and_evicts_nothing(compose: dict[str, Any]) -> None:
    options = options_of(compose["services"]["redis"])
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "${REDIS_APPENDFSYNC:-everysec}"
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--maxmemory"] == "${REDIS_MAXMEMORY:-1gb}"
    assert compose["services"]["redis"]["volumes"] == ["redis:/data"]


def test_networks_of_ones_own_reach_the_workers_that_analyse(compose: dict[str, Any]) -> None:
    mounted = {name for name, service in compose["services"].items() if NETWORKS in service.get("volumes", ())}
    reads = {name for name, one in compose["services"].items() if "MIEN_NETWORKS_FOLDER" in one.get("environment", ())}
    assert mounted == reads == {"worker"}


def test_images_of_what_has_traces_can_be_built_with_opentelemetry(compose: dict[str, Any]) -> None:
    built = {name: compose["services"][name]["build"]["args"] for name in BUILT}
    having = {name for name, arguments in built.items() if arguments.get("OTEL") == "${IMAGE_OTEL:-}"}
    assert having == {name for name in ROLES if "MIEN_TRACES" in compose["services"][name]["environment"]} | {*SHARED}


def test_frames_lie_in_no_file(compose: dict[str, Any]) -> None:
    service = compose["services"]["frames"]
    options = options_of(service)
    assert (options["--appendonly"], options["--save"]) == ("no", "")
    assert options["--maxmemory-policy"] == "volatile-ttl"
    assert "volumes" not in service
    assert "/data" in service["tmpfs"], "the image would give it a volume"


def options_of(service: dict[str, Any]) -> dict[str, str]:
    """The options on a server's command line, after the file with its password."""
    command = service["command"]
    assert command[:2] == ["redis-server", "/run/secrets/redis.conf"]
    return dict(zip(command[2::2], command[3::2], strict=True))


def test_passwords_are_files_and_each_service_has_those_that_it_needs(compose: dict[str, Any], tmp_path: Path) -> None:
    assert {name: names_of(service) for name, service in compose["services"].items()} == {
        "redis": {"redis_conf"},
        "frames": {"frames_conf"},
        "gateway": {"mien_redis_url", "mien_frame_redis_url"},
        "worker": {"mien_redis_url", "mien_frame_redis_url"},
        "capture": {"mien_redis_url", "mien_frame_redis_url", "mien_camera_source"},
        "webhooks": {"mien_redis_url", "mien_frame_redis_url"},
        "flower": {"mien_redis_url", "mien_flower_password"},
        "edge": set(),
        "prometheus": set(),
        "grafana": {"grafana_password"},
    }
    made = {f"secrets/{name}" for name in secrets.write(tmp_path)}
    assert {secret["file"] for secret in compose["secrets"].values()} == made


def names_of(service: dict[str, Any]) -> set[str]:
    return {secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", ())}


@pytest.mark.parametrize("role", [*ROLES, *SHARED])
def test_a_role_is_given_the_settings_that_it_reads_and_no_password(
    compose: dict[str, Any], root: Path, role: str
) -> None:
    service = compose["services"][role]
    assert "env_file" not in service
    given = {name.removeprefix(PREFIX).lower() for name in service["environment"] if name not in OF_OPENTELEMETRY}
    files = [root / part for part in PACKAGES[role]]
    texts = [path.read_text() for file in files for path in (file.rglob("*.py") if file.is_dir() else [file])]
    read = {name for text in texts for name in re.findall(r"settings\.(\w+)", text)} & Settings.model_fields.keys()
    own = {name for text in texts[: -len(contracts(root))] for name in re.findall(r"settings\.(\w+)", text)}
    secret = {name.removeprefix(PREFIX.lower()) for name in names_of(service)}
    if role not in SHARED:
        assert own & Settings.model_fields.keys() <= given | secret, "what its own package reads"
    assert given <= read, "no setting that it does not read"
    assert not {name for name in given if name.endswith(("_url", "_password", "_source"))}


def contracts(root: Path) -> list[Path]:
    return list((root / "contracts").rglob("*.py"))


def test_every_setting_reaches_a_role(compose: dict[str, Any]) -> None:
    services = [compose["services"][role] for role in ROLES]
    given = {name.lower() for service in services for name in (*service["environment"], *names_of(service))} - {
        name.lower() for name in OF_OPENTELEMETRY
    }
    assert {f"{PREFIX}{name}".lower() for name in Settings.model_fields} == given


def test_the_example_of_an_env_file_has_every_variable(compose: dict[str, Any], root: Path) -> None:
    text = env_example.compose_files()
    assert (root / ".env.example").read_text() == env_example.text(text), "run `make env`"
    read = env_example.variables(text)
    assert set(re.findall(r"\$\{(\w+)", text)) <= set(read), "each has a default"
    assert set(env_example.OF_COMPOSE) <= set(read)
    services = compose["services"]
    fixed = {
        name for role in ROLES for name, value in services[role]["environment"].items() if "$" not in str(value or "$")
    }
    secret = {name.upper() for role in ROLES for name in names_of(services[role])}
    missing = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} - set(read) - secret - fixed
    assert missing == {"MIEN_PUBLISHED_HOST"}, "follows from MIEN_HOST and EDGE_HOST"


def test_waiting_images_fill_less_than_half_of_redis() -> None:
    assert 2 * Settings().max_open_bytes < 1 << 30


def test_keys_are_needed_as_soon_as_the_port_is_published_to_others(compose: dict[str, Any]) -> None:
    environment = compose["services"]["gateway"]["environment"]
    addresses = ["${MIEN_HOST:-127.0.0.1}", "${EDGE_HOST:-127.0.0.1}"]
    assert environment["MIEN_PUBLISHED_HOST"] == ",".join(addresses), "those in `ports`"
    for name, address in zip(("gateway", "edge"), addresses, strict=True):
        assert all(port.startswith(f"{address}:") for port in compose["services"][name]["ports"]), name
    assert environment["MIEN_ALLOW_ANONYMOUS"] is None, "as the operator says"
