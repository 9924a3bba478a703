"""Composed training images."""

import numpy as np

from support.faces import labelled_images
from training.detection.compose import Composer
from training.detection.hardness import uniform_hardness


def test_composed_pictures_are_whole_and_repeatable() -> None:
    composer, again = (Composer(labelled_images(), size=96, seed=3) for _ in range(2))
    for _ in range(60):
        sample, same = composer.draw(), again.draw()
        assert sample.pixels.shape == (96, 96, 3)
        assert sample.pixels.dtype == np.uint8
        assert (sample.pixels == same.pixels).all()
        assert (sample.boxes == same.boxes).all()
        assert ((sample.boxes >= 0) & (sample.boxes <= 96)).all()
        assert (sample.boxes[:, 2:] > sample.boxes[:, :2]).all()
        assert len(sample.boxes) == len(sample.landmarks)


def test_hard_images_without_a_face_are_drawn_more_often() -> None:
    images = labelled_images()
    images = [each._replace(pixels=np.full_like(each.pixels, 250)) if each.name == "none2" else each for each in images]
    hardness = uniform_hardness(images)
    hardness[:] = 0.01
    shares = []
    for weight in (0.01, 1.0):
        hardness[2] = weight
        composer = Composer(images, size=64, seed=0, hardness=hardness)
        empty = [composer._empty(64, 64).pixels for _ in range(200)]
        shares.append(np.mean([(pixels == 250).mean() > 0.3 for pixels in empty]))
    assert shares[1] > shares[0] + 0.25


def test_faces_of_fer2013_are_pasted_and_tiled() -> None:
    """Their images are white where no other image is."""
    tight = labelled_images()[0]._replace(annotator="tight", pixels=np.full((48, 48, 3), 255, np.uint8))
    composer = Composer([*labelled_images(), tight], size=96, seed=1)
    for way in (composer._paste, composer._tiling):
        assert any((way(96, 96).pixels.min(axis=2) > 235).mean() > 0.02 for _ in range(30))


def test_what_looks_like_a_face_is_shown_beside_the_faces_of_its_photo() -> None:
    """A red square in the corner of one photo."""
    photo, *others = labelled_images()
    photo.pixels[80:110, 80:110] = (0, 0, 255)
    marked = photo._replace(lookalikes=np.array([[80, 80, 110, 110]], np.float32))
    composer = Composer([marked, *others], size=96, seed=1)
    samples = [composer._lookalike(96, 96) for _ in range(20)]
    assert all((np.ptp(sample.pixels, axis=2) > 200).any() for sample in samples)
    assert any(len(sample.boxes) for sample in samples)
    pasted = [composer._paste(96, 96).pixels for _ in range(60)]
    assert any((np.ptp(pixels, axis=2) > 100).mean() > 0.01 for pixels in pasted)
