"""Threads that decode."""

import os
import threading

import pytest

from models.batching.decoders import FEW, decoding_threads, processors


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system ties no process to processors")
def test_there_are_as_many_as_processors_that_the_process_may_use() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert processors() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert processors() == len(before)


def test_they_are_shared() -> None:
    assert decoding_threads(FEW + 1) is decoding_threads(256)
    assert decoding_threads(256).submit(sum, (1, 2)).result() == 3


def test_few_images_wait_behind_no_batch() -> None:
    held, begun = threading.Event(), threading.Event()
    try:
        for _ in range(processors()):
            decoding_threads(256).submit(lambda: (begun.set(), held.wait(30)))
        assert begun.wait(30)
        assert decoding_threads(FEW).submit(sum, (1, 2)).result(30) == 3
    finally:
        held.set()
