"""Every error that Mien reports, each with a stable code, an HTTP status and a sentence for the user.

::

    MienError
    ├── InvalidRequest              the request itself is wrong            400 / 405 / 408 / 413 / 415 / 422
    │   ├── EmptyBody, NotJson, NotBase64, NotByteValues, MalformedRequest
    │   ├── UnsupportedMediaType, PayloadTooLarge, RequestTooSlow, MethodNotAllowed
    │   ├── InvalidArchive, TooManyImages, IdempotencyConflict, WebhookRefused
    │   └── InvalidImage            one image is wrong; its siblings are not touched
    │       ├── NotAnImage, UnsupportedImageFormat, ImageTooLarge, CorruptImage
    ├── NotFound                    JobNotFound, JobGone, AnnotatedNotFound, CameraNotFound,
    │                               WebhookNotFound
    ├── Overloaded                  try again later; carries ``retry_after``  503
    │   └── QuotaExceeded           this client only                       429
    ├── Denied                      Unauthorized, Forbidden                401 / 403
    ├── Unavailable                 BrokerUnavailable, NotReady
    ├── JobFailed                   AttemptsExhausted, DeadlineExceeded, AnalysisFailed, JobCanceled
    └── ConfigurationError          what an operator has to change before a process can start
        └── InvalidWeights

Codes are part of the HTTP interface and of stored results: add new ones, never rename one.
"""

from typing import ClassVar


class MienError(Exception):
    """Root of all errors raised on purpose. ``str(error)`` is a sentence for the user; never a traceback."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong inside Mien"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        """Say what is wrong.

        Args:
            detail: a sentence for the user.
            field: the member, parameter or setting that is at fault.
        """
        super().__init__(detail)
        self.detail = detail
        self.field = field

    @property
    def members(self) -> dict[str, object]:
        """Further members of this error's problem document."""
        return {}


class InvalidRequest(MienError):
    """The client has to change the request; sending it again as it is cannot succeed."""

    code, status, title = "invalid_request", 400, "The request is not valid"


class EmptyBody(InvalidRequest):
    """Nothing was sent where an image was expected."""

    code, title = "empty_body", "The request has no body"


class NotJson(InvalidRequest):
    """The body claims to be JSON and does not parse."""

    code, title = "not_json", "The body is not valid JSON"


class NotBase64(InvalidRequest):
    """The text given for an image is neither base64 nor a data URI."""

    code, status, title = "not_base64", 422, "The image is not valid base64"


class NotByteValues(InvalidRequest):
    """A list was given for an image, and not all its members are whole numbers from 0 to 255."""

    code, status, title = "not_byte_values", 422, "The image is not a list of byte values"


class MalformedRequest(InvalidRequest):
    """The body parses, but has not the shape that is documented; ``field`` names the offender."""

    code, status, title = "malformed_request", 422, "The body has the wrong shape"


class UnsupportedMediaType(InvalidRequest):
    """The Content-Type is none of those that the address takes."""

    code, status, title = "unsupported_media_type", 415, "This content type is not supported"


class PayloadTooLarge(InvalidRequest):
    """Larger than ``MIEN_MAX_BODY_BYTES``, or as files of a job ``MIEN_MAX_JOB_BYTES``; not read to its end."""

    code, status, title = "payload_too_large", 413, "The request is too large"


class RequestTooSlow(InvalidRequest):
    """The body did not arrive in time."""

    code, status, title = "request_too_slow", 408, "The request took too long to arrive"


class InvalidArchive(InvalidRequest):
    """A ZIP that is damaged, encrypted, too large inside, or names files outside itself."""

    code, status, title = "invalid_archive", 422, "The ZIP archive cannot be used"


class TooManyImages(InvalidRequest):
    """More images than one job may have."""

    code, status, title = "too_many_images", 413, "The job has too many images"


class IdempotencyConflict(InvalidRequest):
    """An idempotency key came again with another request."""

    code, status, title = "idempotency_conflict", 422, "The idempotency key stands for another request"


class WebhookRefused(InvalidRequest):
    """A webhook's address is none that Mien calls: not HTTP, or inside a network that is not public."""

    code, status, title = "webhook_refused", 422, "The webhook's address is not allowed"


class MethodNotAllowed(InvalidRequest):
    """The address exists, and does not take this method."""

    code, status, title = "method_not_allowed", 405, "This method is not allowed here"


class InvalidImage(InvalidRequest):
    """One image cannot be analysed. In a job of many images only that item fails."""

    code, status, title = "invalid_image", 422, "The image cannot be analysed"


