"""A worker a GPU is kept running; in the place of workers there are a few lines of Python, and real ones."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import psutil
import pytest
from redis import Redis

from contracts.gpus import Gpu
from contracts.process import EXIT_CONFIGURATION
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.heartbeat import HeartbeatStore
from contracts.storage.jobs import JobStore
from support.clocks import WaitFor
from support.nvidia import NO_DRIVER, NvidiaSmi, uuid
from support.pictures import astronaut_jpeg
from workers.gpus.supervisor import WORKER, GpuWorker

ROOT = Path(__file__).parents[4]
WAITING = "import signal; signal.pause()"
_RUNS_WORKERS = """
from contracts.gpus import NvidiaSmi
from workers.gpus.supervisor import run_workers
run_workers(NvidiaSmi().gpus())
"""
_RUNS = """
import os, sys
from contracts.errors import MienError
from contracts.gpus import NvidiaSmi
from workers.gpus.supervisor import run_workers
try:
    run_workers(NvidiaSmi().gpus(), [sys.executable, "-c", os.environ["WORKER"]])
except MienError as error:
    sys.exit(str(error))
"""

Start = Callable[..., GpuWorker]


@pytest.fixture
def wrong() -> list[Gpu]:
    """GPUs whose workers could not start as they are configured."""
    return []


@pytest.fixture
def start(wrong: list[Gpu]) -> Iterator[Start]:
    started = list[GpuWorker]()

    def start(command: list[str], processors: set[int] | None = None) -> GpuWorker:
        gpu = Gpu(index=len(started), uuid=uuid(len(started)), name="NVIDIA L4")
        worker = GpuWorker(
            gpu, processors or set(), on_wrong_setting=wrong.append, command=command, delays=lambda: repeat(0.01)
        )
        started.append(worker)
        worker.start()
        return worker

    yield start
    for worker in started:
        worker.terminate()
    for worker in started:
        worker.join()
        assert worker.pid is None or not psutil.pid_exists(worker.pid)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_each_process_has_a_gpu_and_processors_of_its_own(start: Start, wait_for: WaitFor) -> None:
    one = {min(os.sched_getaffinity(0))}
    workers = [start(python(WAITING), processors=one), start(python(WAITING))]
    pids = wait_for(lambda: all(worker.pid for worker in workers) and [worker.pid for worker in workers], "both")
    processes = [psutil.Process(pid) for pid in pids]
    assert [process.environ()["CUDA_VISIBLE_DEVICES"] for process in processes] == [uuid(0), uuid(1)]
    assert os.sched_getaffinity(processes[0].pid) == one
    assert os.sched_getaffinity(processes[1].pid) == os.sched_getaffinity(0)


def test_names_that_look_like_settings_are_not_pointed_out_once_more(
    start: Start, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_RUNTIM", "keras")
    worker = start(python(WAITING))
    environment = psutil.Process(wait_for(lambda: worker.pid, "the process")).environ()
    assert "MIEN_RUNTIM" not in environment


@pytest.mark.parametrize("status", [1, EXIT_CONFIGURATION])
def test_one_that_has_run_is_started_again_whatever_ends_it(
    start: Start, wait_for: WaitFor, wrong: list[Gpu], tmp_path: Path, status: int
) -> None:
    """The first is killed, the others end by themselves: the setting was right before."""
    starts = tmp_path / "starts"
    code = f"""
import os, signal
with open({str(starts)!r}, "a") as file: print(os.getpid(), file=file)
if len(open({str(starts)!r}).readlines()) == 1: os.kill(os.getpid(), signal.SIGKILL)
raise SystemExit({status})"""
    start(python(code))
    wait_for(lambda: starts.exists() and len(starts.read_text().split()) > 2, "three starts")
    assert wrong == []


def test_one_that_the_system_does_not_start_or_bind_is_tried_again(
    start: Start, wait_for: WaitFor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As where there are too many processes for a moment, or this one may not say where it runs."""
    program = tmp_path / "worker"
    worker = start([str(program)], processors={100_000})
    wait_for(lambda: "could not be started" in caplog.text, "the first try")
    assert "the worker of GPU 0: NVIDIA L4 runs on all processors: " in caplog.text
    new = tmp_path / "new"
    new.write_text(f"#!{sys.executable}\n{WAITING}\n")
    new.chmod(0o700)
    new.rename(program)
    wait_for(lambda: worker.pid, "the process")


def test_one_that_cannot_start_for_a_wrong_setting_is_not_started_again(
    start: Start, wait_for: WaitFor, wrong: list[Gpu]
) -> None:
    worker = start(python(f"raise SystemExit({EXIT_CONFIGURATION})"))
    assert wait_for(lambda: wrong, "the sentence") == [worker.gpu]
    worker.join()


