"""Every error that Mien reports, each with a stable code and a sentence for the user; one module a family.

::

    MienError                       base
    ├── InvalidRequest              requests: the request itself is wrong
    │   ├── EmptyBody, NotJson, NotBase64, NotByteValues, MalformedRequest
    │   ├── UnsupportedMediaType, PayloadTooLarge, RequestTooSlow, MethodNotAllowed,
    │   │   UpgradeRequired
    │   ├── InvalidArchive, TooManyImages, IdempotencyConflict, WebhookRefused
    │   └── InvalidImage            images: one image is wrong; its siblings are not touched
    │       └── NotAnImage, UnsupportedImageFormat, ImageTooLarge, CorruptImage
    ├── NotFound                    lookups
    │   └── JobNotFound, JobGone, AnnotatedNotFound, CameraNotFound, WebhookNotFound
    ├── CameraTaken                 lookups
    ├── Denied                      access
    │   └── Unauthorized, Forbidden, CrossSite
    ├── Overloaded                  availability: try again later; carries ``retry_after``
    │   └── QuotaExceeded           this client only
    ├── Unavailable                 availability
    │   ├── BrokerUnavailable, NotReady, NoPicture, RecordUnreadable
    │   └── AcceptanceUnknown       a broker that went away just then
    ├── JobFailed                   jobs
    │   └── AttemptsExhausted, DeadlineExceeded, AnalysisFailed, JobCanceled
    └── ConfigurationError          configuration: what an operator has to change before a process can start
        └── InvalidWeights

Codes are part of the HTTP interface and of stored results: add new ones, never rename one. Which HTTP
status an error is answered with is the gateway's: ``api/http/statuses.py``.
"""

from contracts.errors.access import CrossSite, Denied, Forbidden, Unauthorized
from contracts.errors.availability import (
    AcceptanceUnknown,
    BrokerUnavailable,
    NoPicture,
    NotReady,
    Overloaded,
    QuotaExceeded,
    RecordUnreadable,
    Unavailable,
)
from contracts.errors.base import MienError
from contracts.errors.configuration import ConfigurationError, InvalidWeights
from contracts.errors.images import CorruptImage, ImageTooLarge, InvalidImage, NotAnImage, UnsupportedImageFormat
from contracts.errors.jobs import AnalysisFailed, AttemptsExhausted, DeadlineExceeded, JobCanceled, JobFailed
from contracts.errors.lookups import (
    AnnotatedNotFound,
    CameraNotFound,
    CameraTaken,
    JobGone,
    JobNotFound,
    NotFound,
    WebhookNotFound,
)
from contracts.errors.requests import (
    EmptyBody,
    IdempotencyConflict,
    InvalidArchive,
    InvalidRequest,
    MalformedRequest,
    MethodNotAllowed,
    NotBase64,
    NotByteValues,
    NotJson,
    PayloadTooLarge,
    RequestTooSlow,
    TooManyImages,
    UnsupportedMediaType,
    UpgradeRequired,
    WebhookRefused,
)

__all__ = [
    "AcceptanceUnknown",
    "AnalysisFailed",
    "AnnotatedNotFound",
    "AttemptsExhausted",
    "BrokerUnavailable",
    "CameraNotFound",
    "CameraTaken",
    "ConfigurationError",
    "CorruptImage",
    "CrossSite",
    "DeadlineExceeded",
    "Denied",
    "EmptyBody",
    "Forbidden",
    "IdempotencyConflict",
    "ImageTooLarge",
    "InvalidArchive",
    "InvalidImage",
    "InvalidRequest",
    "InvalidWeights",
    "JobCanceled",
    "JobFailed",
    "JobGone",
    "JobNotFound",
    "MalformedRequest",
    "MethodNotAllowed",
    "MienError",
    "NoPicture",
    "NotAnImage",
    "NotBase64",
    "NotByteValues",
    "NotFound",
    "NotJson",
    "NotReady",
    "Overloaded",
    "PayloadTooLarge",
    "QuotaExceeded",
    "RecordUnreadable",
    "RequestTooSlow",
    "TooManyImages",
    "Unauthorized",
    "Unavailable",
    "UnsupportedImageFormat",
    "UnsupportedMediaType",
    "UpgradeRequired",
    "WebhookNotFound",
    "WebhookRefused",
]
