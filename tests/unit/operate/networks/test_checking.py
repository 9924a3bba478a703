"""Whether a plan can be served."""

import pytest

from contracts.errors import ConfigurationError
from contracts.networks import NetworkPlan
from operate.networks.checking import check_plan
from support.factories import make_worker_report

PLAN = NetworkPlan.model_validate({"weights": {"a": 1}, "keys": {"k": "b"}, "shadow": {"network": "c", "share": 1}})


def test_every_network_of_a_plan_has_to_be_there_that_of_keys_and_the_shadow_included() -> None:
    check_plan(PLAN, [])
    check_plan(PLAN, [make_worker_report(plan_epoch=0, offers=["a", "b", "c", "d"])])
    workers = [
        make_worker_report("w1", plan_epoch=0, offers=["a", "c"]),
        make_worker_report("w2", plan_epoch=0, offers=["b"], serves={"a": 1}),
    ]
    with pytest.raises(
        ConfigurationError, match=r"w1 on host-1 cannot serve b, only a, c; .*w2.* cannot serve c, only a, b"
    ):
        check_plan(PLAN, workers)


def test_workers_that_follow_no_plan_are_not_asked() -> None:
    sound = make_worker_report("new", plan_epoch=0, offers=["a", "b", "c"])
    check_plan(PLAN, [sound, make_worker_report("old"), make_worker_report("faces", model="none", plan_epoch=0)])
    with pytest.raises(ConfigurationError, match="No worker reads expressions"):
        check_plan(PLAN, [make_worker_report("faces", model="none", plan_epoch=0)])
