"""What a worker computes on: said at its start, in its name, and read again and again."""

import os
from contextlib import closing

import pytest
from redis import Redis

from contracts.errors import ConfigurationError
from contracts.gpus import Gpu
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from contracts.storage.heartbeat import HeartbeatStore
from models import Analyzer
from models.runtimes.backends import Backend
from models.runtimes.backends import Device as Computing
from models.runtimes.backends.jax_backend import JaxBackend
from support.clocks import ManualClock, WaitFor
from support.nvidia import NO_DRIVER, NvidiaSmi, uuid
from workers import periodic
from workers.gpus.device import Device, find_device, number_by_bus
from workers.periodic import PeriodicTasks, report_heartbeat
from workers.services import connect_services

KERAS = Settings(runtime="keras")


class OnGpu(JaxBackend):
    """JAX's backend as it would be with a GPU; nothing is computed with it."""

    device = Computing(is_gpu=True, name="NVIDIA H200 of JAX's")

    def __init__(self) -> None:
        """The real one would ask JAX, which sees none here."""


def on_gpu(_: float) -> Backend:
    return OnGpu()


def on_cpu(_: float) -> Backend:
    return JaxBackend()


def never(_: float) -> Backend:
    raise AssertionError("there is nothing to be asked")


@pytest.mark.parametrize("settings", [Settings(), Settings(runtime="keras", worker_queues="webhooks")])
def test_a_worker_that_uses_no_gpu_asks_nobody(settings: Settings, nvidia_smi: NvidiaSmi) -> None:
    device = find_device(settings, never)
    assert (device.name, device.backend, device.suffix, device.gpu, device.is_read) == ("", "", "", None, False)
    assert nvidia_smi.asked() == []


@pytest.mark.parametrize(("chosen", "number"), [("", 0), (uuid(1), 1), ("1", 1)])
def test_its_gpu_is_the_first_that_it_may_use(
    nvidia_smi: NvidiaSmi, monkeypatch: pytest.MonkeyPatch, chosen: str, number: int
) -> None:
    nvidia_smi.has({}, {})
    if chosen:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    device = find_device(KERAS, on_gpu)
    assert (device.name, device.backend) == (f"GPU {number}: NVIDIA H200", "jax")
    assert (device.suffix, device.is_read) == (f"-gpu{number}", True)


def test_how_it_is_is_read_anew_and_believed_for_a_while(nvidia_smi: NvidiaSmi, clock: ManualClock) -> None:
    nvidia_smi.has({}, {})
    found = find_device(KERAS, on_gpu).gpu
    device = Device("tensorflow", "GPU 0: NVIDIA H200", found, clock)
    nvidia_smi.has({"utilization.gpu": "80"}, {})
    device.read()
    assert device.gpu is not None
    assert device.gpu.utilisation == 0.8
    assert f"--id={uuid(0)} " in nvidia_smi.asked()[-1]
    nvidia_smi.fails(9, NO_DRIVER)
    clock.now += 20
    with pytest.raises(ConfigurationError):
        device.read()
    assert device.gpu is not None
    clock.now += 20
    assert device.gpu is None, "nothing is known of it any more"
    assert device.name == "GPU 0: NVIDIA H200"


def test_a_gpu_of_which_nvidia_smi_tells_nothing_has_the_librarys_name(
    nvidia_smi: NvidiaSmi, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia_smi.has({})
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-5c89d1f2")
    device = find_device(KERAS, on_gpu)
    assert (device.name, device.suffix, device.is_read) == ("NVIDIA H200 of JAX's", "", False)
    assert "CUDA_VISIBLE_DEVICES=MIG-5c89d1f2 names none of GPU 0: NVIDIA H200" in caplog.text


def test_a_library_that_sees_no_gpu_beside_one_is_a_warning(
    nvidia_smi: NvidiaSmi, caplog: pytest.LogCaptureFixture
) -> None:
    nvidia_smi.has({})
    device = find_device(KERAS, on_cpu)
    assert (device.name, device.backend, device.suffix) == ("", "jax", "")
    assert "jax sees no GPU although nvidia-smi has GPU 0: NVIDIA H200 (driver 570.86.15)" in caplog.text


def test_without_a_driver_it_says_so_and_computes_on_the_cpu(
    nvidia_smi: NvidiaSmi, caplog: pytest.LogCaptureFixture
) -> None:
    nvidia_smi.fails(9, NO_DRIVER)
    assert find_device(KERAS, on_cpu).backend == "jax"
    assert "MIEN_RUNTIME=litert is quicker: nvidia-smi fails with status 9" in caplog.text


def test_cuda_counts_as_nvidia_smi_unless_the_environment_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    number_by_bus()
    assert os.environ["CUDA_DEVICE_ORDER"] == "FASTEST_FIRST"
    monkeypatch.delenv("CUDA_DEVICE_ORDER")
    number_by_bus()
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


def test_a_heartbeat_names_the_gpu_and_says_how_it_is(settings: Settings, analyzer: Analyzer, redis: Redis) -> None:
    gpu = Gpu(index=2, uuid="GPU-1", name="NVIDIA L4", utilisation=0.25)
    with closing(connect_services(settings, analyzer, Device("jax", gpu.label, gpu))) as services:
        report_heartbeat(services)
    (worker,) = HeartbeatStore(redis).live_workers()
    assert worker.name.endswith("-gpu2")
    assert (worker.device, worker.backend, worker.gpu) == ("GPU 2: NVIDIA L4", "jax", gpu)


def test_how_its_gpu_is_is_read_while_it_runs(
    settings: Settings,
    analyzer: Analyzer,
    dispatcher: Dispatcher,
    redis: Redis,
    nvidia_smi: NvidiaSmi,
    monkeypatch: pytest.MonkeyPatch,
    wait_for: WaitFor,
) -> None:
    monkeypatch.setattr(periodic, "REPORT_EVERY_S", 0.1)
    nvidia_smi.has({"utilization.gpu": "64"})
    device = Device("jax", "GPU 0: NVIDIA H200", Gpu(index=0, uuid=uuid(0), name="NVIDIA H200"))
    with closing(connect_services(settings, analyzer, device)) as services:
        tasks = PeriodicTasks(services, dispatcher)
        tasks.start(lambda: None, lambda _: None)
        wait_for(
            lambda: (
                [gpu.utilisation for worker in HeartbeatStore(redis).live_workers() if (gpu := worker.gpu)] == [0.64]
            ),
            "its figures",
        )
        tasks.stop()
