"""Runs the package fer in an environment of its own, as many analyses in a row as are asked for, as a baseline."""

import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

_PROGRAM = """
import sys, time
from importlib.metadata import version
import cv2, numpy
cv2.setNumThreads(1)
from fer.fer import FER
detector = FER()
data = numpy.frombuffer(open(sys.argv[1], "rb").read(), numpy.uint8)
print("ready", version("fer"), flush=True)
for line in sys.stdin:
    begun = time.process_time()
    for _ in range(int(line)):
        faces = detector.detect_emotions(cv2.imdecode(data, cv2.IMREAD_COLOR))
    print("took", (time.process_time() - begun) * 1000 / int(line), len(faces), flush=True)
"""


class FerBeside:
    """A process with fer's own defaults: its Haar settings and its 8-bit network."""

    def __init__(self, python: Path, photo: bytes) -> None:
        """Start the process.

        Args:
            python: interpreter of an environment in which fer is installed.
            photo: the JPEG to analyse.

        Raises:
            RuntimeError: fer cannot be loaded there.
        """
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name, "photo.jpg")
        path.write_bytes(photo)
        self._process = subprocess.Popen(
            [str(python), "-c", _PROGRAM, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = self._answer("ready")[0]

    def __enter__(self) -> Self:
        """Use the process that runs already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._process.communicate()
        self._folder.cleanup()

    def analyze(self, times: int) -> float:
        """Analyse the photo so many times in a row; milliseconds of CPU time an analysis, of all threads."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{times}\n")
        self._process.stdin.flush()
        return float(self._answer("took")[0])

    def _answer(self, word: str) -> list[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(word):
                return line.split()[1:]
        raise RuntimeError("The process with fer has ended; is fer installed in that environment?")
