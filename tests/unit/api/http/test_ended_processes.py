"""What ended processes had counted: the same sums, in fewer files."""

import fcntl
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

from api.http import ended_processes
from api.http.ended_processes import EndedProcesses, reading

Sums = dict[tuple[str, ...], float]


def count(folder: Path, pid: int, requests: float, seconds: float = 0.5, route: str = "/é") -> None:
    """As a process counts: some requests, the last of which took so long."""
    entries = {
        "counter": [("mien_requests", "mien_requests_total", ["route"], [route], requests)],
        "histogram": [
            ("mien_seconds", "mien_seconds_sum", [], [], seconds),
            ("mien_seconds", "mien_seconds_bucket", ["le"], ["0.1"], 2.0),
            ("mien_seconds", "mien_seconds_bucket", ["le"], ["+Inf"], 1.0),
        ],
    }
    for kind, values in entries.items():
        file = MmapedDict(str(folder / f"{kind}_{pid}.db"))
        for name, sample, labels, of, value in values:
            file.write_value(mmap_key(name, sample, labels, of, "Help."), value, 0.0)
        file.close()


def told(folder: Path) -> Sums:
    families = MultiProcessCollector(None, str(folder)).collect()
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.glob("*.db")}


def test_of_many_processes_one_file_of_each_kind_is_left_and_every_sum_is_the_same(tmp_path: Path) -> None:
    processes = EndedProcesses()
    for pid in range(1, 8):
        count(tmp_path, pid, requests=pid, seconds=pid / 2**20, route=f"/é{pid % 3}")
    before = told(tmp_path)
    assert before["mien_requests_total", "/é1"] == 1 + 4 + 7
    assert before["mien_seconds_bucket", "+Inf"] == 3 * 7
    for pid in range(1, 7):
        processes.add(tmp_path, pid, {7})
        assert told(tmp_path) == before
    assert files(tmp_path) == {"counter_ended.db", "histogram_ended.db", "counter_7.db", "histogram_7.db"}
    assert not list(tmp_path.glob("*.new"))


def test_a_process_that_left_nothing_or_an_empty_file_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    processes = EndedProcesses()
    processes.add(tmp_path, 1, ())
    (tmp_path / "counter_2.db").touch()  # on which prometheus_client fails, page by page
    processes.add(tmp_path, 2, ())
    assert told(tmp_path) == {}
    assert not caplog.records


def test_a_living_process_with_the_id_of_an_ended_one_counts_on(tmp_path: Path) -> None:
    processes = EndedProcesses()
    count(tmp_path, 1, requests=3)
    processes.add(tmp_path, 1, {1})
    assert "counter_1.db" in files(tmp_path)
    processes.add(tmp_path, 2, ())
    assert "counter_1.db" not in files(tmp_path)
    count(tmp_path, 1, requests=4)
    assert told(tmp_path)["mien_requests_total", "/é"] == 7


@pytest.fixture
def a_page_that_is_being_made(tmp_path: Path) -> Iterator[threading.Event]:
    """Until the event is set."""
    began, end = threading.Event(), threading.Event()

    def read() -> None:
        with reading(tmp_path):
            began.set()
            end.wait()

    thread = threading.Thread(target=read)
    thread.start()
    began.wait()
    yield end
    end.set()
    thread.join()


def test_while_a_page_is_being_made_files_stay_and_the_next_time_they_go(
    tmp_path: Path,
    a_page_that_is_being_made: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    processes = EndedProcesses()
    for pid in (1, 2):
        count(tmp_path, pid, requests=pid)
    before, names = told(tmp_path), files(tmp_path)
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(ended_processes, "_PATIENCE_S", 0.0)
        processes.add(tmp_path, 1, ())
    assert files(tmp_path) == names
    assert "stays in files of its own" in caplog.text
    assert told(tmp_path) == before
    a_page_that_is_being_made.set()
    processes.add(tmp_path, 2, ())
    assert files(tmp_path) == {"counter_ended.db", "histogram_ended.db"}
    assert told(tmp_path) == before


def test_a_page_waits_until_files_have_been_replaced(tmp_path: Path) -> None:
    with ended_processes._replacing(tmp_path), (tmp_path / "lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_a_full_disk_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    processes = EndedProcesses()
    count(tmp_path, 1, requests=3)
    before = told(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        processes.add(tmp_path, 1, ())
    assert told(tmp_path) == before
    processes.add(tmp_path, 2, ())
    assert files(tmp_path) == {"counter_ended.db", "histogram_ended.db"}
    assert told(tmp_path) == before
