"""The job record as a Redis hash and back."""

from contracts.jobs import ItemResult, Job, JobOptions, JobState, Problem, new_job_id
from contracts.storage.job_hash import from_hash, to_hash

NEW = Job(id=new_job_id(), state=JobState.QUEUED, queue="bulk", image_count=2, created_at=1_000_000.25)


def test_a_new_job_survives_the_way() -> None:
    fields = to_hash(NEW)
    assert from_hash(fields) == NEW
    assert all(isinstance(value, str) for value in fields.values())
    assert {"started_at", "deadline_at", "webhook", "names"}.isdisjoint(fields)


def test_so_do_options_deadline_and_names() -> None:
    options = JobOptions(annotate=True, webhook="https://example.com/hook", metadata={"order": [1, None, "x"]})
    job = NEW.model_copy(update={"options": options, "deadline_at": 1_000_060.5, "names": ["a.jpg", None]})
    fields = to_hash(job)
    assert from_hash(fields) == job
    assert fields["webhook"] == "https://example.com/hook", "finalize.lua looks for it"


def test_what_the_scripts_write_is_read() -> None:
    items = [ItemResult(index=0, error=Problem(code="corrupt_image", detail="It is cut off."))]
    written = {
        "items": f"[{items[0].model_dump_json()}]",
        "error": "",
        "state": "succeeded",
        "finished_at": "1000002.5",
    }
    job = from_hash(to_hash(NEW) | written)
    assert (job.state, job.finished_at, job.items, job.error) == (JobState.SUCCEEDED, 1_000_002.5, items, None)


def test_fields_of_the_scripts_alone_are_passed_over() -> None:
    assert from_hash(to_hash(NEW) | {"owner": "worker-1/ab12", "bytes": "2048", "sent_at": "1000000.0"}) == NEW
