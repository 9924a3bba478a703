"""What can be wrong with a request."""

from contracts.errors.base import MienError


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


class UpgradeRequired(InvalidRequest):
    """The address speaks WebSocket, and was asked by a plain request, or in another version of the protocol."""

    code = "upgrade_required"


class MethodNotAllowed(InvalidRequest):
    """The address exists, and does not take this method."""

    code = "method_not_allowed"
