"""The objects for Kubernetes: valid by its schemas, and all that they name is there. No cluster has met them here."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from contracts.settings import PREFIX, SECRETS, Settings
from deploy.health import CHECKS
from support.kubernetes import (
    FOLDER,
    Manifest,
    build_overlay,
    containers,
    environment,
    name_of,
    of_kind,
    pods,
)

OLDEST, NEWEST = "1.30", "1.37"
"""Versions of Kubernetes whose schemas the objects have to keep."""
OPERATORS = ("ScaledObject", "ServiceMonitor", "PrometheusRule")
"""Kinds that are not Kubernetes' own; `make kubernetes-check` holds them against theirs."""
OURS = "mien-"
OVERLAYS = ("small", "production")


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def manifests(overlay: str, tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    return build_overlay(overlay, tmp_path_factory.mktemp("kubernetes"))


def roles(manifests: list[Manifest]) -> list[tuple[str, Manifest]]:
    """The containers with our own images."""
    return [(name, container) for name, container in containers(manifests) if OURS in container["image"]]


def role_of(container: Manifest) -> str:
    return str(container["image"].rpartition("/")[2].partition(":")[0].removeprefix(OURS))


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_keeps_the_schema_of_kubernetes(manifests: list[Manifest], version: str) -> None:
    kinds = set()
    for manifest in manifests:
        if manifest["kind"] not in OPERATORS:
            kubernetes_validate.validate(manifest, version, strict=True)
            kinds.add(manifest["kind"])
    assert {"Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget", "ConfigMap", "Namespace"} <= kinds


def test_a_misspelt_field_would_be_found(manifests: list[Manifest]) -> None:
    broken = {**of_kind(manifests, "ServiceAccount")[0], "automountServiceAcountToken": False}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, NEWEST, strict=True)


