"""What can be wrong with one image."""

from contracts.errors.requests import InvalidRequest


class InvalidImage(InvalidRequest):
    """One image cannot be analysed. In a job of many images only that item fails."""

    code = "invalid_image"


class NotAnImage(InvalidImage):
    """The bytes begin like no known image format."""

    code = "not_an_image"


class UnsupportedImageFormat(InvalidImage):
    """An image, a film or a document, but none of JPEG, PNG, WebP, AVIF and HEIC."""

    code = "unsupported_image_format"


class ImageTooLarge(InvalidImage):
    """More pixels than allowed, or more scans of them, read from the structure before anything is decoded."""

    code = "image_too_large"


class CorruptImage(InvalidImage):
    """The header is fine and the rest is not: truncated or damaged data."""

    code = "corrupt_image"
