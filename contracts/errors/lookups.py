"""What was asked for and does not exist."""

from contracts.errors.base import MienError


class NotFound(MienError):
    """There is nothing at this address."""

    code = "not_found"


class JobNotFound(NotFound):
    """No job with this id was ever accepted here, or none that this API key may see is kept."""

    code = "job_not_found"


class JobGone(NotFound):
    """The job existed; its result has outlived its time, was erased, or was lost with the data of the job store."""

    code = "job_gone"


class WebhookNotFound(NotFound):
    """No webhook of this job was given up."""

    code = "webhook_not_found"


class AnnotatedNotFound(NotFound):
    """The job did not ask for annotated images, or this one could not be analysed."""

    code = "annotated_not_found"


class CameraNotFound(NotFound):
    """No camera of this name has published lately."""

    code = "camera_not_found"


class CameraTaken(MienError):
    """Another sender has the camera's name."""

    code = "camera_taken"
