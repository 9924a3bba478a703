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
