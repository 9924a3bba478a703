"""The stopwatch: two clocks, and stages that come again."""

import pytest

from models.stages import StageTimer


def test_each_stage_gets_the_time_since_the_last_one_and_the_cpu_time_of_its_own() -> None:
    cpu_seconds = {"decode": 1.0}
    stages = StageTimer(cpu_seconds, iter([10.0, 10.5, 11.0, 13.0]).__next__, iter([3.0, 3.1, 3.1, 3.4]).__next__)
    for stage in ("decode", "detect", "decode"):
        stages.end(stage)
    assert stages.milliseconds == {"decode": 2500, "detect": 500}
    assert cpu_seconds == pytest.approx({"decode": 1.4, "detect": 0.0})
