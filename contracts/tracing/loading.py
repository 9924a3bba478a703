"""Whether, and where to, this process records spans: as ``MIEN_TRACES`` says."""

import os
from typing import Final

from contracts.errors import ConfigurationError
from contracts.settings import Settings
from contracts.tracing.spans import NO_TRACING, Tracing

_DISABLED: Final = "OTEL_SDK_DISABLED"


def open_tracing(settings: Settings, role: str) -> Tracing:
    """Begin to record. Called once a process, after the last fork: what sends spans is a thread.

    Raises:
        ConfigurationError: the extra is not installed, or a variable of OpenTelemetry is wrong.
    """
    if settings.traces == "off" or os.environ.get(_DISABLED, "").strip().lower() == "true":
        return NO_TRACING
    try:
        from contracts.tracing import export, otel
    except ImportError as error:
        raise ConfigurationError(
            f"MIEN_TRACES={settings.traces} needs OpenTelemetry, which is not installed here ({error.name}): "
            'pip install "mien[otel]", or leave MIEN_TRACES out.'
        ) from None
    try:
        sending = export.to_console() if settings.traces == "console" else export.to_collector()
        return otel.OtelTracing(role, sending, sending.take_counts)
    except ValueError as error:
        raise ConfigurationError(f"MIEN_TRACES={settings.traces}: a variable OTEL_… is wrong: {error}") from None
