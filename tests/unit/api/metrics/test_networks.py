"""Networks side by side, in Prometheus' words."""

from api.metrics.networks import networks
from contracts.networks import NetworkPlan, NetworkRecord, Shadow
from support.factories import make_worker_report


def test_the_plan_and_what_workers_do_with_it() -> None:
    plan = NetworkPlan(weights={"mien-4": 9, "mien-3": 1}, shadow=Shadow(network="mien-2", share=0.5))
    record = NetworkRecord(epoch=7, plan=plan, set_at=12.5)
    workers = [
        make_worker_report("a", plan_epoch=7, serves={"mien-4": 9, "mien-3": 1}),
        make_worker_report("b", plan_epoch=6, serves={"mien-4": 1}, network_error="damaged", failed_epoch=7),
    ]
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in networks(record, workers)
        for sample in family.samples
    }
    assert found == {
        ("mien_network_share", "mien-3"): 0.05,
        ("mien_network_share", "mien-4"): 0.95,
        ("mien_network_plan_info", "mien-2", "set"): 1,
        ("mien_network_plan_set_time_seconds",): 12.5,
        ("mien_worker_networks", "serving"): 1,
        ("mien_worker_networks", "failed"): 1,
        ("mien_worker_networks", "behind"): 0,
        ("mien_worker_networks", "unaware"): 0,
        ("mien_worker_networks", "none"): 0,
    }


def test_of_a_plan_that_cannot_be_read_workers_are_told_all_the_same() -> None:
    workers = [make_worker_report("a", plan_epoch=6, serves={"mien-4": 1}, network_error="It cannot be read.")]
    found = {family.name: family.samples for family in networks(None, workers)}
    assert found.keys() == {"mien_network_share", "mien_worker_networks"}
    states = {sample.labels["state"]: sample.value for sample in found["mien_worker_networks"]}
    assert states["failed"] == 1, "so that an alert may fire"
