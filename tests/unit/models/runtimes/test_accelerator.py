"""Items are run in batches, smaller ones where memory does not suffice."""

import keras
import pytest

from models.runtimes import Acceleration
from models.runtimes.accelerator import Accelerator, accelerator
from models.runtimes.backends import load_backend


class TooLarge(Exception):
    """As JAX says it."""

    def __init__(self) -> None:
        super().__init__("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.")


@pytest.fixture
def device() -> Accelerator:
    return Accelerator(load_backend(), Acceleration("float32", batch_images=64))


def test_all_items_are_run_in_their_order(device: Accelerator) -> None:
    assert device.in_parts(70, lambda first, count, size: (first, count, size)) == [(0, 64, 64), (64, 4, 4), (68, 2, 4)]


def test_where_memory_does_not_suffice_batches_are_smaller_from_then_on(device: Accelerator) -> None:
    tried = list[int]()

    def run(first: int, count: int, size: int) -> range:
        tried.append(size)
        if size > 4:
            raise TooLarge
        return range(first, first + count)

    assert [number for part in device.in_parts(9, run) for number in part] == list(range(9))
    assert tried == [16, 4, 4, 1]
    assert device.sizes.largest == 4


def test_an_item_for_which_no_batch_is_small_enough_fails(device: Accelerator) -> None:
    def run(first: int, count: int, size: int) -> None:
        raise TooLarge

    with pytest.raises(TooLarge):
        device.in_parts(3, run)
    assert device.sizes.largest == 1


def test_other_errors_are_left_as_they_are(device: Accelerator) -> None:
    with pytest.raises(ZeroDivisionError):
        device.in_parts(3, lambda first, count, size: 1 // first)
    assert device.sizes.largest == 64


def test_without_a_gpu_it_computes_exactly_and_in_small_batches() -> None:
    found = accelerator(Acceleration())
    assert (found.precision, found.sizes.largest) == ("float32", 4)
    assert found.backend.name == keras.config.backend()
