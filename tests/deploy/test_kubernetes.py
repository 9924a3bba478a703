"""The objects for Kubernetes: valid by its schemas, and all that they name is there. No cluster has met them here."""

import tomllib
from pathlib import Path

import kubernetes_validate
import pytest

from contracts.settings import PREFIX, SECRETS, Settings
from deploy.health import CHECKS
from support.kubernetes import FOLDER, Manifest, build, containers, environment, name_of, of_kind, pods

OLDEST, NEWEST = "1.30", "1.37"
"""Versions of Kubernetes whose schemas the objects have to keep."""


@pytest.fixture(scope="module", params=["base"])
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return build(FOLDER / request.param)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_keeps_the_schema_of_kubernetes(manifests: list[Manifest], version: str) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelt_field_would_be_found(manifests: list[Manifest]) -> None:
    broken = {**of_kind(manifests, "ServiceAccount")[0], "automountServiceAcountToken": False}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, NEWEST, strict=True)


def test_images_are_those_that_are_built_here_in_this_version(manifests: list[Manifest], root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    for name, container in containers(manifests):
        image, _, tag = container["image"].partition(":")
        assert tag == version, name
        assert (root / f"deploy/docker/{image.removeprefix('mien-')}.Dockerfile").exists(), name


def test_settings_exist_and_their_values_are_allowed(manifests: list[Manifest]) -> None:
    for name, container in containers(manifests):
        values = {
            variable.removeprefix(PREFIX).lower(): value
            for variable, value in environment(container, manifests).items()
            if variable.startswith(PREFIX)
        }
        assert values.keys() <= Settings.model_fields.keys(), name
        Settings(**values)
        assert not {key for key in values if key.endswith(("_url", "_password", "_source"))}, "secrets are files"


def test_secrets_are_files_named_as_settings_where_these_are_read(manifests: list[Manifest]) -> None:
    for name, template in pods(manifests).items():
        volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
        secret = volumes["secrets"]["secret"]
        assert secret["secretName"] == "mien-secrets", name
        assert secret["defaultMode"] == 0o440, name
        settings = {item["path"].removeprefix(PREFIX.lower()) for item in secret["items"]}
        assert "redis_url" in settings <= Settings.model_fields.keys(), name
        (mount,) = [mount for mount in template["spec"]["containers"][0]["volumeMounts"] if mount["name"] == "secrets"]
        assert (mount["mountPath"], mount["readOnly"]) == (str(SECRETS), True), name


def test_selectors_find_the_pods_that_they_mean(manifests: list[Manifest]) -> None:
    labels = [template["metadata"]["labels"] for template in pods(manifests).values()]
    chosen = [maker["spec"]["selector"]["matchLabels"] for maker in of_kind(manifests, "Deployment", "StatefulSet")]
    chosen += [service["spec"]["selector"] for service in of_kind(manifests, "Service")]
    chosen += [budget["spec"]["selector"]["matchLabels"] for budget in of_kind(manifests, "PodDisruptionBudget")]
    for selector in chosen:
        assert len([one for one in labels if selector.items() <= one.items()]) == 1, selector


def test_no_pod_has_rights_or_a_token_or_may_write_to_its_image(manifests: list[Manifest]) -> None:
    accounts = {name_of(account) for account in of_kind(manifests, "ServiceAccount")}
    for name, template in pods(manifests).items():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["serviceAccountName"] in accounts, name
        assert spec["enableServiceLinks"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] == 10001, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
    for name, container in containers(manifests):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
        assert "memory" in container["resources"]["limits"], name


def test_workers_have_time_to_finish_a_job(manifests: list[Manifest]) -> None:
    workers = {name: template for name, template in pods(manifests).items() if name.startswith("worker-")}
    assert workers
    for name, template in workers.items():
        (container,) = template["spec"]["containers"]
        limit = float(environment(container, manifests)["MIEN_JOB_TIME_LIMIT_S"])
        assert template["spec"]["terminationGracePeriodSeconds"] > limit, name


def test_every_queue_has_workers(manifests: list[Manifest]) -> None:
    taken = [environment(container, manifests).get("MIEN_WORKER_QUEUES", "") for _, container in containers(manifests)]
    default = str(Settings.model_fields["worker_queues"].default)
    assert sorted(queue for queues in taken if queues for queue in queues.split(",")) == sorted(default.split(","))


def test_probes_ask_for_what_the_image_answers(manifests: list[Manifest], root: Path) -> None:
    routes = (root / "api/routes/health.py").read_text()
    for name, container in containers(manifests):
        ports = {port["name"] for port in container.get("ports", ())}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = container.get(kind, {})
            if "httpGet" in probe:
                assert probe["httpGet"]["port"] in ports, name
                assert f'@blueprint.get("{probe["httpGet"]["path"]}")' in routes, name
            if "exec" in probe:
                role = container["image"].partition(":")[0].removeprefix("mien-")
                assert probe["exec"]["command"] == ["python", "-P", "-m", "deploy.health", role], name
                assert role in CHECKS


def test_no_probe_of_liveness_depends_on_redis(manifests: list[Manifest]) -> None:
    for name, container in containers(manifests):
        assert "exec" not in container.get("livenessProbe", {}), name