class NotAnImage(InvalidImage):
    """The bytes begin like no known image format."""

    code, title = "not_an_image", "The data is not an image"


class UnsupportedImageFormat(InvalidImage):
    """An image, but none of JPEG, PNG and WebP."""

    code, status, title = "unsupported_image_format", 415, "This image format is not supported"


class ImageTooLarge(InvalidImage):
    """More pixels than allowed, or more scans of them, read from the structure before anything is decoded."""

    code, status, title = "image_too_large", 413, "The image is too large to be decoded"


class CorruptImage(InvalidImage):
    """The header is fine and the rest is not: truncated or damaged data."""

    code, title = "corrupt_image", "The image data is damaged or incomplete"


class NotFound(MienError):
    """There is nothing at this address."""

    code, status, title = "not_found", 404, "Not found"


class JobNotFound(NotFound):
    """No job with this id was ever accepted here."""

    code, title = "job_not_found", "No such job"


class JobGone(NotFound):
    """The job existed; its result has outlived its time."""

    code, status, title = "job_gone", 410, "The job's result is no longer kept"


class WebhookNotFound(NotFound):
    """No webhook of this job was given up."""

    code, title = "webhook_not_found", "There is no such dead letter"


class AnnotatedNotFound(NotFound):
    """The job did not ask for annotated images, or this one could not be analysed."""

    code, title = "annotated_not_found", "There is no such annotated image"


class CameraNotFound(NotFound):
    """No camera of this name has published lately."""

    code, title = "camera_not_found", "No such camera"


class Overloaded(MienError):
    """The system holds back; ``retry_after`` says for how many seconds."""

    code, status, title = "overloaded", 503, "Too much work is waiting"

    def __init__(self, detail: str, *, retry_after: float, field: str | None = None) -> None:
        """Say why, and in how many seconds (`retry_after`) to try again."""
        super().__init__(detail, field=field)
        self.retry_after = retry_after


class QuotaExceeded(Overloaded):
    """One client has asked more often than it may; others are not affected."""

    code, status, title = "quota_exceeded", 429, "Too many requests"


class Denied(MienError):
    """The request is understood, and not allowed to its sender."""

    code, status, title = "denied", 403, "Not allowed"


class Unauthorized(Denied):
    """An API key is needed, and none was sent, or one that is not valid."""

    code, status, title = "unauthorized", 401, "An API key is needed"


class Forbidden(Denied):
    """The API key is valid, and its scopes do not include this."""

    code, title = "forbidden", "This key does not allow it"


class Unavailable(MienError):
    """A part that the request needs does not answer; nothing was accepted."""

    code, status, title = "unavailable", 503, "The service is not available"
    retry_after: ClassVar[float] = 5.0
    """Seconds in which a server that was restarted is usually back."""


class BrokerUnavailable(Unavailable):
    """Redis does not answer or refuses to store."""

    code, title = "broker_unavailable", "The job store is not reachable"


class NotReady(Unavailable):
    """A process is up and cannot do its work yet; ``checks`` says for each part it needs what is wrong with it."""

    code, title = "not_ready", "The gateway is not ready"

    def __init__(self, detail: str, *, checks: dict[str, str]) -> None:
        """Say why; `checks` goes from each part to ``ok`` or what is wrong with it."""
        super().__init__(detail)
        self.checks = checks

    @property
    def members(self) -> dict[str, object]:
        """The checks."""
        return {"checks": self.checks}


class JobFailed(MienError):
    """The job was accepted and could not be finished; stored as the job's error."""

    code, title = "job_failed", "The job failed"


class AttemptsExhausted(JobFailed):
    """Workers died or failed over this job as often as is allowed."""

    code, title = "attempts_exhausted", "The job was tried too often"


class DeadlineExceeded(JobFailed):
    """The job's own deadline passed before it was analysed."""

    code, status, title = "deadline_exceeded", 504, "The job's deadline has passed"


class JobCanceled(JobFailed):
    """The job was canceled before a worker began it."""

    code, status, title = "job_canceled", 409, "The job was canceled"


class AnalysisFailed(JobFailed):
    """The analysis raised an unexpected error; the worker's log has the traceback."""

    code, title = "analysis_failed", "The analysis failed"


class ConfigurationError(MienError):
    """A process cannot start as it is configured; the sentence names the setting and the remedy."""

    code, title = "configuration_error", "The configuration is not valid"


class InvalidWeights(ConfigurationError):
    """A weight file is missing, damaged, or not the one its card describes."""

    code, title = "invalid_weights", "A weight file cannot be used"