def test_images_are_those_that_are_built_here_in_this_version(manifests: list[Manifest], root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    for name, container in roles(manifests):
        assert container["image"].endswith(f":{version}"), name
        assert (root / f"deploy/docker/{role_of(container)}.Dockerfile").exists(), name


def test_settings_exist_and_their_values_are_allowed(manifests: list[Manifest]) -> None:
    for name, container in roles(manifests):
        values = {
            variable.removeprefix(PREFIX).lower(): value
            for variable, value in environment(container, manifests).items()
            if variable.startswith(PREFIX)
        }
        assert values.keys() <= Settings.model_fields.keys(), name
        Settings(**values)
        assert not {key for key in values if key.endswith(("_url", "_password", "_source"))}, "secrets are files"


def test_a_role_is_given_the_secrets_that_compose_gives_it(manifests: list[Manifest], compose: dict[str, Any]) -> None:
    for name, container in roles(manifests):
        volumes = {volume["name"]: volume for volume in pods(manifests)[name]["spec"]["volumes"]}
        secret = volumes["secrets"]["secret"]
        assert secret["defaultMode"] == 0o440, name
        assert all(item["key"] == item["path"] for item in secret["items"]), name
        given = {item["path"] for item in secret["items"]}
        assert given == {one for one in compose["services"][role_of(container)]["secrets"] if one.startswith("mien_")}
        (mount,) = [mount for mount in container["volumeMounts"] if mount["name"] == "secrets"]
        assert (mount["mountPath"], mount["readOnly"]) == (str(SECRETS), True), name


def test_what_pods_mount_is_there_or_is_the_operators(manifests: list[Manifest], overlay: str) -> None:
    made = {name_of(secret): secret["data"].keys() for secret in of_kind(manifests, "Secret")}
    if overlay == "production":  # made by hand, as the example shows
        (example,) = yaml.safe_load_all((FOLDER / "overlays/production/secrets.example.yaml").read_text())
        kubernetes_validate.validate(example, NEWEST, strict=True)
        made = {name_of(example): example["stringData"].keys()}
        Settings(**{key.removeprefix(PREFIX.lower()): value for key, value in example["stringData"].items()})
    for name, template in pods(manifests).items():
        volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
        for volume in volumes.values():
            secret = volume.get("secret", {"optional": True})
            if not secret.get("optional"):
                assert {item["key"] for item in secret["items"]} <= made[secret["secretName"]], name
        for container in template["spec"]["containers"]:
            claims = {claim["metadata"]["name"] for claim in claims_of(manifests, name)}
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes.keys() | claims, name
            configs = {source["configMapRef"]["name"] for source in container.get("envFrom", ())}
            assert configs <= {name_of(config) for config in of_kind(manifests, "ConfigMap")}


def claims_of(manifests: list[Manifest], name: str) -> list[Manifest]:
    return [
        claim
        for maker in of_kind(manifests, "StatefulSet")
        if name_of(maker) == name
        for claim in maker["spec"]["volumeClaimTemplates"]
    ]


def test_selectors_find_the_pods_that_they_mean(manifests: list[Manifest]) -> None:
    labels = [template["metadata"]["labels"] for template in pods(manifests).values()]
    chosen = [maker["spec"]["selector"]["matchLabels"] for maker in of_kind(manifests, "Deployment", "StatefulSet")]
    chosen += [service["spec"]["selector"] for service in of_kind(manifests, "Service")]
    chosen += [budget["spec"]["selector"]["matchLabels"] for budget in of_kind(manifests, "PodDisruptionBudget")]
    assert len(chosen) > 10
    for selector in chosen:
        assert len([one for one in labels if selector.items() <= one.items()]) == 1, selector
    for template in pods(manifests).values():
        for spread in template["spec"].get("topologySpreadConstraints", ()):
            assert spread["labelSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


def test_services_and_ingresses_lead_to_ports_that_are_open(manifests: list[Manifest]) -> None:
    services = {}
    for service in of_kind(manifests, "Service"):
        name = service["spec"]["selector"]["app.kubernetes.io/name"]
        open_ports = {port["name"] for port in pods(manifests)[name]["spec"]["containers"][0]["ports"]}
        services[name_of(service)] = {port["name"]: port["targetPort"] for port in service["spec"]["ports"]}
        assert set(services[name_of(service)].values()) <= open_ports
    for ingress in of_kind(manifests, "Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                assert backend["port"]["name"] in services[backend["name"]]
    for monitor in of_kind(manifests, "ServiceMonitor"):
        name = monitor["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]
        (service,) = [
            one for one in of_kind(manifests, "Service") if one["metadata"]["labels"]["app.kubernetes.io/name"] == name
        ]
        assert monitor["spec"]["endpoints"][0]["port"] in services[name_of(service)]


def test_ports_are_those_of_the_settings(manifests: list[Manifest]) -> None:
    names = {"gateway": {"http": "MIEN_PORT", "metrics": "MIEN_METRICS_PORT"}, "flower": {"http": "MIEN_FLOWER_PORT"}}
    for name, container in roles(manifests):
        values = environment(container, manifests)
        ports = {port["name"]: str(port["containerPort"]) for port in container.get("ports", ())}
        assert ports == {port: values[setting] for port, setting in names.get(role_of(container), {}).items()}, name


def test_no_pod_has_rights_or_a_token_or_may_write_to_its_image(manifests: list[Manifest]) -> None:
    accounts = {name_of(account) for account in of_kind(manifests, "ServiceAccount")}
    for name, template in pods(manifests).items():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["serviceAccountName"] in accounts, name
        assert spec["enableServiceLinks"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] == (10001 if OURS in spec["containers"][0]["image"] else 10002), (
            name
        )
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
    for name, container in containers(manifests):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
        assert "memory" in container["resources"]["limits"], name


def test_workers_have_time_to_finish_a_job_and_gateways_their_requests(manifests: list[Manifest]) -> None:
    for name, container in roles(manifests):
        values = environment(container, manifests)
        grace = pods(manifests)[name]["spec"]["terminationGracePeriodSeconds"]
        if role_of(container) == "worker":
            assert grace > float(values["MIEN_JOB_TIME_LIMIT_S"]), name
        if name == "gateway":
            pause = float(container["lifecycle"]["preStop"]["exec"]["command"][1])
            drain = float(values.get("MIEN_DRAIN_S", 0))
            assert grace > pause + drain + Settings().sync_timeout_s + 5


def test_every_queue_has_workers(manifests: list[Manifest]) -> None:
    taken = [environment(container, manifests).get("MIEN_WORKER_QUEUES", "") for _, container in roles(manifests)]
    default = str(Settings.model_fields["worker_queues"].default)
    assert sorted(queue for queues in taken if queues for queue in queues.split(",")) == sorted(default.split(","))


def test_probes_ask_for_what_the_image_answers(manifests: list[Manifest], root: Path) -> None:
    routes = {"gateway": (root / "api/routes/health.py").read_text(), "flower": '@blueprint.get("/healthcheck")'}
    for name, container in roles(manifests):
        ports = {port["name"] for port in container.get("ports", ())}
        probes = [container[kind] for kind in ("startupProbe", "livenessProbe", "readinessProbe") if kind in container]
        assert {"startupProbe", "readinessProbe"} <= container.keys(), name
        for probe in probes:
            if "httpGet" in probe:
                assert probe["httpGet"]["port"] in ports, name
                assert f'@blueprint.get("{probe["httpGet"]["path"]}")' in routes[role_of(container)], name
            else:
                assert probe["exec"]["command"] == ["python", "-P", "-m", "deploy.health", role_of(container)], name
                assert role_of(container) in CHECKS


def test_no_probe_of_liveness_depends_on_redis(manifests: list[Manifest]) -> None:
    for name, container in roles(manifests):
        liveness = container.get("livenessProbe", {})
        assert "exec" not in liveness, name
        assert liveness.get("httpGet", {}).get("path", "/livez") in ("/livez", "/healthcheck"), name


def test_redis_is_run_as_compose_runs_it(manifests: list[Manifest], overlay: str, compose: dict[str, Any]) -> None:
    commands = {name: container["command"] for name, container in containers(manifests) if name in ("redis", "frames")}
    if overlay == "production":
        assert commands == {}
        return
    for name, command in commands.items():
        in_compose = [re.sub(r"\$\{\w+:-(.+)\}", r"\1", word) for word in compose["services"][name]["command"]]
        assert command == in_compose, name


def test_no_secret_is_in_the_repository(root: Path) -> None:
    assert "/deploy/kubernetes/overlays/*/secrets/" in (root / ".gitignore").read_text().splitlines()
    lines = (root / ".dockerignore").read_text().splitlines()
    assert lines.index("deploy/kubernetes/") > lines.index("!deploy/"), "nor in an image"
    for file in FOLDER.rglob("*.yaml"):
        for document in yaml.safe_load_all(file.read_text()):
            if document and document.get("kind") == "Secret":
                assert "PASSWORD" in json.dumps(document), file


def test_the_page_names_what_is_there(root: Path) -> None:
    page = (root / "docs/kubernetes.md").read_text()
    named = set(re.findall(r"deploy/kubernetes/[\w./-]+[\w]", page)) - {"deploy/kubernetes/overlays/small/secrets"}
    assert named >= {"deploy/kubernetes/overlays/small", "deploy/kubernetes/overlays/production"}
    for path in named:
        assert (root / path).exists(), path
    folders = {folder.name for folder in (FOLDER / "components").iterdir()}
    assert folders <= set(re.findall(r"`([\w-]+)`", page)), "every component is described"
    for secret in ("mien_redis_url", "mien_frame_redis_url", "mien_flower_password", "mien_camera_source"):
        assert f"--from-file={secret}" in page
