"""Every operation of the interface, one entry each; ``document.py`` makes OpenAPI of them."""

from typing import Any, Final, NamedTuple

from contracts import errors
from contracts.errors import MienError
from contracts.jobs import JobState
from contracts.responses import AcceptedResponse, DetectionResponse, JobResponse
from contracts.results import Message

JSON: Final = "application/json"


class Answer(NamedTuple):
    """What a status means: a schema, or a content type of another kind, or nothing at all."""

    text: str
    schema: type[Message] | dict[str, Any] | None = None
    content: str = JSON
    headers: tuple[str, ...] = ()


class Operation(NamedTuple):
    """One method of one address."""

    method: str
    path: str
    id: str
    summary: str
    answers: dict[int, Answer]
    errors: tuple[type[MienError], ...] = ()
    parameters: tuple[str, ...] = ()
    body: str = ""
    tag: str = "jobs"


_OBJECT: Final[dict[str, Any]] = {"type": "object"}
_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "id": {"type": "string", "enum": ["1", "2", "3"]},
        "event": {"type": "string", "enum": [state.value for state in JobState]},
        "data": {
            "type": "string",
            "contentMediaType": JSON,
            "contentSchema": {"$ref": "#/components/schemas/JobResponse"},
        },
    },
}
_BODY_ERRORS: Final = (
    errors.EmptyBody,
    errors.NotJson,
    errors.NotBase64,
    errors.NotByteValues,
    errors.MalformedRequest,
    errors.UnsupportedMediaType,
    errors.PayloadTooLarge,
    errors.RequestTooSlow,
    errors.NotAnImage,
    errors.UnsupportedImageFormat,
    errors.ImageTooLarge,
    errors.CorruptImage,
    errors.IdempotencyConflict,
)
_ROOM_ERRORS: Final = (errors.Overloaded, errors.QuotaExceeded, errors.BrokerUnavailable)
_JOB_ERRORS: Final = (errors.JobNotFound, errors.JobGone, errors.QuotaExceeded, errors.BrokerUnavailable)
_ARCHIVE_ERRORS: Final = (errors.InvalidArchive, errors.TooManyImages, errors.WebhookRefused)

OPERATIONS: Final = (
    Operation(
        "post",
        "/detect_emotion",
        "detectEmotion",
        "Read the faces of one photo",
        {
            200: Answer(
                "The reading; without a face `emotion` is null and `faces` is empty.",
                DetectionResponse,
                headers=("Mien-Job",),
            ),
            202: Answer(
                "Not finished in time; the job goes on.", AcceptedResponse, headers=("Location", "Retry-After")
            ),
        },
        (*_BODY_ERRORS, errors.AnalysisFailed, errors.JobCanceled, errors.DeadlineExceeded, *_ROOM_ERRORS),
        ("Idempotency-Key",),
        "photo",
        "photos",
    ),
    Operation(
        "post",
        "/v1/jobs",
        "createJob",
        "Submit a job of 1 to 100 images",
        {
            200: Answer("The job is final already (`Prefer: wait=`).", JobResponse, headers=("Location",)),
            202: Answer("The job is durably stored.", JobResponse, headers=("Location",)),
        },
        (*_BODY_ERRORS, *_ARCHIVE_ERRORS, *_ROOM_ERRORS),
        ("priority", "deadline", "annotate", "webhook", "metadata", "Prefer", "Idempotency-Key"),
        "images",
    ),
    Operation(
        "get",
        "/v1/jobs/{id}",
        "getJob",
        "Look at a job, or wait for it",
        {200: Answer("The job as it is now.", JobResponse)},
        (errors.MalformedRequest, *_JOB_ERRORS),
        ("id", "wait"),
    ),
    Operation(
        "delete",
        "/v1/jobs/{id}",
        "cancelJob",
        "Cancel a job that no worker has begun",
        {200: Answer("The job as it is now, canceled or not.", JobResponse)},
        _JOB_ERRORS,
        ("id",),
    ),
    Operation(
        "get",
        "/v1/jobs/{id}/events",
        "followJob",
        "Follow a job's life as server-sent events",
        {
            200: Answer("One event a state, with the job as its data.", _EVENT, "text/event-stream"),
            204: Answer("The last event has been seen; stop asking."),
        },
        _JOB_ERRORS,
        ("id", "Last-Event-ID"),
    ),
    Operation(
        "get",
        "/v1/jobs/{id}/items/{index}/annotated",
        "getAnnotated",
        "An image with its boxes drawn",
        {200: Answer("The picture.", {"type": "string", "format": "binary"}, "image/jpeg")},
        (errors.AnnotatedNotFound, *_JOB_ERRORS),
        ("id", "index"),
    ),
    Operation(
        "get",
        "/emotion_data",
        "getEmotions",
        "The newest emotions of a camera",
        {200: Answer("What its newest analysed frame shows.", _OBJECT)},
        (errors.CameraNotFound, errors.BrokerUnavailable),
        ("camera",),
        tag="cameras",
    ),
    Operation(
        "get",
        "/video_feed",
        "getVideo",
        "Annotated video as Motion JPEG, without end",
        {200: Answer("Pictures.", {"type": "string", "format": "binary"}, "multipart/x-mixed-replace")},
        (errors.CameraNotFound, errors.BrokerUnavailable),
        ("camera",),
        tag="cameras",
    ),
    Operation(
        "get",
        "/v1/cameras",
        "listCameras",
        "Cameras of the last hour",
        {200: Answer("The camera with the newest frame first.", _OBJECT)},
        (errors.BrokerUnavailable,),
        tag="cameras",
    ),
    Operation(
        "get",
        "/v1/webhooks/dead",
        "listDeadWebhooks",
        "Webhooks that were given up",
        {200: Answer("Newest first.", _OBJECT)},
        (errors.BrokerUnavailable,),
        tag="operation",
    ),
    Operation(
        "post",
        "/v1/webhooks/dead/{id}/replay",
        "replayWebhook",
        "Deliver a webhook that was given up again",
        {202: Answer("It will be tried again.", _OBJECT)},
        (errors.WebhookNotFound, errors.BrokerUnavailable),
        ("id",),
        tag="operation",
    ),
    Operation("get", "/ping", "ping", "Does the process answer?", {200: Answer("It does.", _OBJECT)}, tag="operation"),
    Operation("get", "/livez", "livez", "The same", {200: Answer("It does.", _OBJECT)}, tag="operation"),
    Operation(
        "get",
        "/readyz",
        "readyz",
        "Would a photo sent now be analysed?",
        {200: Answer("It would.", _OBJECT)},
        (errors.NotReady,),
        tag="operation",
    ),
    Operation(
        "get",
        "/metrics",
        "metrics",
        "Prometheus' text format",
        {200: Answer("Counters of all processes.", {"type": "string"}, "text/plain")},
        (errors.BrokerUnavailable,),
        tag="operation",
    ),
)
