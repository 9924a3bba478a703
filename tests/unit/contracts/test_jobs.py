"""The job record, its states and its ids."""

import pytest
from pydantic import ValidationError

from contracts.errors import CorruptImage, MalformedRequest
from contracts.jobs import Job, JobOptions, JobState, Problem, is_job_id, new_job_id


def test_ids_differ_and_are_known_as_ours() -> None:
    ids = {new_job_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(is_job_id(job_id) and len(job_id) == 24 for job_id in ids)
    assert not any(job_id.startswith("-") for job_id in ids), "no command line takes one for an option"


def test_one_character_more_less_or_another_makes_an_id_unknown() -> None:
    job_id = new_job_id()
    other = "A" if job_id[0] != "A" else "B"
    for changed in (job_id + "A", job_id[:-1], other + job_id[1:], job_id.swapcase(), "", "é" * 24, "a:images"):
        assert not is_job_id(changed)


def test_only_open_states_are_not_final() -> None:
    assert {state for state in JobState if not state.final} == {JobState.QUEUED, JobState.RUNNING}


def test_a_problem_is_the_code_the_sentence_and_the_field_of_an_error() -> None:
    assert Problem.of(CorruptImage("It is cut off.")) == Problem(code="corrupt_image", detail="It is cut off.")
    assert Problem.of(MalformedRequest("No.", field="image")).field == "image"


def test_a_record_is_frozen_and_refuses_what_it_does_not_know() -> None:
    job = Job(id=new_job_id(), state=JobState.QUEUED, queue="bulk", image_count=1, created_at=1.0)
    assert job.options == JobOptions()
    with pytest.raises(ValidationError):
        job.state = JobState.RUNNING  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Job.model_validate({**job.model_dump(), "colour": "red"})
    with pytest.raises(ValidationError):
        Job.model_validate({**job.model_dump(), "version": 3})
