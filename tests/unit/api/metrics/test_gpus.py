"""GPUs of workers, in Prometheus' words."""

from api.metrics.gpus import gpus
from contracts.gpus import Gpu
from support.factories import make_worker_report


def test_each_worker_tells_of_its_gpu_what_that_knows() -> None:
    card = Gpu(
        index=0,
        uuid="GPU-1",
        name="NVIDIA L4",
        memory_total_bytes=24_000,
        memory_used_bytes=6_000,
        utilisation=0.5,
        temperature_c=61,
    )
    workers = [
        make_worker_report("a", host="one", gpu=card),
        make_worker_report("b", host="two", gpu=Gpu(index=3, uuid="GPU-2", name="GB10", utilisation=0.0)),
        make_worker_report("c"),
    ]
    found = {
        (sample.name, *sample.labels.values()): sample.value for family in gpus(workers) for sample in family.samples
    }
    of = ("a", "one", "0", "NVIDIA L4")
    assert found == {
        ("mien_gpu_memory_used_bytes", *of): 6_000,
        ("mien_gpu_memory_total_bytes", *of): 24_000,
        ("mien_gpu_utilisation_ratio", *of): 0.5,
        ("mien_gpu_utilisation_ratio", "b", "two", "3", "GB10"): 0.0,
        ("mien_gpu_temperature_celsius", *of): 61,
    }
