"""What processes of the version before have stored is read by those of this one, and means the same.

Each file in ``golden/`` is a record as it was written once; none is ever changed. A record of a new version gets a new
file, and so does one with a new member that the version before passes over.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from redis import Redis

from contracts.events import CameraEvent, Noted
from contracts.frames import FrameResult
from contracts.history import HistorySample
from contracts.jobs import Job
from contracts.networks import NetworkRecord
from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.heartbeat import WorkerReport
from contracts.storage.jobs import JobStore
from contracts.storage.webhooks import DeadWebhook

GOLDEN = Path(__file__).parent / "golden"


def kept(old: Any, new: Any) -> bool:
    """Whether all that stands in `old` stands in `new`; members may have been added."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(name in new and kept(value, new[name]) for name, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and len(old) == len(new) and all(map(kept, old, new))
    return bool(old == new)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("job", Job),
        ("job_named", Job),
        ("job_of_client", Job),
        ("job_searched", Job),
        ("job_labelled", Job),
        ("job_blurred", Job),
        ("job_traced", Job),
        ("frame_result", FrameResult),
        ("frame_result_labelled", FrameResult),
        ("frame_result_raw", FrameResult),
        ("history_sample", HistorySample),
        ("camera_event", CameraEvent),
        ("noted", Noted),
        ("worker_report", WorkerReport),
        ("worker_report_idle", WorkerReport),
        ("worker_report_versioned", WorkerReport),
        ("worker_report_networks", WorkerReport),
        ("worker_report_device", WorkerReport),
        ("network_record", NetworkRecord),
        ("dead_webhook", DeadWebhook),
    ],
)
def test_a_record_is_read_and_written_as_before(name: str, model: type[BaseModel]) -> None:
    text = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    written = json.loads(model.model_validate_json(text).model_dump_json())
    assert kept(json.loads(text), written)


@pytest.mark.parametrize("name", ["job", "job_named", "job_of_client", "job_searched", "job_labelled", "job_traced"])
def test_a_job_is_read_from_the_hash_in_which_it_was_stored(redis: Redis, settings: Settings, name: str) -> None:
    expected = Job.model_validate_json((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    redis.hset(keys.job(expected.id), mapping=json.loads((GOLDEN / f"{name}_hash.json").read_text(encoding="utf-8")))
    assert JobStore(redis, settings).get(expected.id) == expected


def test_a_result_that_does_not_say_whose_labels_it_has_is_of_those_of_fer2013() -> None:
    job = Job.model_validate_json((GOLDEN / "job_searched.json").read_text(encoding="utf-8"))
    frame = FrameResult.model_validate_json((GOLDEN / "frame_result.json").read_text(encoding="utf-8"))
    assert [item.analysis.labels for item in job.items if item.analysis] == ["fer2013"]
    assert frame.labels == "fer2013"


def test_a_worker_that_does_not_say_its_version_is_of_before_versions() -> None:
    def report(name: str) -> WorkerReport:
        return WorkerReport.model_validate_json((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))

    assert report("worker_report_versioned").before_versions
    assert not report("worker_report_networks").model_copy(update={"version": "0.4.0"}).before_versions


def test_a_lost_member_would_be_found() -> None:
    assert kept({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]})
    for new in ({"a": [{"b": 2}]}, {"a": [{}]}, {"a": []}, {"c": 1}, []):
        assert not kept({"a": [{"b": 1}]}, new)
