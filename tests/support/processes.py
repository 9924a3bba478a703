"""The types of the fixtures that start real processes."""

import subprocess
from pathlib import Path
from typing import Protocol

Process = subprocess.Popen[bytes]


class StartProcess(Protocol):
    """Starts ``python -m MODULE``; settings are keywords without their prefix."""

    def __call__(
        self, module: str, clock_off_s: float = 0, namespace: str = "", code: Path | None = None, **settings: object
    ) -> Process:
        """Start it, and do not wait; its clock is ahead by so many seconds, or behind, its network namespace this.

        With `code` it runs what is in this folder, and says so there where its log is (`support.last_release`).
        """
        ...


class StartWorkers(Protocol):
    """Starts workers."""

    def __call__(self, count: int = 1, **settings: object) -> list[Process]:
        """Start them, and wait until each has said that it is ready."""
        ...


class StartGateway(Protocol):
    """Starts a gateway on a free port."""

    def __call__(self, **settings: object) -> tuple[Process, int]:
        """Start it, and wait until it answers; gives the process and the port."""
        ...
