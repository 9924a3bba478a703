"""The networks on a GPU without Redis: images a second by size of batch, where the time goes, how busy the GPU is.

Needs NumPy, OpenCV, pydantic, Keras and one backend alone.
"""

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from contracts.results import Analysis
from models import load_analyzer
from models.batching import BatchAnalyzer
from models.batching.decoders import processors
from models.classification import DEFAULT_MODEL, EmotionCard
from models.detection.lite import LiteDetector
from models.runtimes import Acceleration, Runtime, open_runtime
from models.runtimes.keras import KerasRuntime
from models.weights import load_weights

THREADS: Final = 3
"""One batch is decoded, one is on the GPU, one becomes results."""
PHOTOS: Final = 64
"""Different photos: none of them is in a cache because it was there a moment ago."""
_SAMPLE_S: Final = 0.2


@dataclass
class Measured:
    """One size of batch."""

    batch: int
    images_per_second: float
    faces_per_image: float
    cpu_ms: dict[str, float]
    """CPU milliseconds an image, by stage: ``decode`` on all threads, the others on the threads that ask the GPU."""
    gpu_ms: float
    """Milliseconds an image for which the networks alone keep the device, measured without anything beside them."""
    gpu_share: float
    """Part of the time for which they did so."""
    nvidia_smi: float | None
    """Utilisation by ``nvidia-smi``, mean of the samples, 0…1; none where it is not there."""
    processors: int = field(default_factory=processors)

    @property
    def bottleneck(self) -> str:
        """What there is least of, by the share of it that is used."""
        used = {
            "the device": self.gpu_share,
            "processors": sum(self.cpu_ms.values()) * self.images_per_second / 1000 / self.processors,
            # Python's lock: what is not decoding runs one thread at a time.
            "Python's lock": sum(ms for stage, ms in self.cpu_ms.items() if stage != "decode")
            * self.images_per_second
            / 1000,
        }
        name = max(used, key=used.__getitem__)
        return f"{name} ({used[name]:.0%} in use)"


def photos(portrait: Path, width: int = 640, height: int = 480) -> list[bytes]:
    """JPEGs with one face each, in many sizes and places, before noise that compresses as photos do."""
    rng = np.random.default_rng(0)
    face = cv2.imread(str(portrait))
    made = []
    for _ in range(PHOTOS):
        noise = cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), np.uint8), (0, 0), 3.0)
        canvas = cv2.normalize(noise, None, 40, 215, cv2.NORM_MINMAX)  # type: ignore[call-overload]
        side = int(rng.integers(height // 2, height + 1))
        left, top = int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1))
        canvas[top : top + side, left : left + side] = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
        made.append(cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())
    return made


def load(acceleration: Acceleration) -> tuple[BatchAnalyzer, float]:
    """The networks, warmed up, and the seconds that took."""
    begun = time.perf_counter()
    analyzer = load_analyzer(runtime="keras", acceleration=acceleration)
    assert isinstance(analyzer, BatchAnalyzer)
    analyzer.warm_up()
    return analyzer, time.perf_counter() - begun


class Forward:
    """The forward passes of both networks alone, on data that are on the device already."""

    def __init__(self, acceleration: Acceleration) -> None:
        """Load the networks that are the defaults."""
        detector = LiteDetector(runtime="keras", acceleration=acceleration)
        content, card = load_weights(DEFAULT_MODEL, EmotionCard, variant="keras")
        self._networks = [
            (detector.runtime, (*detector.card.wide, 3)),
            (open_runtime("keras", content, source=card.name, acceleration=acceleration), (48, 48, 1)),
        ]

    def milliseconds(self, batch: int, runs: int = 20) -> float:
        """What they take for an image with one face, in batches of this size."""
        return sum(_each_ms(runtime, (batch, *shape), runs) for runtime, shape in self._networks) / batch


def _each_ms(runtime: Runtime, shape: tuple[int, ...], runs: int) -> float:
    from keras import ops

    assert isinstance(runtime, KerasRuntime)
    inputs = ops.convert_to_tensor(np.zeros(shape, np.uint8))
    for repeated in (1, runs):  # the first time it is compiled
        begun = time.perf_counter()
        for _ in range(repeated):
            answers = runtime.call(inputs)
        runtime.to_host(answers[0])
    return (time.perf_counter() - begun) * 1000 / runs


def measure(analyzer: BatchAnalyzer, forward: Forward, images: Sequence[bytes], batch: int, seconds: float) -> Measured:
    """Analyse for so many seconds, on `THREADS` threads."""
    gpu_ms = forward.milliseconds(batch)
    spent: list[tuple[dict[str, float], dict[str, float], int, int]] = []
    numbers, ends_at = count(), time.perf_counter() + seconds

    def work() -> None:
        cpu, pool, done, faces = dict[str, float](), dict[str, float](), 0, 0
        while time.perf_counter() < ends_at:
            first = next(numbers) * batch
            some = [images[(first + number) % len(images)] for number in range(batch)]
            for found in analyzer.analyze_images(some, cpu, pool):
                if not isinstance(found, Analysis):
                    raise found
                done, faces = done + 1, faces + len(found.faces)
        spent.append((cpu, pool, done, faces))

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    begun = time.perf_counter()
    with sampled_utilisation() as samples:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    took = time.perf_counter() - begun
    if len(spent) < THREADS:
        raise RuntimeError("a thread failed; its error is above")
    done = sum(each[2] for each in spent)
    cpu_ms: dict[str, float] = {}
    for cpu, pool, *_ in spent:
        for stage, each in (*cpu.items(), *pool.items()):
            cpu_ms[stage] = cpu_ms.get(stage, 0.0) + each * 1000 / done
    return Measured(
        batch=batch,
        images_per_second=done / took,
        faces_per_image=sum(each[3] for each in spent) / done,
        cpu_ms=cpu_ms,
        gpu_ms=gpu_ms,
        gpu_share=gpu_ms * done / 1000 / took,
        nvidia_smi=float(np.mean(samples)) if samples else None,
    )


def latencies(analyzer: BatchAnalyzer, images: Sequence[bytes], runs: int) -> tuple[float, float]:
    """Median and 95th percentile of one photo after the other, in milliseconds."""
    times = []
    for number in range(runs):
        begun = time.perf_counter()
        analyzer.analyze_image(images[number % len(images)])
        times.append((time.perf_counter() - begun) * 1000)
    return float(np.median(times)), float(np.percentile(times, 95))


@contextmanager
def sampled_utilisation() -> Iterator[list[float]]:
    """What ``nvidia-smi`` says of the use of the first GPU, several times a second, while the block runs."""
    samples, stop = list[float](), threading.Event()
    program = shutil.which("nvidia-smi")

    def sample() -> None:
        command = [str(program), "--id=0", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not stop.wait(_SAMPLE_S):
            answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
            if answer.isdigit():
                samples.append(int(answer) / 100)

    thread = threading.Thread(target=sample, daemon=True)
    if program:
        thread.start()
    try:
        yield samples
    finally:
        stop.set()
        if program:
            thread.join()
