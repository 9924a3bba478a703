"""Threads that decode."""

import os

import pytest

from models.batching.decoders import decoding_threads, processors


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
    assert decoding_threads() is decoding_threads()
    assert decoding_threads().submit(sum, (1, 2)).result() == 3