def test_real_workers_come_back_and_finish_what_they_have_begun(
    start: Start,
    wait_for: WaitFor,
    redis: Redis,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MIEN_REDIS_URL", settings.redis_url)
    heartbeats, jobs = HeartbeatStore(redis), JobStore(redis, settings)
    workers = [start(list(WORKER)) for _ in range(2)]

    def alive() -> bool:
        pids = {worker.pid for worker in heartbeats.live_workers()}
        return pids >= {worker.pid for worker in workers}

    wait_for(alive, "both workers")
    first = workers[0].pid
    assert first
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: workers[0].pid != first and alive(), "another one in its place")
    assert "the worker of GPU 0: NVIDIA L4 has been ended by SIGKILL; it is started again" in caplog.text
    job = jobs.create([astronaut_jpeg(512)] * 20, BULK)
    wait_for(lambda: jobs.get(job.id).state == "running", "the job to be begun")
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
    assert jobs.get(job.id).state == "succeeded"


def test_workers_end_with_a_supervisor_that_is_killed(
    nvidia_smi: NvidiaSmi, wait_for: WaitFor, redis: Redis, settings: Settings
) -> None:
    """The next supervisor starts others, for the same GPUs."""
    nvidia_smi.has({}, {})
    heartbeats, environment = HeartbeatStore(redis), os.environ | {"MIEN_REDIS_URL": settings.redis_url}
    supervisor = subprocess.Popen(python(_RUNS_WORKERS), cwd=ROOT, env=environment)
    try:
        live = wait_for(lambda: len(found := heartbeats.live_workers()) == 2 and found, "both workers")
        processes = [psutil.Process(worker.pid) for worker in live]
    finally:
        supervisor.kill()
        supervisor.wait()
    _, left = psutil.wait_procs(processes, timeout=30)
    for process in left:
        process.kill()
    assert left == []
    assert heartbeats.live_workers() == [], "they have said that they end"


@pytest.fixture
def run(nvidia_smi: NvidiaSmi) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Run the supervisor of two GPUs as a process, its workers these lines of Python."""
    nvidia_smi.has({}, {})
    started = list[subprocess.Popen[str]]()

    def run(code: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            python(_RUNS), cwd=ROOT, env=os.environ | {"WORKER": code}, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_all_have_finished(
    run: Callable[[str], "subprocess.Popen[str]"], wait_for: WaitFor, tmp_path: Path, number: signal.Signals
) -> None:
    code = f"""
import os, signal, pathlib
folder, gpu = pathlib.Path({str(tmp_path)!r}), os.environ["CUDA_VISIBLE_DEVICES"]
def finish(*_):
    (folder / f"{{gpu}}.finished").touch()
    raise SystemExit(0)
signal.signal(signal.SIGTERM, finish)
(folder / f"{{gpu}}.up").touch()
while True: signal.pause()"""
    process = run(code)
    wait_for(lambda: len(list(tmp_path.glob("*.up"))) == 2, "two workers")
    process.send_signal(number)
    assert process.wait(30) == 0
    assert {file.stem for file in tmp_path.glob("*.finished")} == {uuid(0), uuid(1)}


def test_a_wrong_setting_of_one_ends_all(run: Callable[[str], "subprocess.Popen[str]"]) -> None:
    process = run(
        f"import os, signal\nif os.environ['CUDA_VISIBLE_DEVICES'] == {uuid(0)!r}: signal.pause()\n"
        f"raise SystemExit({EXIT_CONFIGURATION})"
    )
    _, told = process.communicate(timeout=30)
    assert "The worker of GPU 1: NVIDIA H200 cannot start as it is configured" in told


def refusal(*arguments: str, **environment: str) -> tuple[int, str]:
    """Status and words of a supervisor that cannot start."""
    done = subprocess.run(
        [*WORKER, *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_without_a_driver_gpu_or_runtime_it_says_what_is_missing(nvidia_smi: NvidiaSmi) -> None:
    nvidia_smi.has({})
    assert "set MIEN_RUNTIME=keras" in refusal("--gpus", "all")[1]
    status, told = refusal("--gpus", "0,2", MIEN_RUNTIME="keras")
    assert (status, told.count("\n")) == (EXIT_CONFIGURATION, 1)
    assert told.startswith("mien worker: --gpus names GPU 2, and nvidia-smi has 0 here")
    nvidia_smi.has()
    assert "finds no GPU here" in refusal("--gpus", "all", MIEN_RUNTIME="keras")[1]
    nvidia_smi.fails(9, NO_DRIVER)
    status, told = refusal("--gpus", "all", MIEN_RUNTIME="keras")
    assert (status, told.count("\n")) == (EXIT_CONFIGURATION, 1)
    assert "install NVIDIA's driver for this kernel" in told
    nvidia_smi.program.unlink()
    assert "cannot be run here" in refusal("--gpus", "all", MIEN_RUNTIME="keras")[1]
