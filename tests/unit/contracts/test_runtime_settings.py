"""Settings of what executes the networks: wrong ones are named."""

import pytest
from pydantic import ValidationError

from contracts.settings import Settings


def test_by_default_the_networks_run_on_the_processor() -> None:
    assert Settings().runtime == "litert"


@pytest.mark.parametrize(
    ("name", "value"), [("PRECISION", "int8"), ("BATCH_IMAGES", "257"), ("GPU_MEMORY_SHARE", "1.1"), ("RUNTIME", "gpu")]
)
def test_what_no_card_can_do_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"MIEN_{name}", value)
    with pytest.raises(ValidationError, match=f"(?i){name}"):
        Settings()


def test_a_worker_that_takes_batches_has_a_thread_for_each_stage_of_them_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings().worker_threads == 2
    monkeypatch.setenv("MIEN_RUNTIME", "keras")
    assert Settings().worker_threads == 4
    monkeypatch.setenv("MIEN_WORKER_THREADS", "3")
    assert Settings().worker_threads == 3
