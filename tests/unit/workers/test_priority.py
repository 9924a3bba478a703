"""Only a worker that no client waits for lowers its priority."""

import os
import subprocess
import sys

import pytest

from workers.priority import lower_priority


@pytest.mark.parametrize("queues", ["interactive", "interactive,live,webhooks,bulk", "webhooks,bulk", "live"])
def test_work_that_is_waited_for_keeps_its_priority(queues: str) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    assert not lower_priority(queues)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_bulk_alone_yields_the_processor() -> None:
    probe = """
import os
from workers.priority import lower_priority
assert lower_priority("bulk")
print(os.sched_getscheduler(0) == os.SCHED_IDLE if hasattr(os, "SCHED_IDLE") else os.getpriority(os.PRIO_PROCESS, 0))
"""
    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() in {"True", "19"}
