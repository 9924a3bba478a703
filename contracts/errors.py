"""Every error that Mien reports, each with a stable code and a sentence for the user.

::

    MienError
    ├── InvalidRequest              the request itself is wrong
    │   ├── EmptyBody, NotJson, NotBase64, NotByteValues, MalformedRequest, UnsupportedMediaType, PayloadTooLarge
    │   ├── RequestTooSlow, MethodNotAllowed, InvalidArchive, TooManyImages, IdempotencyConflict, WebhookRefused
    │   └── InvalidImage            one image only: NotAnImage, UnsupportedImageFormat, ImageTooLarge, CorruptImage
    ├── NotFound                    JobNotFound, JobGone, AnnotatedNotFound, CameraNotFound, WebhookNotFound
    ├── Overloaded                  try again later (``retry_after``); QuotaExceeded: this client only
    ├── Denied                      Unauthorized, Forbidden, CrossSite
    ├── Unavailable                 BrokerUnavailable, NotReady
    ├── JobFailed                   AttemptsExhausted, DeadlineExceeded, AnalysisFailed, JobCanceled
    └── ConfigurationError          what an operator has to change before a process can start; InvalidWeights

Codes are part of the HTTP interface and of stored results: add new ones, never rename one. Which HTTP
status an error is answered with is the gateway's: ``api/http/statuses.py``.
"""

from typing import ClassVar


class MienError(Exception):
    """Root of all errors raised on purpose. ``str(error)`` is a sentence for the user; never a traceback."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        """Say in a sentence what is wrong (`detail`), and with which member, parameter or setting (`field`)."""
        super().__init__(detail)
        self.detail = detail
        self.field = field

    @property
    def members(self) -> dict[str, object]:
        """Further members of this error's problem document."""
        return {}


class InvalidRequest(MienError):
    """The client has to change the request; sending it again as it is cannot succeed."""

    code = "invalid_request"


class EmptyBody(InvalidRequest):
    """Nothing was sent where an image was expected."""

    code = "empty_body"


class NotJson(InvalidRequest):
    """The body claims to be JSON and does not parse."""

    code = "not_json"


class NotBase64(InvalidRequest):
    """The text given for an image is neither base64 nor a data URI."""

    code = "not_base64"


class NotByteValues(InvalidRequest):
    """A list was given for an image, and not all its members are whole numbers from 0 to 255."""

    code = "not_byte_values"


class MalformedRequest(InvalidRequest):
    """The body parses, but has not the shape that is documented; ``field`` names the offender."""

    code = "malformed_request"


class UnsupportedMediaType(InvalidRequest):
    """The Content-Type is none of those that the address takes."""

    code = "unsupported_media_type"


class PayloadTooLarge(InvalidRequest):
    """Larger than ``MIEN_MAX_BODY_BYTES``, or as files of a job ``MIEN_MAX_JOB_BYTES``; not read to its end."""

    code = "payload_too_large"


class RequestTooSlow(InvalidRequest):
    """The body did not arrive in time."""

    code = "request_too_slow"


class InvalidArchive(InvalidRequest):
    """A ZIP that is damaged, encrypted, too large inside, or names files outside itself."""

    code = "invalid_archive"


class TooManyImages(InvalidRequest):
    """More images than one job may have."""

    code = "too_many_images"


class IdempotencyConflict(InvalidRequest):
    """An idempotency key came again with another request."""

    code = "idempotency_conflict"


class WebhookRefused(InvalidRequest):
    """A webhook's address is none that Mien calls: not HTTP, or inside a network that is not public."""

    code = "webhook_refused"


class MethodNotAllowed(InvalidRequest):
    """The address exists, and does not take this method."""

    code = "method_not_allowed"


class InvalidImage(InvalidRequest):
    """One image cannot be analysed. In a job of many images only that item fails."""

    code = "invalid_image"


class NotAnImage(InvalidImage):
    """The bytes begin like no known image format."""

    code = "not_an_image"


class UnsupportedImageFormat(InvalidImage):
    """An image, but none of JPEG, PNG and WebP."""

    code = "unsupported_image_format"


class ImageTooLarge(InvalidImage):
    """More pixels than allowed, or more scans of them, read from the structure before anything is decoded."""

    code = "image_too_large"


class CorruptImage(InvalidImage):
    """The header is fine and the rest is not: truncated or damaged data."""

    code = "corrupt_image"


class NotFound(MienError):
    """There is nothing at this address."""

    code = "not_found"


class JobNotFound(NotFound):
    """No job with this id was ever accepted here."""

    code = "job_not_found"


class JobGone(NotFound):
    """The job existed; its result has outlived its time, or was erased."""

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


class Overloaded(MienError):
    """The system holds back; ``retry_after`` says for how many seconds."""

    code = "overloaded"

    def __init__(self, detail: str, *, retry_after: float, field: str | None = None) -> None:
        """Say why, and in how many seconds (`retry_after`) to try again."""
        super().__init__(detail, field=field)
        self.retry_after = retry_after


class QuotaExceeded(Overloaded):
    """One client has asked more often than it may; others are not affected."""

    code = "quota_exceeded"


class Denied(MienError):
    """The request is understood, and not allowed to the client that sent it."""

    code = "denied"


class Unauthorized(Denied):
    """An API key is needed, and none was sent, or one that is not valid."""

    code = "unauthorized"


class Forbidden(Denied):
    """The API key is valid, and its scopes do not include this."""

    code = "forbidden"


class CrossSite(Denied):
    """A page of an origin that ``MIEN_CORS_ORIGINS`` lacks, or a name that ``MIEN_ALLOWED_HOSTS`` lacks, led here."""

    code = "cross_site"


class Unavailable(MienError):
    """A part that the request needs does not answer; nothing was accepted."""

    code = "unavailable"
    retry_after: ClassVar[float] = 5.0
    """Seconds in which a server that was restarted is usually back."""


class BrokerUnavailable(Unavailable):
    """Redis does not answer or refuses to store."""

    code = "broker_unavailable"


class NotReady(Unavailable):
    """A process is up and cannot do its work yet; ``checks`` says for each part it needs what is wrong with it."""

    code = "not_ready"

    def __init__(self, detail: str, *, checks: dict[str, str]) -> None:
        super().__init__(detail)
        self.checks = checks

    @property
    def members(self) -> dict[str, object]:
        """The checks."""
        return {"checks": self.checks}


class JobFailed(MienError):
    """The job was accepted and could not be finished; stored as the job's error."""

    code = "job_failed"


class AttemptsExhausted(JobFailed):
    """Workers died or failed over this job as often as is allowed."""

    code = "attempts_exhausted"


class DeadlineExceeded(JobFailed):
    """The job's own deadline passed before it was analysed."""

    code = "deadline_exceeded"


class JobCanceled(JobFailed):
    """The job was canceled before a worker began it."""

    code = "job_canceled"


class AnalysisFailed(JobFailed):
    """The analysis raised an unexpected error; the worker's log has the traceback."""

    code = "analysis_failed"


class ConfigurationError(MienError):
    """A process cannot start as it is configured; the sentence names the setting and the remedy."""

    code = "configuration_error"


class InvalidWeights(ConfigurationError):
    """A weight file is missing, damaged, or not the one its card describes."""

    code = "invalid_weights"
