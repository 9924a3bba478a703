"""What may reach what inside a cluster."""

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from support.kubernetes import Manifest, build_overlay, name_of, of_kind, pods

SOLVER = "acme-from-ingress"


@pytest.fixture(scope="module", params=["small", "production"])
def manifests(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Manifest]:
    return build_overlay(request.param, tmp_path_factory.mktemp("kubernetes"))


def policy(manifests: list[Manifest], name: str) -> Manifest:
    (found,) = [one for one in of_kind(manifests, "NetworkPolicy") if name_of(one) == name]
    return dict(found["spec"])


def chosen(manifests: list[Manifest], selector: Manifest) -> set[str]:
    """Names of what makes the Pods that a selector chooses."""

    def fits(labels: dict[str, str]) -> bool:
        wanted = selector.get("matchLabels", {}).items() <= labels.items()
        return wanted and all(
            labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", ())
        )

    return {name for name, template in pods(manifests).items() if fits(template["metadata"]["labels"])}


def test_nothing_is_allowed_that_is_not_named(manifests: list[Manifest]) -> None:
    deny = policy(manifests, "default-deny")
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_policies_choose_pods_that_exist_and_ports_that_these_open(manifests: list[Manifest]) -> None:
    for one in of_kind(manifests, "NetworkPolicy"):
        if name_of(one) == SOLVER:
            continue  # Pods that cert-manager makes
        names = chosen(manifests, one["spec"]["podSelector"])
        assert names, name_of(one)
        for rule in one["spec"].get("ingress", ()):
            for port in rule["ports"]:
                for name in names:
                    opened = {port["name"] for port in pods(manifests)[name]["spec"]["containers"][0]["ports"]}
                    assert port["port"] in opened, (name_of(one), name)


def test_every_role_reaches_redis_and_redis_lets_in_no_other(manifests: list[Manifest]) -> None:
    servers = {"redis", "frames"} & pods(manifests).keys()
    clients = pods(manifests).keys() - servers
    assert chosen(manifests, policy(manifests, "to-redis")["podSelector"]) == clients
    if servers:
        inward = policy(manifests, "redis-from-roles")
        assert chosen(manifests, inward["podSelector"]) == servers
        assert chosen(manifests, inward["ingress"][0]["from"][0]["podSelector"]) == clients


def test_clients_reach_gateways_alone(manifests: list[Manifest]) -> None:
    reachable = {
        name_of(one): chosen(manifests, one["spec"]["podSelector"])
        for one in of_kind(manifests, "NetworkPolicy")
        if "ingress" in one["spec"] and name_of(one) not in {"redis-from-roles", SOLVER}
    }
    assert reachable == {"gateway-from-ingress": {"gateway"}, "metrics-from-monitoring": {"gateway", "system-metrics"}}
    assert policy(manifests, "gateway-from-ingress")["ingress"][0]["ports"] == [{"protocol": "TCP", "port": "http"}]


def test_the_authority_of_certificates_reaches_what_answers_it_where_there_is_an_ingress(
    manifests: list[Manifest],
) -> None:
    solvers = [one["spec"] for one in of_kind(manifests, "NetworkPolicy") if name_of(one) == SOLVER]
    assert len(solvers) == len(of_kind(manifests, "Ingress"))
    clients = policy(manifests, "gateway-from-ingress")["ingress"][0]["from"]
    for solver in solvers:
        assert solver["podSelector"] == {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}
        assert solver["ingress"] == [{"from": clients, "ports": [{"protocol": "TCP", "port": 8089}]}]


def internet(manifests: list[Manifest]) -> list[Manifest]:
    webhooks = policy(manifests, "webhooks-to-internet")
    assert chosen(manifests, webhooks["podSelector"]) == {"worker-webhooks"}
    (rule,) = webhooks["egress"]
    return [peer["ipBlock"] for peer in rule["to"]]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # credentials of a cloud's machine
        ("100.100.100.200", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fd00:ec2::254", False),
        ("fe80::1", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_webhooks_leave_for_public_addresses_alone(manifests: list[Manifest], address: str, allowed: bool) -> None:
    one = ip_address(address)
    assert (allowed is True) == any(
        one in ip_network(block["cidr"]) and not any(one in ip_network(hole) for hole in block.get("except", ()))
        for block in internet(manifests)
    )


def test_no_other_policy_leads_to_the_internet(manifests: list[Manifest]) -> None:
    for one in of_kind(manifests, "NetworkPolicy"):
        if name_of(one) == "webhooks-to-internet":
            continue
        for rule in one["spec"].get("egress", ()):
            assert rule["to"], name_of(one)
            for peer in rule["to"]:
                assert ip_network(peer.get("ipBlock", {"cidr": "10.0.0.0/8"})["cidr"]).is_private, name_of(one)


def test_the_metrics_of_the_cluster_are_where_scaling_asks(root: Path) -> None:
    for file in (root / "deploy/kubernetes/components/keda").glob("worker-*.yaml"):
        assert "http://prometheus-operated.monitoring.svc:9090" in file.read_text(), file
