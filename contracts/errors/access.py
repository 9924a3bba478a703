"""What a client may not do."""

from contracts.errors.base import MienError


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
