"""The page about Heroku says what happens there."""

from pathlib import Path

from contracts.errors import AnalysisFailed
from deploy.heroku import settings_for


def test_what_becomes_of_a_job_that_takes_too_long(root: Path) -> None:
    limit_s = settings_for("worker", {"REDIS_URL": "redis://localhost"})["MIEN_JOB_TIME_LIMIT_S"]
    page = " ".join((root / "docs/heroku.md").read_text(encoding="utf-8").split())
    assert f"takes longer than {limit_s} seconds fails (`{AnalysisFailed.code}`)" in page
