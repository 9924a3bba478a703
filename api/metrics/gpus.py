"""How workers' GPUs are, in Prometheus' words."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client.metrics_core import Metric

from api.metrics.families import gauge
from contracts.gpus import Gpu
from contracts.storage.heartbeat import WorkerReport


def gpus(workers: Sequence[WorkerReport]) -> Iterable[Metric]:
    """What these live workers tell of their GPUs, without the figures that a GPU does not know, as some their power."""
    for name, read in _FIGURES.items():
        told = [(worker, worker.gpu, read(worker.gpu)) for worker in workers if worker.gpu]
        yield gauge(
            name,
            *(
                ((worker.name, worker.host, str(gpu.index), gpu.name), value)
                for worker, gpu, value in told
                if value is not None
            ),
        )


_FIGURES: Final[dict[str, Callable[[Gpu], float | None]]] = {
    "mien_gpu_memory_used_bytes": lambda gpu: gpu.memory_used_bytes,
    "mien_gpu_memory_total_bytes": lambda gpu: gpu.memory_total_bytes,
    "mien_gpu_utilisation_ratio": lambda gpu: gpu.utilisation,
    "mien_gpu_temperature_celsius": lambda gpu: gpu.temperature_c,
    "mien_gpu_power_watts": lambda gpu: gpu.power_w,
}
