"""What goes wrong with sources; apart from their types, so that the supervisor needs no NumPy for it."""

from typing import Final

from contracts.errors import ConfigurationError, MienError

SETTING: Final = "MIEN_CAMERA_SOURCE"
"""The setting that chooses the source where there is no registry."""


class SourceUnusable(ConfigurationError):
    """A source cannot be opened as it is described."""

    def __init__(self, setting: str, shown: str, reason: str) -> None:
        """Say it of a setting, with its value as it may be shown; `reason` alone names neither path nor address."""
        super().__init__(f"{setting}={shown}: {reason}", field=setting)
        self.reason = reason


class SourceLost(MienError):
    """A source that has worked gives no images any more. The process ends; started again, it opens the source anew."""

    code = "source_lost"


class ConnectionLost(SourceLost):
    """The same of a device or an address, which may come back at any time. Its sentence names no address."""

    code = "connection_lost"


class SourceEnded(MienError):
    """A file or a folder that is shown once has been shown to its end."""

    code = "source_ended"
