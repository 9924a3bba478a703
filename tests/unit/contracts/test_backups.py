"""The form of a backup: what was written once is read for ever."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from contracts.backups import ENTRY, FORMAT, Begin, End, IdempotencyKey, JobEntry, JobImages, KeyPart

GOLDEN = Path(__file__).parents[2] / "contract/golden/backup_1.jsonl"
"""As form 1 was written; never changed."""
JOB = JobEntry(
    job="-mps4usDe5y0lQK66waUbeoT",
    record=[("state", b"succeeded"), ("names", b'["\xc3\xa4.jpg"]')],
    expires_at_ms=1_795_929_338_354,
    annotated_until_ms=1_795_929_338_000,
    once=IdempotencyKey(key="mien:once:k", value=b"-mps4usDe5y0lQK66waUbeoT print", expires_at_ms=1_795_929_400_000),
    webhook_due_at=1_795_929_300.5,
    webhook_attempts=2,
    webhook_dead=b'{"job":"-mps4usDe5y0lQK66waUbeoT"}',
)
LINES = [
    Begin(format=1, id="b", made_at=1_795_929_278.25, mien="0.3.0", server="valkey 9.1.0", secrets=True, history=True),
    KeyPart(key="mien:apikeys", type="hash", values=[[b"id", b'{"name": "phone"}']]),
    JobImages(job="-mps4usDe5y0lQK66waUbeoT", annotated=True, images=[("0", b"\xff\xd8\xfb\xef\x00")]),
    JOB,
    KeyPart(key="mien:history:hall", type="stream", expires_at_ms=5, frames=True, values=[[b"1-0", b"sample", b"{}"]]),
    End(counts={"key": 2, "images": 1, "job": 1}, sha256="00"),
]


def test_form_1_is_read_and_written_as_it_was() -> None:
    assert FORMAT == 1, "a new form gets a golden file of its own, and this one stays"
    lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    first, *entries, last = lines
    assert [
        Begin.model_validate_json(first),
        *map(ENTRY.validate_json, entries),
        End.model_validate_json(last),
    ] == LINES
    assert [line.model_dump_json() for line in LINES] == lines


def test_bytes_are_any_bytes() -> None:
    image = bytes(range(256))
    entry = JobImages(job="j", annotated=False, images=[("0", image)])
    assert ENTRY.validate_json(entry.model_dump_json()) == entry


def test_a_member_that_is_not_known_belongs_to_a_newer_form() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        ENTRY.validate_json('{"kind":"key","key":"k","type":"string","values":[],"more":1}')
