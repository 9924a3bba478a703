"""What a worker takes of its host."""

from pathlib import Path

import psutil
import pytest

from workers import resources


def test_memory_and_time_are_those_of_this_process() -> None:
    told, known = resources.taken(), psutil.Process()
    assert told["resident_bytes"] == pytest.approx(known.memory_info().rss, rel=0.2)
    times = known.cpu_times()
    assert times.user <= told["cpu_s"] + 1
    assert resources.taken()["cpu_s"] >= told["cpu_s"] > 0


def test_where_linux_is_not_the_most_memory_so_far_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "_STATM", tmp_path / "none")
    assert resources.taken()["resident_bytes"] > 10_000_000
