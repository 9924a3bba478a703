"""Runs MediaPipe's BlazeFace in an environment of its own, image by image, to measure beside."""

import json
from pathlib import Path
from typing import Final

from benchmarks.beside import BesideProcess
from models.detection import BgrImage, Detection

DEFAULT: Final = 0.5
"""Its own threshold."""

_PROGRAM = """
import json, sys
import numpy
import mediapipe
network = mediapipe.solutions.face_detection.FaceDetection(
    model_selection=1, min_detection_confidence=float(sys.argv[1]))
print("ready", flush=True)
for line in iter(sys.stdin.buffer.readline, b""):
    height, width = map(int, line.split())
    data = sys.stdin.buffer.read(height * width * 3)
    pixels = numpy.ascontiguousarray(numpy.frombuffer(data, numpy.uint8).reshape(height, width, 3)[..., ::-1])
    faces = []
    for found in network.process(pixels).detections or ():
        box = found.location_data.relative_bounding_box
        faces.append([box.xmin * width, box.ymin * height, box.width * width, box.height * height, found.score[0]])
    print(json.dumps(faces), flush=True)
"""


class BlazeBeside(BesideProcess):
    """A process with MediaPipe's network for faces farther away (its "full range")."""

    def __init__(self, python: Path, min_score: float | None = None) -> None:
        super().__init__(python, _PROGRAM, str(DEFAULT if min_score is None else min_score))
        self._answer()

    def detect(self, image: BgrImage, original: int | None = None) -> list[Detection]:  # noqa: ARG002
        """Find faces; see ``models.detection.base.Detector.detect``."""
        self._ask(f"{image.shape[0]} {image.shape[1]}\n".encode() + image.tobytes())
        return [Detection(*face) for face in json.loads(self._answer())]

    def _answer(self) -> bytes:
        line = self._answers.readline()
        if not line:
            raise RuntimeError("The process with MediaPipe has ended; is mediapipe<0.10.15 installed there?")
        return line
