"""Draw the traces of two jobs as waterfalls, from a system of its own (`make trace-picture`; docs/tracing.md).

    PYTHONPATH=tests python -m benchmarks.trace_picture [--into docs/trace.png]

The first job has two images, annotated, and a webhook; the worker of the second one is killed, and another ends it.
"""

import argparse
import os
import secrets
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import requests

from benchmarks.system import ROOT, System, running_system
from contracts.storage import keys
from support.collector import Collector
from support.receiver import Receiver
from support.spans import Seen

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

_PATIENCE_S = 120.0
_COLOURS = {"client": "#555555", "mien-gateway": "#1f6fb4", "mien-worker": "#d9731a"}
_WAITS = {"queue", "requeue", "wait"}
_CLIENT = "client"


def main() -> None:
    """Run both jobs, draw what the collector has seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=ROOT / "docs/trace.png")
    into = parser.parse_args().into
    collector, receiver = Collector(), Receiver()
    os.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    settings = {"traces": "otlp", "webhook_networks": "127.0.0.0/8", "lease_s": 2, "requeue_after_s": 2}
    with running_system(2, **settings) as system:
        for _ in range(3):  # the first ones pay for first-time work
            _job(system, collector, receiver, images=2)
        calm = _job(system, collector, receiver, images=2)
        killed = _job(system, collector, receiver, images=60, kill=True)
    receiver.close()
    collector.close()
    _draw([("a job of two images", calm), ("a job whose worker was killed", killed)], into)


def _job(system: System, collector: Collector, receiver: Receiver, *, images: int, kill: bool = False) -> list[Seen]:
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    jpeg = (ROOT / "capture/sources/astronaut.jpg").read_bytes()
    files = [("images", (f"{index}.jpg", jpeg)) for index in range(images)]
    begun_at = time.time()
    answer = requests.post(
        f"{system.address}/v1/jobs",
        files=files,
        data={"annotate": "true", "webhook": receiver.url},
        headers={"traceparent": f"00-{trace}-{span}-01"} | ({} if kill else {"Prefer": "wait=30"}),
        timeout=60,
    )
    answer.raise_for_status()
    ended_at, job_id = time.time(), answer.json()["id"]
    if kill:
        _until(lambda: any(seen.name == "queue" for seen in collector.trace(trace)), "the claim")
        owner = (system.redis.hget(keys.job(job_id), "owner") or b"").decode().split("/")[0].split("-")
        (busy,) = [worker for worker in system.workers if str(worker.pid) in owner]
        busy.send_signal(signal.SIGKILL)
    _until(lambda: {"webhook", "attempt"} <= {seen.name for seen in collector.trace(trace)}, "the end of the job")
    client = Seen("POST (the client)", trace, span, "", begun_at, ended_at, {}, (), "", _CLIENT)
    return [client, *collector.trace(trace)]


def _until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.02)


def _draw(jobs: Sequence[tuple[str, list[Seen]]], into: Path) -> None:
    rows = [len(_rows(spans)) for _, spans in jobs]
    figure, axes = plt.subplots(
        len(jobs), 1, figsize=(11, 0.26 * sum(rows) + 2.2), height_ratios=rows, layout="constrained"
    )
    for (title, spans), axis in zip(jobs, axes, strict=True):
        _waterfall(axis, title, spans)
    figure.savefig(into, dpi=110)


def _rows(spans: list[Seen], above: str = "", depth: int = 0) -> list[tuple[int, Seen]]:
    """Depth and span, each below the one that it is part of; of many images the first two."""
    rows = list[tuple[int, Seen]]()
    for span in sorted((span for span in spans if span.parent_id == above), key=lambda span: span.begun_at):
        if span.attributes.get("mien.image.index", 0) < 2:
            rows += [(depth, span), *_rows(spans, span.span_id, depth + 1)]
    return rows


def _waterfall(axis: Axes, title: str, spans: list[Seen]) -> None:
    rows, zero = _rows(spans), min(span.begun_at for span in spans)
    end = max(span.ended_at for span in spans) - zero
    unit, scale = ("s", 1.0) if end > 2 else ("ms", 1_000.0)
    for place, (depth, span) in enumerate(rows):
        left, width = (span.begun_at - zero) * scale, (span.ended_at - span.begun_at) * scale
        waits = span.name in _WAITS
        colour = _COLOURS[span.service]
        look = {"facecolor": "none", "edgecolor": colour, "hatch": "////"} if waits else {"color": colour}
        axis.barh(place, max(width, end * scale / 600), left=left, height=0.62, **look)
        lasted = _duration(span.ended_at - span.begun_at)
        axis.text(left + width + end * scale / 150, place, lasted, va="center", fontsize=7)
        axis.text(end * scale * (0.012 * depth - 0.17), place, _named(span), va="center", fontsize=8)
    axis.set(title=title, xlabel=unit, xlim=(-0.17 * end * scale, end * scale * 1.08), ylim=(len(rows) - 0.4, -0.6))
    axis.set_yticks([])
    axis.set_xticks([tick for tick in axis.get_xticks() if 0 <= tick <= end * scale])
    axis.title.set_fontsize(10)
    axis.spines[["left", "top", "right"]].set_visible(False)
    axis.grid(axis="x", alpha=0.3)
    axis.legend(
        [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in _COLOURS.values()],
        list(_COLOURS),
        loc="upper right",
        fontsize=8,
    )


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def _named(span: Seen) -> str:
    if span.name == "attempt":
        return f"attempt {span.attributes['mien.attempt']}"
    if "mien.image.index" in span.attributes:
        return f"image {span.attributes['mien.image.index']}"
    return span.name


if __name__ == "__main__":
    main()
