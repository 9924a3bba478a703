"""What analyses add to the counters."""

from collections import defaultdict

import pytest

from contracts.metrics import FACES_FOUND, STAGE_CPU_SECONDS, STAGE_SECONDS, metric_key
from support.factories import make_analysis, make_face
from workers.metrics import add_analysis, add_cpu


def test_faces_and_seconds_by_stage_add_up() -> None:
    amounts: defaultdict[str, float] = defaultdict(float)
    add_analysis(amounts, make_analysis(make_face(), make_face(), stages_ms={"decode": 1.5, "detect": 8.0}))
    add_analysis(amounts, make_analysis(make_face(), stages_ms={"decode": 0.5}))
    assert amounts[FACES_FOUND] == 3
    assert amounts[metric_key(STAGE_SECONDS, stage="decode")] == pytest.approx(0.002)
    assert amounts[metric_key(STAGE_SECONDS, stage="detect")] == pytest.approx(0.008)


def test_cpu_seconds_add_up_by_stage() -> None:
    amounts: defaultdict[str, float] = defaultdict(float)
    for _ in range(2):
        add_cpu(amounts, {"store": 0.25, "draw": 1.0})
    key = {stage: metric_key(STAGE_CPU_SECONDS, stage=stage) for stage in ("store", "draw")}
    assert dict(amounts) == {key["store"]: 0.5, key["draw"]: 2.0}
