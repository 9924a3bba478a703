"""What a process and its children take together."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.http.request_metrics import RequestMetrics
from api.metrics import process_tree
from api.metrics.gateway import gateway_families
from api.metrics.process_tree import ProcessTree

STAT = (
    "{pid} (a name) with ) in it) S {parent} 1 1 0 -1 0 0 0 0 0 {user} {system} {gone} 0 20 0 1 0 {started} 0 {pages} 0"
)


def written(proc: Path, **processes: tuple[int, int, int, int]) -> None:
    """Processes by number: parent, ticks of its own, ticks of children that are gone, pages."""
    for name, (parent, own, gone, pages) in processes.items():
        folder = proc / name.removeprefix("p")
        (folder / "fd").mkdir(parents=True)
        (folder / "fd/0").touch()
        stat = STAT.format(pid=folder.name, parent=parent, user=own, system=0, gone=gone, started=0, pages=pages)
        (folder / "stat").write_text(stat)
    (proc / "stat").write_text("cpu 1 2 3\nbtime 1700000000\n")


def told(pid: int, proc: Path) -> dict[str, float]:
    return {sample.name: sample.value for family in ProcessTree(pid, proc).families() for sample in family.samples}


def test_children_are_counted_also_when_they_have_ended_and_others_are_not(tmp_path: Path) -> None:
    written(tmp_path, p10=(1, 100, 50, 3), p11=(10, 200, 0, 5), p12=(10, 300, 0, 7), p99=(1, 5_000, 0, 1_000))
    found = told(10, tmp_path)
    assert found["process_cpu_seconds_total"] == 650 / os.sysconf("SC_CLK_TCK")
    assert found["process_resident_memory_bytes"] == 15 * os.sysconf("SC_PAGE_SIZE")
    assert found["process_open_fds"] == 3
    assert found["process_start_time_seconds"] == 1_700_000_000
    assert ProcessTree(10, tmp_path).children == 2


def test_where_there_is_no_proc_nothing_is_told(tmp_path: Path) -> None:
    assert told(10, tmp_path / "none") == {}
    assert ProcessTree(10, tmp_path / "none").children == 0


def test_a_page_is_one_look_at_what_the_machine_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, look = list[Path](), process_tree._read_all
    monkeypatch.setattr(process_tree, "_read_all", lambda proc: looks.append(proc) or look(proc))
    names = {family.name for family in gateway_families(RequestMetrics())}
    assert {"mien_gateway_processes", "process_resident_memory_bytes"} <= names
    assert looks == [Path("/proc")]


def test_this_process_and_a_child_of_it() -> None:
    before = told(os.getpid(), Path("/proc"))["process_resident_memory_bytes"]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert ProcessTree(os.getpid()).children >= 1
        assert told(os.getpid(), Path("/proc"))["process_resident_memory_bytes"] > before
        child.communicate(b"\n")
