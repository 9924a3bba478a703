"""What can be wrong with a training command; ``str(error)`` is a sentence for its user."""

from contracts.errors import ConfigurationError


class TrainingError(ConfigurationError):
    """The command cannot be carried out as given."""

    code = "training_error"


class DataError(TrainingError):
    """The data set is missing, incomplete or damaged."""

    code = "training_data_error"
