"""Runs the package fer in an environment of its own, as many analyses in a row as are asked for, as a baseline."""

import tempfile
from pathlib import Path
from types import TracebackType

from benchmarks.beside import BesideProcess

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


class FerBeside(BesideProcess):
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
        super().__init__(python, _PROGRAM, str(path))
        self.version = self._answer("ready")[0]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, and remove the photo."""
        super().__exit__(kind, error, trace)
        self._folder.cleanup()

    def analyze(self, times: int) -> float:
        """Analyse the photo so many times in a row; milliseconds of CPU time an analysis, of all threads."""
        self._ask(f"{times}\n".encode())
        return float(self._answer("took")[0])

    def _answer(self, word: str) -> list[str]:
        for line in self._answers:
            if line.startswith(word.encode()):
                return line.decode().split()[1:]
        raise RuntimeError("The process with fer has ended; is fer installed in that environment?")
