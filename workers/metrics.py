"""What analyses add to the counters that all processes share."""

from collections import defaultdict

from contracts.metrics import FACES_FOUND, STAGE_CPU_SECONDS, STAGE_SECONDS, metric_key
from contracts.results import Analysis


def add_analysis(amounts: defaultdict[str, float], analysis: Analysis) -> None:
    """Add what one analysis found, and how long each stage took, to the counters in `amounts`."""
    amounts[FACES_FOUND] += len(analysis.faces)
    for stage, milliseconds in analysis.stages_ms.items():
        amounts[metric_key(STAGE_SECONDS, stage=stage)] += milliseconds / 1000


def add_cpu(amounts: defaultdict[str, float], cpu_seconds: dict[str, float]) -> None:
    """Add CPU time by stage to the counters in `amounts`."""
    for stage, seconds in cpu_seconds.items():
        amounts[metric_key(STAGE_CPU_SECONDS, stage=stage)] += seconds
