"""Waiting for workers to work by a plan."""

import pytest
from redis import Redis

from contracts.networks import NetworkPlan, NetworkRecord
from contracts.storage.heartbeat import HeartbeatStore
from operate.networks.waiting import wait_for_workers
from support.factories import make_worker_report

RECORD = NetworkRecord(epoch=7, plan=NetworkPlan(weights={"mien-3": 1}))


class Clock:
    """Time passes while one sleeps; something may happen meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.happens = dict[float, object]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        happening = self.happens.pop(self.now, None)
        if callable(happening):
            happening()


def test_it_waits_until_the_last_worker_has_changed(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    heartbeats, clock = HeartbeatStore(redis), Clock()
    heartbeats.report(make_worker_report("a", plan_epoch=7))
    heartbeats.report(make_worker_report("b", plan_epoch=6))
    clock.happens[5.0] = lambda: heartbeats.report(make_worker_report("b", plan_epoch=7))
    assert wait_for_workers(heartbeats, RECORD, 60, clock, clock.sleep) == 0
    assert clock.now == 5
    assert "All workers work by it (2)" in capsys.readouterr().out


def test_it_gives_up_in_time_and_names_who_is_late(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    heartbeats, clock = HeartbeatStore(redis), Clock()
    heartbeats.report(make_worker_report("late", plan_epoch=6, serves={"mien-4": 1}))
    heartbeats.report(make_worker_report("a", plan_epoch=7))
    assert wait_for_workers(heartbeats, RECORD, 3, clock, clock.sleep) == 1
    assert clock.now == 3
    said = capsys.readouterr().out
    assert (
        "Worker late on host-1 has not finished what it began before, or loads still, and goes on with mien-4." in said
    )
    assert "1 of 2 workers work by the plan." in said


def test_it_does_not_wait_for_who_will_not_come(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    heartbeats, clock = HeartbeatStore(redis), Clock()
    heartbeats.report(make_worker_report("old", model="mien-2"))
    heartbeats.report(
        make_worker_report("ill", plan_epoch=6, failed_epoch=7, network_error="It is damaged.", serves={"a": 2, "b": 1})
    )
    assert wait_for_workers(heartbeats, RECORD, 60, clock, clock.sleep) == 1
    assert clock.now == 0
    said = capsys.readouterr().out
    assert "Worker old on host-1 is of a version that follows no plan, and goes on with mien-2." in said
    assert "Worker ill on host-1 cannot serve the plan and goes on with a:2,b:1: It is damaged." in said


def test_who_failed_with_the_plan_before_is_waited_for(redis: Redis) -> None:
    heartbeats, clock = HeartbeatStore(redis), Clock()
    heartbeats.report(make_worker_report("a", plan_epoch=5, failed_epoch=6, network_error="It is damaged."))
    clock.happens[1.0] = lambda: heartbeats.report(make_worker_report("a", plan_epoch=7))
    assert wait_for_workers(heartbeats, RECORD, 60, clock, clock.sleep) == 0
    assert clock.now == 1


def test_workers_that_read_no_expressions_are_not_waited_for(redis: Redis) -> None:
    heartbeats, clock = HeartbeatStore(redis), Clock()
    heartbeats.report(make_worker_report("faces", model="none", plan_epoch=6))
    assert wait_for_workers(heartbeats, RECORD, 60, clock, clock.sleep) == 0
