"""A large job is divided into parts whose images fit into memory together."""

import io

import pytest
from PIL import Image

from contracts.storage.job_queue import Limits
from workers.parts import MOST_PIXELS, parts


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, kind)
    return buffer.getvalue()


def divided(images: list[bytes], most: int) -> list[list[int]]:
    return [list(part) for part in parts(images, 50_000_000, most)]


@pytest.mark.parametrize(
    ("most", "expected"),
    [(100, [[0, 1, 2, 3, 4]]), (20, [[0, 1], [2], [3, 4]]), (1, [[0], [1], [2], [3], [4]])],
)
def test_a_part_has_no_more_pixels_than_that_but_for_its_first_image(most: int, expected: list[list[int]]) -> None:
    images = [picture(2, 5), picture(5, 2), picture(5, 5), picture(1, 3), b"no image"]
    assert divided(images, most) == expected


def test_a_large_jpeg_is_decoded_smaller_than_it_is() -> None:
    images = [picture(5_120, 2_560, "JPEG")] * 4
    assert divided(images, 4 * 2_560 * 1_280) == [[0, 1, 2, 3]]


def test_images_that_are_too_large_are_not_decoded() -> None:
    assert [list(part) for part in parts([picture(9, 9)] * 3, 80, 1)] == [[0, 1, 2]]


def test_a_claim_of_several_jobs_is_one_part() -> None:
    assert Limits.together(256).pixels <= MOST_PIXELS
