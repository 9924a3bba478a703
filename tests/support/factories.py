"""Sound examples of what travels between processes; a test names only what it is about."""

from typing import Any

from contracts.emotions import EMOTIONS, Emotion
from contracts.frames import Frame, FrameResult, FrameStamp, TrackedFace
from contracts.jobs import ItemResult
from contracts.results import Analysis, Box, Face
from contracts.storage import keys
from contracts.storage.frames import FrameStore
from contracts.storage.heartbeat import WorkerReport
from contracts.storage.jobs import JobStore


def make_face(emotion: Emotion = "Happy", **changes: Any) -> Face:
    """A face with one emotion that is clear."""
    scores = dict.fromkeys(EMOTIONS, 0.01) | {emotion: 0.94}
    values = {"box": Box(x=1, y=2, width=3, height=4), "emotion": emotion, "confidence": 0.94, "detection_score": 0.9}
    return Face.model_validate({**values, "scores": scores, **changes})


def make_analysis(*faces: Face, **changes: Any) -> Analysis:
    """The analysis of an image of 64x48 pixels with these faces."""
    values = {"width": 64, "height": 48, "faces": list(faces), "detector": "lite", "model": "mien-2"}
    return Analysis.model_validate({**values, **changes})


def make_items(*analyses: Analysis) -> list[ItemResult]:
    """One item an analysis; without any, that of an image without a face."""
    found = analyses or (make_analysis(),)
    return [ItemResult(index=index, analysis=analysis) for index, analysis in enumerate(found)]


def make_frame(sequence: int = 1, *, epoch: int = 1, camera: str = "cam", jpeg: bytes = b"jpeg") -> Frame:
    """A frame that was taken a hundredth of a second after the one before it."""
    return Frame(camera, FrameStamp(epoch, sequence), 1_000_000.0 + sequence / 100, jpeg)


def marked(frames: FrameStore, camera: str = "cam") -> str:
    """The mark with which results of this camera are written, as if a frame of it had been taken."""
    frames._redis.hsetnx(keys.taken(camera), "mark", "m")
    return "m"


def make_frame_result(sequence: int = 1, *faces: TrackedFace, epoch: int = 1, camera: str = "cam") -> FrameResult:
    """The analysis of that frame."""
    return FrameResult.of(make_frame(sequence, epoch=epoch, camera=camera), make_analysis(), list(faces), 1_000_001.0)


def make_worker_report(name: str = "worker-1", **changes: Any) -> WorkerReport:
    """What a worker says of itself."""
    values = {
        "name": name,
        "pid": 17,
        "host": "host-1",
        "threads": 2,
        "detector": "lite",
        "model": "mien-2",
        "runtime": "litert",
        "started_at": 1_000_000.0,
        "reported_at": 1_000_000.0,
    }
    return WorkerReport.model_validate({**values, **changes})


def annotate(jobs: JobStore, job_id: str, jpeg: bytes, *, index: int = 0, owner: str = "worker") -> bool:
    """Keep an annotated image as the worker that has the job; it claims the job first if no worker has."""
    jobs.claim(job_id, owner)
    return jobs.annotated_images.put(job_id, owner, index, jpeg)
