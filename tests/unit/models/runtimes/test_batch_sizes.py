"""Batches of few sizes."""

import pytest

from models.runtimes.batch_sizes import SIZES, BatchSizes


@pytest.mark.parametrize(("asked", "largest"), [(1, 1), (3, 1), (4, 4), (100, 64), (256, 256), (1000, 256)])
def test_the_largest_is_one_of_the_sizes(asked: int, largest: int) -> None:
    assert BatchSizes(asked).largest == largest


@pytest.mark.parametrize("count", [*range(1, 40), 63, 64, 65, 200, 256, 700])
@pytest.mark.parametrize("largest", [1, 16, 256])
def test_parts_hold_all_items_and_are_at_most_half_empty(count: int, largest: int) -> None:
    sizes, left = BatchSizes(largest), count
    while left:
        part = sizes.part(left)
        assert part.size in SIZES
        assert part.size <= largest
        assert 0 < part.taken <= part.size <= 2 * part.taken
        left -= part.taken
    assert left == 0


def test_a_caller_may_ask_for_fewer() -> None:
    assert BatchSizes(256).part(100, most=42) == (16, 16)
    assert BatchSizes(256).part(100, most=0) == (1, 1)


def test_after_one_too_many_batches_are_smaller_and_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    sizes = BatchSizes(256)
    assert sizes.shrink(256, "a card")
    assert sizes.shrink(256, "a card")  # of another thread, which had begun before
    assert sizes.largest == 64
    assert caplog.text.count("the memory of a card does not suffice for a batch of 256: from now on 64 at most") == 1


def test_less_than_one_there_is_not() -> None:
    assert not BatchSizes(256).shrink(1, "a card")
