"""Our own detector on many images: their searches go on side by side, and passes into the same input are one call."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from models.batching.letterboxing import Letterboxing
from models.detection import Detection
from models.detection.card import Calibration, Shape
from models.detection.decoding import Candidates, calibrated, raw_score
from models.detection.grid import Cells, cells, decode_boxes, decode_landmarks
from models.detection.lite import LiteDetector
from models.detection.searching import Pass, Search
from models.runtimes.keras import KerasRuntime
from models.runtimes.programs import Programs

_BATCH_PIXELS: Final = 256 * 320 * 320
"""Pixels of a batch of inputs, at most: of larger inputs there are fewer in it."""


class Begun(NamedTuple):
    """A search that has asked for its first passes."""

    search: Search
    passes: Sequence[Pass]


class BatchDetector:
    """Finds faces in many images. Thread-safe."""

    def __init__(self, detector: LiteDetector, runtime: KerasRuntime) -> None:
        """Search as this detector does, with the network that ``runtime`` holds."""
        self._searcher, self._runtime = detector.searcher, runtime
        self._accelerator = runtime.accelerator
        self._letterboxing = Letterboxing(self._accelerator)
        self._network = Programs(self._accelerator.backend, _rows, runtime.network)
        self._cells: dict[Shape, Cells] = {}

    def begin(self, image: Any, original: int, *, keep: bool = False) -> Begun:
        """Begin to search an image: what can be done beside others', on any thread.

        Args:
            image: uint8 [height, width, 3], blue first; not empty.
            original: longest side, in pixels, of what it was decoded from.
            keep: as `Detector.detect` has it.
        """
        search = self._searcher.search(image, original, keep=keep)
        return Begun(search, next(search))

    def finish(self, begun: Sequence[Begun]) -> list[list[Detection]]:
        """Search to the end: of each image its faces, the highest score first."""
        found: dict[int, list[Detection]] = {}
        going = dict(enumerate(begun))
        while going:
            answers = iter(self._answers([asked for _, passes in going.values() for asked in passes]))
            for number, (search, passes) in list(going.items()):
                try:
                    going[number] = Begun(search, search.send(list(itertools.islice(answers, len(passes)))))
                except StopIteration as end:
                    found[number] = end.value
                    del going[number]
        return [found[number] for number in range(len(begun))]

    def warm_up(self) -> None:
        """Compile everything for every size of batch."""
        for shape in self._searcher.plan.shapes:
            height, width = shape
            for size in self._accelerator.sizes.up_to(most(shape)):
                for picture in (np.zeros((height, width, 3), np.uint8), np.zeros((2 * height, 2 * width, 3), np.uint8)):
                    self._answers([Pass.of(picture, shape)] * size)

    def _answers(self, passes: Sequence[Pass]) -> list[Candidates | None]:
        """Run passes, those into one input together; the answers come in their order."""
        by_shape = defaultdict[Shape, list[int]](list)
        for number, asked in enumerate(passes):
            by_shape[asked.shape].append(number)
        answers: list[Candidates | None] = [None] * len(passes)
        for shape, numbers in by_shape.items():
            for number, answer in zip(numbers, self._of_shape(shape, [passes[each] for each in numbers]), strict=True):
                answers[number] = answer
        return answers

    def _of_shape(self, shape: Shape, passes: Sequence[Pass]) -> list[Candidates | None]:
        def part(first: int, count: int, size: int) -> np.ndarray:
            inputs = self._letterboxing.inputs(passes[first : first + count], size)
            return self._runtime.to_host(self._network.run(inputs))[:count]

        parts = self._accelerator.in_parts(len(passes), part, most(shape))
        where = self._cells.setdefault(shape, cells(*shape))
        card = self._searcher.card
        return [
            answer
            for rows in parts
            for answer in _candidates(rows, where, self._searcher.least_score, card.calibration)
        ]


def most(shape: Shape) -> int:
    """How many inputs of this height and width a batch may have."""
    return _BATCH_PIXELS // (shape[0] * shape[1])


def _rows(network: Any, inputs: Any) -> Any:
    """All that the network says of each cell: [N, cells, 15], score, box and landmarks, level by level."""
    from keras import ops

    answers = network(ops.cast(inputs, "float32"))
    levels = [
        ops.concatenate([ops.reshape(answer, (answer.shape[0], -1, answer.shape[-1])) for answer in level], axis=-1)
        for level in zip(answers[::3], answers[1::3], answers[2::3], strict=True)
    ]
    return ops.cast(ops.concatenate(levels, axis=1), "float32")


def _candidates(rows: np.ndarray, where: Cells, least: float, calibration: Calibration) -> list[Candidates | None]:
    """Of each input its cells of at least that score, as `find_candidates` has them.

    Args:
        rows: [N, cells, 15] what the network says.
        where: the cells.
        least: least score after the calibration.
        calibration: of the network's raw scores.
    """
    inputs, hits = (rows[..., 0] >= raw_score(least, calibration)).nonzero()
    said, of = rows[inputs, hits], where.at(hits)
    found = Candidates(
        decode_boxes(said[:, 1:5], of), decode_landmarks(said[:, 5:], of), calibrated(said[:, 0], calibration)
    )
    ends = np.searchsorted(inputs, np.arange(len(rows) + 1))
    return [
        Candidates(*(each[begin:end] for each in found)) if end > begin else None
        for begin, end in itertools.pairwise(ends.tolist())
    ]
