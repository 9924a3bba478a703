"""The stopwatch of an analysis."""

from models.stages import Stages


def test_each_stage_has_the_time_since_the_last_and_may_come_again() -> None:
    times = iter([10.0, 10.002, 10.005, 10.006])
    stages = Stages(clock=lambda: next(times))
    for stage in ("decode", "detect", "decode"):
        stages.end(stage)
    assert stages.milliseconds == {"decode": 3.0, "detect": 3.0}
