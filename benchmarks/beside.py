"""A program in a Python environment of its own, asked and answered through pipes, to measure beside Mien."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Self


class BesideProcess:
    """A process that answers on its standard output; it ends with the block."""

    def __init__(self, python: Path, program: str, *arguments: str) -> None:
        """Start `program`, Python code, with the interpreter `python`."""
        self._process = subprocess.Popen(
            [str(python), "-c", program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        """Use the process that runs already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._process.communicate()

    def _ask(self, question: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(question)
        self._process.stdin.flush()

    @property
    def _answers(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout
