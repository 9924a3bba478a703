"""How far workers have followed the plan of networks."""

from typing import Any

import pytest

from contracts.networks import NetworkPlan, NetworkRecord
from contracts.storage.following import STATES, served_by, shares, state_of
from support.factories import make_worker_report

SET = NetworkRecord(epoch=7, plan=NetworkPlan(weights={"mien-4": 1}))


@pytest.mark.parametrize(
    ("worker", "state"),
    [
        ({"plan_epoch": 7}, "serving"),
        ({"plan_epoch": 6}, "behind"),
        ({"plan_epoch": 8}, "behind"),
        ({"plan_epoch": 6, "network_error": "damaged", "failed_epoch": 7}, "failed"),
        ({"plan_epoch": 5, "network_error": "damaged", "failed_epoch": 6}, "behind"),
        ({}, "unaware"),
        ({"model": "none", "plan_epoch": 6}, "none"),
    ],
)
def test_a_worker_says_how_far_it_is(worker: dict[str, Any], state: str) -> None:
    assert state_of(make_worker_report(**worker), SET) == state
    assert state in STATES


@pytest.mark.parametrize(
    ("worker", "state"),
    [
        ({"plan_epoch": 6}, "behind"),
        ({"plan_epoch": 6, "network_error": "it cannot be read"}, "failed"),
        ({}, "unaware"),
        ({"model": "none", "plan_epoch": 6}, "none"),
    ],
)
def test_of_a_plan_that_cannot_be_read_nobody_is_said_to_serve_it(worker: dict[str, Any], state: str) -> None:
    assert state_of(make_worker_report(**worker), None) == state


def test_before_a_plan_was_set_workers_serve_their_settings() -> None:
    assert state_of(make_worker_report(plan_epoch=0), NetworkRecord()) == "serving"
    assert state_of(make_worker_report(), NetworkRecord()) == "unaware"


def test_shares_are_those_of_threads_whatever_a_worker_s_version() -> None:
    workers = [
        make_worker_report("a", threads=3, serves={"mien-4": 2, "mien-3": 1}),
        make_worker_report("b", threads=1, model="classic-1"),
        make_worker_report("c", threads=8, model="none", serves={"none": 1}),
    ]
    assert [served_by(worker) for worker in workers] == [{"mien-4": 2, "mien-3": 1}, {"classic-1": 1}, {}]
    assert shares(workers) == {"classic-1": 0.25, "mien-3": 0.25, "mien-4": 0.5}
    assert shares([]) == {}
