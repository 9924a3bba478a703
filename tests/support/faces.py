"""Labelled images for tests of the detector's training, drawn here."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf

from training.detection.batches import collate
from training.detection.dataset import Annotator, LabelledImage, Split
from training.detection.losses import GroundTruth
from training.detection.sample import Sample

SIDE = 64
"""Side of a training image, in pixels."""

FACE = [8.0, 8.0, 40.0, 48.0]
"""The corners of a face in it."""


def labelled_image(name: str = "a", annotator: Annotator = "hand", boxes: int = 1, side: int = 120) -> LabelledImage:
    """A grey image with ``boxes`` bright squares of 30 pixels, each a face with its five points in a row."""
    pixels = np.full((side, side, 3), 60, np.uint8)
    corners = np.array([[10 + 40 * i, 20, 40 + 40 * i, 50] for i in range(boxes)], np.float32).reshape(-1, 4)
    for x1, y1, x2, y2 in corners.astype(int):
        pixels[y1:y2, x1:x2] = 220
    points = [np.stack([np.linspace(corner[0], corner[2], 5), np.full(5, 35)], axis=1) for corner in corners]
    return LabelledImage(name, annotator, pixels, corners, np.array(points, np.float32).reshape(-1, 5, 2), bare=True)


def labelled_images() -> list[LabelledImage]:
    """Six images of each annotator; those of ``none`` without a face."""
    annotators: tuple[Annotator, ...] = ("hand", "machine", "none")
    return [labelled_image(f"{each}{i}", each, boxes=int(each != "none")) for each in annotators for i in range(6)]


def bright_squares() -> Split:
    """Bright squares on noise: faces enough for a first lesson, 16 images to learn from and 8 to validate with."""
    rng = np.random.default_rng(0)
    every = []
    for number in range(24):
        pixels = rng.integers(0, 90, (96, 96, 3), dtype=np.uint8)
        x, y = rng.integers(4, 50, 2)
        pixels[y : y + 40, x : x + 34] = 230
        face = number % 4 != 0
        boxes = np.array([[x, y, x + 34, y + 40]] if face else [], np.float32).reshape(-1, 4)
        points = np.tile(np.array([[x + 17, y + 20]], np.float32), (len(boxes), 5, 1)).reshape(-1, 5, 2)
        if not face:
            pixels[y : y + 40, x : x + 34] = 40
        annotator: Annotator = ("hand", "machine")[number % 2] if face else "none"
        every.append(LabelledImage(f"{number:02}", annotator, pixels, boxes, points, bare=True))
    return Split(every[8:], every[:8], "0" * 64)


def write_faces_zip(path: Path, names: list[str]) -> None:
    """A small ``faces.zip``: images named ``hand_0.jpg``, ``machine_0.jpg``, ``none_0.jpg`` and so on."""
    images = [
        {"id": i, "file_name": f"images/{name}", "width": 120, "height": 120, "source": name.split("_")[0]}
        for i, name in enumerate(names)
    ]
    points = [value for x in range(10, 35, 5) for value in (x, 35, 2)]
    annotations = []
    for image in images:
        if image["source"] == "none":
            continue
        face = {"id": image["id"] + 1, "image_id": image["id"], "bbox": [10, 20, 30, 30], "category_id": 1}
        kind = {"attributes": {"kind": "masked"} if image["source"] == "hand" else {}}
        landmarks = {"keypoints": points} if image["id"] == 0 else {}
        annotations.append(face | kind | landmarks)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("faces/annotations.json", json.dumps({"images": images, "annotations": annotations}))
        for image, name in zip(images, names, strict=True):
            pixels = labelled_image(boxes=int(image["source"] != "none")).pixels
            file.writestr(f"faces/images/{name}", cv2.imencode(".jpg", pixels)[1].tobytes())


def truth(*faces: list[float], ignored: tuple[list[float], ...] = ()) -> GroundTruth:
    """A batch of one image with these faces and ignored regions."""
    none = np.empty((0, 4), np.float32)
    sample = Sample(
        np.zeros((SIDE, SIDE, 3), np.uint8),
        np.array(faces, np.float32).reshape(-1, 4),
        np.tile(np.array([[24.0, 28.0]], np.float32), (len(faces), 5, 1)),
        np.array(ignored, np.float32).reshape(-1, 4) if ignored else none,
    )
    return GroundTruth(*(tf.constant(part) for part in collate([sample])[1:]))
