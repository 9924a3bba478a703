"""Whether spans are recorded: as the setting says, at no cost where it does not."""

import subprocess
import sys

import pytest

from contracts.errors import ConfigurationError
from contracts.settings import Settings
from contracts.tracing.loading import open_tracing
from contracts.tracing.spans import NO_TRACING

SEES = """
import sys
if sys.argv[1:]:  # as where the extra is not installed
    sys.modules["opentelemetry"] = None
from contracts.settings import Settings
from contracts.tracing.loading import open_tracing
import api.app, workers.services, workers.app
open_tracing(Settings(), "gateway")
ours = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "google.protobuf", "contracts.tracing.otel")
print([name for name in sys.modules if name.startswith(ours)])
"""


@pytest.mark.parametrize("arguments", [[], ["without the extra"]])
def test_off_nothing_of_it_is_imported(arguments: list[str]) -> None:
    """But for what redis-py imports by itself where it finds it: OpenTelemetry's metrics."""
    command = [sys.executable, "-c", SEES, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert ended.stdout.strip() == "[]"


def test_the_setting_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_tracing(Settings(traces="off"), "worker") is NO_TRACING
    for kind in ("otlp", "console"):
        tracing = open_tracing(Settings(traces=kind), "worker")
        assert tracing.enabled
        tracing.close()
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert open_tracing(Settings(traces="otlp"), "worker") is NO_TRACING


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("opentelemetry", "contracts.tracing."))]:
        if name not in {"contracts.tracing.spans", "contracts.tracing.loading"}:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delattr("contracts.tracing.otel", raising=False)
    monkeypatch.delattr("contracts.tracing.export", raising=False)
    with pytest.raises(ConfigurationError, match=r'MIEN_TRACES=otlp needs .* pip install "mien\[otel\]"'):
        open_tracing(Settings(traces="otlp"), "worker")


def test_a_wrong_variable_of_opentelemetry_ends_the_start_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "-1")
    with pytest.raises(ConfigurationError, match="MIEN_TRACES=otlp: a variable OTEL_… is wrong: schedule_d"):
        open_tracing(Settings(traces="otlp"), "worker")
