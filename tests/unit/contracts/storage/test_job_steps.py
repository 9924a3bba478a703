"""What the Lua steps of a job take."""

import json

from contracts.settings import Settings
from contracts.storage import keys
from contracts.storage.job_steps import claimant, job_keys


def test_a_step_that_may_end_a_job_has_its_keys_and_both_queues() -> None:
    given = job_keys("id")
    assert given[:2] == [keys.job("id"), keys.job_images("id")]
    assert given[-2:] == [keys.queued("interactive"), keys.queued("bulk")]
    assert len(given) == len(set(given)) == 8, "finalize.lua counts them"


def test_a_claimant_says_what_is_to_be_said_of_a_job_that_is_given_up() -> None:
    owner, now, *_, exhausted, isolated = claimant(Settings(max_attempts=2), 5.0, "me", isolated=True)
    assert (owner, now, isolated) == ("me", 5.0, 1)
    assert json.loads(str(exhausted))["detail"].startswith("2 workers stopped")
