"""The HTTP status and the title of every error. The rest of Mien knows codes only: HTTP is the gateway's own."""

from typing import Final, NamedTuple

from contracts import errors
from contracts.errors import MienError

REQUEST_LINE_BYTES: Final = 4_094
"""Longest method, address and version of a request; the server itself answers 414 to more."""


class Status(NamedTuple):
    """How a kind of error is answered."""

    status: int
    title: str
    """The same for every case; the error's own sentence tells the case."""


STATUSES: Final[dict[type[MienError], Status]] = {
    errors.MienError: Status(500, "Something went wrong inside Mien"),
    errors.InvalidRequest: Status(400, "The request is not valid"),
    errors.EmptyBody: Status(400, "The request has no body"),
    errors.NotJson: Status(400, "The body is not valid JSON"),
    errors.NotBase64: Status(422, "The image is not valid base64"),
    errors.NotByteValues: Status(422, "The image is not a list of byte values"),
    errors.MalformedRequest: Status(422, "The body has the wrong shape"),
    errors.UnsupportedMediaType: Status(415, "This content type is not supported"),
    errors.PayloadTooLarge: Status(413, "The request is too large"),
    errors.RequestTooSlow: Status(408, "The request took too long to arrive"),
    errors.InvalidArchive: Status(422, "The ZIP archive cannot be used"),
    errors.TooManyImages: Status(413, "The job has too many images"),
    errors.IdempotencyConflict: Status(422, "The idempotency key stands for another request"),
    errors.WebhookRefused: Status(422, "The webhook's address is not allowed"),
    errors.MethodNotAllowed: Status(405, "This method is not allowed here"),
    errors.UpgradeRequired: Status(426, "This address speaks WebSocket only"),
    errors.InvalidImage: Status(422, "The image cannot be analysed"),
    errors.NotAnImage: Status(422, "The data is not an image"),
    errors.UnsupportedImageFormat: Status(415, "This image format is not supported"),
    errors.ImageTooLarge: Status(413, "The image is too large to be decoded"),
    errors.CorruptImage: Status(422, "The image data is damaged or incomplete"),
    errors.NotFound: Status(404, "Not found"),
    errors.JobNotFound: Status(404, "No such job"),
    errors.JobGone: Status(410, "The job's result is no longer kept"),
    errors.WebhookNotFound: Status(404, "There is no such dead webhook"),
    errors.AnnotatedNotFound: Status(404, "There is no such annotated image"),
    errors.CameraNotFound: Status(404, "No such camera"),
    errors.CameraTaken: Status(409, "The camera's name is taken"),
    errors.Overloaded: Status(503, "Too much work is waiting"),
    errors.QuotaExceeded: Status(429, "Too many requests"),
    errors.Denied: Status(403, "Not allowed"),
    errors.Unauthorized: Status(401, "An API key is needed"),
    errors.Forbidden: Status(403, "This key does not allow it"),
    errors.CrossSite: Status(403, "The request comes from another site"),
    errors.Unavailable: Status(503, "The service is not available"),
    errors.BrokerUnavailable: Status(503, "The job store is not reachable"),
    errors.NoPicture: Status(503, "The camera has no picture"),
    errors.RecordUnreadable: Status(503, "A record cannot be read"),
    errors.AcceptanceUnknown: Status(503, "The job may have been accepted"),
    errors.NotReady: Status(503, "The gateway is not ready"),
    errors.JobFailed: Status(500, "The job failed"),
    errors.AttemptsExhausted: Status(500, "The job was tried too often"),
    errors.DeadlineExceeded: Status(504, "The job's deadline has passed"),
    errors.JobCanceled: Status(409, "The job was canceled"),
    errors.AnalysisFailed: Status(500, "The analysis failed"),
    errors.ConfigurationError: Status(500, "The configuration is not valid"),
    errors.InvalidWeights: Status(500, "A weight file cannot be used"),
}


def status_of(kind: type[MienError]) -> Status:
    """How this kind of error is answered; one that a package keeps for itself is answered as its nearest parent."""
    return next(STATUSES[parent] for parent in kind.__mro__ if parent in STATUSES)
