"""How networks are shown: the plan, who follows it, and how they compare."""

import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from redis import Redis

from contracts.metrics import parse_metric_key
from contracts.network_metrics import (
    NETWORK_CLASSIFY_SECONDS,
    NETWORK_CONFIDENCE,
    NETWORK_FACES,
    NETWORK_IMAGES,
    SHADOW_FACES,
    SHADOW_IMAGES,
)
from contracts.networks import NetworkPlan, NetworkRecord, format_weights
from contracts.storage.counters import CounterStore
from contracts.storage.following import served_by, shares, state_of
from contracts.storage.heartbeat import HeartbeatStore, WorkerReport
from contracts.storage.networks import NetworkStore
from operate.printing import seconds, table

_NONE = "-"


class Networks(NamedTuple):
    """What is known of networks at a moment."""

    record: NetworkRecord
    workers: list[WorkerReport]
    counters: dict[str, float]


def look(redis: Redis) -> Networks:
    """Read the plan, the workers' reports and what was counted."""
    return Networks(NetworkStore(redis).read(), HeartbeatStore(redis).live_workers(), CounterStore(redis).read())


def as_values(found: Networks) -> dict[str, Any]:
    """For JSON."""
    record = found.record
    return {
        "plan": record.plan.model_dump(),
        "source": record.source,
        "epoch": record.epoch,
        "set_at": record.set_at or None,
        "set_by": record.set_by,
        "change": record.change,
        "before": [plan.model_dump() for plan in record.before],
        "shares": shares(found.workers),
        "workers": [
            {
                "name": worker.name,
                "host": worker.host,
                "state": state_of(worker, record),
                "networks": served_by(worker),
                "offers": worker.offers,
                "error": worker.network_error,
            }
            for worker in found.workers
        ],
        "counted": compared(found.counters),
    }


def compared(counters: Mapping[str, float]) -> dict[str, dict[str, float | None]]:
    """What was counted, by network; what cannot be told yet is None.

    Images and faces answered, mean confidence, classification in ms; in the shadow: images, faces, and the part of
    these that agrees.
    """
    sums = defaultdict[str, defaultdict[str, float]](lambda: defaultdict(float))
    for field, value in counters.items():
        name, labels = parse_metric_key(field)
        if "network" in labels:
            sums[labels["network"]][name] += value
            for label in ("outcome", "agrees"):
                if label in labels:
                    sums[labels["network"]][f"{name} {labels[label]}"] += value
    return {network: _one(sums[network]) for network in sorted(sums)}


def _one(sums: Mapping[str, float]) -> dict[str, float | None]:
    def ratio(part: str, whole: str, factor: float = 1.0) -> float | None:
        return factor * sums.get(part, 0.0) / sums[whole] if sums.get(whole) else None

    return {
        "images": sums.get(NETWORK_IMAGES, 0.0),
        "faces": sums.get(NETWORK_FACES, 0.0),
        "confidence": ratio(NETWORK_CONFIDENCE, NETWORK_FACES),
        "classify_ms": ratio(NETWORK_CLASSIFY_SECONDS, NETWORK_IMAGES, 1000),
        "shadow_images": sums.get(f"{SHADOW_IMAGES} read", 0.0),
        "shadow_dropped": sums.get(f"{SHADOW_IMAGES} dropped", 0.0),
        "shadow_failed": sums.get(f"{SHADOW_IMAGES} failed", 0.0),
        "shadow_faces": sums.get(SHADOW_FACES, 0.0),
        "shadow_agrees": ratio(f"{SHADOW_FACES} true", SHADOW_FACES),
    }


def as_text(found: Networks) -> str:
    """For people."""
    parts = [_plan(found.record), _workers(found)]
    if rows := _rows(found):
        header = ["network", "share", "images", "faces", "confidence", "classify"]
        parts.append(table([*header, "in the shadow", "dropped", "agrees"], rows))
    return "\n\n".join(parts)


def _plan(record: NetworkRecord) -> str:
    rows = [["plan", _weights(record.plan)]]
    if record.epoch:
        ago = seconds(max(0.0, time.time() - record.set_at))
        rows.append(["set", f"{ago} ago by {record.set_by or 'somebody'}: {record.change}"])
    rows += [["key", f"{key} is bound to {network}"] for key, network in sorted(record.plan.keys.items())]
    if record.plan.shadow:
        rows.append(["shadow", f"{record.plan.shadow.network}, {record.plan.shadow.share:.0%} of the images"])
    if record.before:
        rows.append(["before", f"{_weights(record.before[-1])}; `mien networks rollback` goes back to it"])
    return table(rows[0], rows[1:])


def _weights(plan: NetworkPlan) -> str:
    return format_weights(plan.weights) if plan.weights else "none is set: each worker's MIEN_MODEL holds"


def _workers(found: Networks) -> str:
    rows = [
        [
            worker.name,
            worker.host,
            format_weights(weights) if (weights := served_by(worker)) else _NONE,
            _state(worker, found.record),
        ]
        for worker in found.workers
    ]
    return table(["worker", "host", "answers with", "state"], rows)


def _state(worker: WorkerReport, record: NetworkRecord) -> str:
    match state_of(worker, record):
        case "serving":
            return "works by the plan"
        case "behind":
            return "is changing to the plan"
        case "failed":
            return f"cannot serve the plan: {worker.network_error}"
        case "none":
            return "reads no expressions"
    return "of a version that follows no plan"


def _rows(found: Networks) -> list[list[str]]:
    served, counted = shares(found.workers), compared(found.counters)
    return [
        [
            name,
            f"{served.get(name, 0.0):.1%}",
            *(_number(one.get(key)) for key in ("images", "faces")),
            _share(one.get("confidence")),
            _NONE if (ms := one.get("classify_ms")) is None else f"{ms:.1f} ms",
            *(_number(one.get(key)) for key in ("shadow_images", "shadow_dropped")),
            _share(one.get("shadow_agrees")),
        ]
        for name in sorted({*served, *counted})
        for one in [counted.get(name, {})]
    ]


def _number(value: float | None) -> str:
    return f"{value or 0:,.0f}"


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1%}"
