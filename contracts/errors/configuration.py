"""What an operator has to change before a process can start."""

from contracts.errors.base import MienError


class ConfigurationError(MienError):
    """A process cannot start as it is configured; the sentence names the setting and the remedy."""

    code = "configuration_error"


class InvalidWeights(ConfigurationError):
    """A weight file is missing, damaged, or not the one its card describes."""

    code = "invalid_weights"
