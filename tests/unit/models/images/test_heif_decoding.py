"""Decoding of HEIC and AVIF, here in the process of the test; in use it is one for nothing else."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.heic import SIDE, heic
from models.images.decoder_process import AVIF, HEIC
from models.images.heif_decoding import decode_heif
from support.pictures import astronaut

Encoded = Callable[..., bytes]


def test_a_heic_is_decoded_tile_by_tile_and_turned() -> None:
    buffer = np.zeros(3 * 2 * SIDE * SIDE + 100, np.uint8)
    assert decode_heif(heic(2, 1, orientation=8), HEIC, buffer) == (2 * SIDE, SIDE)
    pixels = buffer[:-100].reshape(2 * SIDE, SIDE, 3)
    expected = np.rot90(np.tile(astronaut(), (1, 2, 1)))[..., ::-1]
    assert np.abs(pixels.astype(int) - expected).mean() < 12, "blue first, and not mirrored"


@pytest.mark.parametrize("options", [{}, {"subsampling": "4:4:4"}, {"quality": 95}])
def test_an_avif_is_decoded_as_it_is_stored(encoded: Encoded, options: dict[str, object]) -> None:
    buffer = np.zeros(3 * 400 * 300, np.uint8)
    assert decode_heif(encoded(400, 300, "AVIF", **options), AVIF, buffer) == (300, 400)
    pixels = buffer.reshape(300, 400, 3)
    assert pixels[0, -1, 2] > 200 > pixels[0, -1, 1]
    assert pixels[-1, 0, 1] > 200 > pixels[-1, 0, 2]


def test_what_does_not_fit_or_is_no_image_is_not_decoded(encoded: Encoded) -> None:
    small = np.zeros(100, np.uint8)
    assert decode_heif(heic(), HEIC, small) == (0, 0)
    assert decode_heif(encoded(64, 48, "AVIF"), AVIF, small) == (0, 0)
    assert decode_heif(b"no image", HEIC, small) == (0, 0)
    assert decode_heif(b"no image", AVIF, small) == (0, 0)
    assert not small.any()
