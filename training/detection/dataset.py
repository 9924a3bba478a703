"""Reads `faces.zip`: images with boxes and landmarks in COCO's form, and splits off a validation part."""

import hashlib
import json
import random
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from training.shared.errors import DataError

Annotator = Literal["hand", "machine", "tight", "none"]
ANNOTATIONS: Final = "faces/annotations.json"
OVERLOOKED: Final = Path(__file__).with_name("overlooked.json")
"""Faces of `faces.zip` without a box: found by `faces-1` and `faces-2`; judged by eye."""
LOOKALIKES: Final = Path(__file__).with_name("lookalikes.json")
"""What `faces-2` took for faces in training photos, half trained: hands, letters, lamps, signs; judged by eye."""
BLOCK: Final = 12
"""Neighbours in the file often show the same person, so the split moves blocks of this many images."""


class LabelledImage(NamedTuple):
    """One decoded image and its faces."""

    name: str
    annotator: Annotator
    """What drew the boxes: people (hand), another detector (machine), the cut of the image (tight, see
    ``training.detection.tight``); none where there is no face."""
    pixels: npt.NDArray[np.uint8]
    """[H, W, 3], blue first."""
    boxes: npt.NDArray[np.float32]
    """[N, 4] x1, y1, x2, y2 in pixels."""
    landmarks: npt.NDArray[np.float32]
    """[N, 5, 2] in pixels; NaN where there are none."""
    bare: bool
    """Whether at least one face wears no mask."""
    overlooked: npt.NDArray[np.float32] = np.empty((0, 4), np.float32)
    """[K, 4] faces, or heads that may pass for one, without a box of their own: ignored regions."""
    lookalikes: npt.NDArray[np.float32] = np.empty((0, 4), np.float32)
    """[L, 4] what looks like a face and is none: it is shown more often."""


class Split(NamedTuple):
    """Images to train with, and images to validate with."""

    train: list[LabelledImage]
    validation: list[LabelledImage]
    data_sha256: str
    tight_sha256: str | None = None
    """Of the pixels of the faces that ``training.detection.tight`` adds; None without them."""


def read_faces(path: Path, *, seed: int = 0, share: float = 0.13) -> Split:
    """Read and decode `faces.zip`, about 2 GB in memory, and hold back images for validation.

    Args:
        path: of the archive.
        seed: decides which images are held back.
        share: of the images that people labelled, and of those without a face, that is held back. Machine-labelled
            images are only learned from: their boxes are no ground truth to measure against.

    Raises:
        DataError: the file is missing or no such archive.
    """
    if not path.is_file():
        raise DataError(f"There is no face data at {path}; give the path of faces.zip with --data.")
    try:
        with zipfile.ZipFile(path) as archive:
            coco = json.loads(archive.read(ANNOTATIONS))
            faces = _faces_by_image(coco)
            entries = tqdm(coco["images"], desc="Reading faces", unit="image", leave=False)
            images = [_read(archive, entry, faces.get(entry["id"], [])) for entry in entries]
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise DataError(f"{path} is no archive of faces with {ANNOTATIONS} in it: {error}.") from error
    train, validation = split(images, seed=seed, share=share)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Split(mark_judged(train, digest), mark_judged(validation, digest), digest)


def split(
    images: Iterable[LabelledImage], *, seed: int, share: float
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Divide images into those to learn from and those to validate with, in whole blocks of neighbours."""
    by_source: dict[Annotator, list[LabelledImage]] = {"hand": [], "machine": [], "none": []}
    for image in images:
        by_source[image.annotator].append(image)
    train: list[LabelledImage] = by_source["machine"]
    validation: list[LabelledImage] = []
    rng = random.Random(seed)
    for source in ("hand", "none"):
        group = sorted(by_source[source], key=lambda image: image.name)
        for start in range(0, len(group), BLOCK):
            (validation if rng.random() < share else train).extend(group[start : start + BLOCK])
    return train, validation


def mark_judged(images: list[LabelledImage], data_sha256: str) -> list[LabelledImage]:
    """Add what was judged by eye, faces without a box and what only looks like a face, to the archive's images.

    Args:
        images: any; those of an archive other than the one that was looked through stay as they are.
        data_sha256: of their archive.
    """
    overlooked, lookalikes = _judged(OVERLOOKED, data_sha256), _judged(LOOKALIKES, data_sha256)
    none = np.empty((0, 4), np.float32)
    return [
        image._replace(overlooked=overlooked.get(image.name, none), lookalikes=lookalikes.get(image.name, none))
        for image in images
    ]


def _judged(path: Path, data_sha256: str) -> dict[str, npt.NDArray[np.float32]]:
    known = json.loads(path.read_text(encoding="utf-8"))
    if known["data_sha256"] != data_sha256:
        return {}
    return {name: np.array(rows, np.float32) for name, rows in known["boxes"].items()}


def _faces_by_image(coco: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
    faces: dict[int, list[dict[str, Any]]] = {}
    for face in coco["annotations"]:
        faces.setdefault(face["image_id"], []).append(face)
    return faces


def _read(archive: zipfile.ZipFile, entry: dict[str, Any], faces: list[dict[str, Any]]) -> LabelledImage:
    name = entry["file_name"]
    pixels = cv2.imdecode(np.frombuffer(archive.read(f"faces/{name}"), np.uint8), cv2.IMREAD_COLOR)
    boxes = np.array([face["bbox"] for face in faces], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    landmarks = np.full((len(faces), 5, 2), np.nan, np.float32)
    for row, face in zip(landmarks, faces, strict=True):
        if "keypoints" in face:
            row[:] = np.array(face["keypoints"], np.float32).reshape(5, 3)[:, :2]
    bare = any(face["attributes"].get("kind", "bare") == "bare" for face in faces)
    return LabelledImage(Path(name).name, entry["source"], np.asarray(pixels, np.uint8), boxes, landmarks, bare)
