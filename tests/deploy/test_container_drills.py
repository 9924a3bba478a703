"""What `make docker-check` does to containers, without an engine: what Docker would say is told here."""

import signal
import subprocess
from pathlib import Path
from typing import Any

from containers import drills
from containers.stack import Stack


class OneContainer(Stack):
    """A container whose process is real, and which Docker finds to have been started anew when it is asked thrice."""

    def __init__(self, pid: int) -> None:
        super().__init__(Path(), without_grafana=True)
        self.pid, self.asked = pid, 0

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Its id, as of a running one."""
        return "c0ffee\n"

    def inspect(self, *containers: str) -> list[dict[str, Any]]:
        """What Docker knows: of the death nothing at first."""
        assert containers == ("c0ffee",)
        self.asked += 1
        return [{"Id": "c0ffee", "State": {"Pid": self.pid, "StartedAt": f"12:00:0{int(self.anew)}Z"}}]

    @property
    def anew(self) -> bool:
        """Whether it has been started anew."""
        return self.asked > 3


def test_a_crash_is_over_when_docker_has_started_the_container_anew() -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        try:
            stack = OneContainer(process.pid)
            drills._crash(stack, "worker")
            assert stack.anew
            assert process.wait() == -signal.SIGKILL
        finally:
            process.kill()
