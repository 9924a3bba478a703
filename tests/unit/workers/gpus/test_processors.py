"""Processors are divided among the workers of a machine."""

import os
import threading
from pathlib import Path

import pytest

from workers.gpus.processors import bind_thread, shares, shares_here


@pytest.fixture
def two_packages(tmp_path: Path) -> Path:
    """Sixteen processors as Linux often counts them: 0 … 3 and 4 … 7 are cores of two packages, 8 … 15 their twins."""
    for number in range(16):
        folder = tmp_path / f"cpu{number}/topology"
        folder.mkdir(parents=True)
        (folder / "physical_package_id").write_text(f"{number % 8 // 4}\n")
        (folder / "core_id").write_text(f"{number % 4}\n")
    return tmp_path


def test_a_package_and_both_threads_of_a_core_stay_together(two_packages: Path) -> None:
    assert shares(range(16), 2, two_packages) == [{0, 1, 2, 3, 8, 9, 10, 11}, {4, 5, 6, 7, 12, 13, 14, 15}]
    assert shares(range(16), 8, two_packages) == [{number, number + 8} for number in range(8)]


@pytest.mark.parametrize(("processors", "count"), [(8, 3), (7, 2), (4, 4), (5, 1)])
def test_each_processor_is_in_one_share_and_shares_are_alike(processors: int, count: int, tmp_path: Path) -> None:
    divided = shares(range(processors), count, tmp_path)
    assert sorted(number for share in divided for number in share) == list(range(processors))
    sizes = [len(share) for share in divided]
    assert len(sizes) == count
    assert max(sizes) - min(sizes) <= 1


def test_too_few_processors_are_not_divided(tmp_path: Path) -> None:
    assert shares(range(2), 3, tmp_path) == [set(), set(), set()]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no processes")
def test_a_thread_is_bound_and_the_rest_of_the_process_is_not() -> None:
    here = os.sched_getaffinity(0)
    one = {min(here)}
    bound = list[set[int]]()

    def work() -> None:
        bind_thread(set())
        bound.append(os.sched_getaffinity(0))
        bind_thread(one)
        bound.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert bound == [here, one]
    assert os.sched_getaffinity(0) == here
    assert set().union(*shares_here(1)) == here
