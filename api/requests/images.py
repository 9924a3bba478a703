"""The images of a request, in every form that clients send them; and the view of it for a single image.

What is read here is checked from its first bytes and never decoded.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import IO, Any, Final, NamedTuple, Protocol

from flask import Request, Response, after_this_request
from werkzeug.exceptions import RequestEntityTooLarge

from api.http.endpoint import is_json
from api.http.upload import limit_files
from api.requests.archive import ArchiveImages
from api.requests.form_images import FormImages
from api.requests.json_images import image_bytes, parse_json
from api.requests.names import file_name
from contracts import errors
from contracts.errors import EmptyBody, MalformedRequest, TooManyImages, UnsupportedMediaType
from contracts.settings import Settings
from models.images.header import read_header

FIELD: Final = "image"
_LIST: Final = "images"
FORM: Final = "multipart/form-data"
ZIP: Final = ("application/zip", "application/x-zip-compressed")
_OCTETS: Final = "application/octet-stream"
_ONE_TAKEN: Final = "an image as application/json, image/* or multipart/form-data"
_MANY_TAKEN: Final = "images as application/json, image/*, multipart/form-data or application/zip"
_IN_MEMORY: Final = 1_000_000
_CHUNK: Final = 65_536

BODY_ERRORS: Final = (
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
)
"""What can be wrong with any body."""
ARCHIVE_ERRORS: Final = (errors.InvalidArchive, errors.TooManyImages)
"""What can be wrong with several images."""


class Images(Sized, Iterable[bytes], Protocol):
    """Images that can be gone through more than once, one at a time."""

    @property
    def names(self) -> Sequence[str | None]:
        """Their file names, as far as the client gave some."""


@dataclass(frozen=True)
class ImageList:
    """Images that are in memory anyway."""

    images: Sequence[bytes]
    names: Sequence[str | None] = ()
    pixels: int | None = None
    """In all of them, where they have been looked at."""

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.images)


class Upload(NamedTuple):
    """What a body carries."""

    images: Images
    options: dict[str, Any]
    """Form fields or JSON members beside the images, unchecked."""


def read_image(request: Request, settings: Settings) -> ImageList:
    """The single-image view of `read_images`: neither archives, nor lists, nor options; of several files the first.

    Returns:
        One image, exactly as it was sent.

    Raises:
        InvalidRequest: one of `BODY_ERRORS`.
    """
    images = _read(request, settings, single=True).images
    image = next(iter(images))
    return ImageList([image], images.names[:1], check_image(image, settings))


def read_images(request: Request, settings: Settings) -> Upload:
    """All images of the request, and the options beside them in its body.

    Raises:
        InvalidRequest: one of `BODY_ERRORS` or `ARCHIVE_ERRORS`.
    """
    return _read(request, settings, single=False)


def check_image(image: bytes, settings: Settings) -> int:
    """Refuse an image that cannot be analysed, as far as its first bytes tell.

    Returns:
        How many pixels it has.

    Raises:
        EmptyBody: there are none.
        InvalidImage: one of its kinds.
    """
    if not image:
        raise EmptyBody("The request carries no image: the data is empty.")
    header = read_header(image, settings.max_pixels)
    return header.width * header.height


def _read(request: Request, settings: Settings, *, single: bool) -> Upload:
    if request.mimetype == FORM:
        if not single:
            limit_files(request, settings.max_job_images)
        return _from_form(request, FIELD if single else _LIST)
    if request.mimetype in ZIP and not single:
        stream = _spooled(request)
        return Upload(ArchiveImages(stream, max_images=settings.max_job_images, max_bytes=settings.max_job_bytes), {})
    taken = _ONE_TAKEN if single else _MANY_TAKEN
    body = _whole_body(request, taken)
    if is_json(request):
        return _from_json(parse_json(body), settings.max_job_images, single=single)
    return Upload(ImageList([_raw(request, body, taken)]), {})


def _whole_body(request: Request, taken: str) -> bytes:
    body = _all_of(request.stream)
    _refuse_more(request)
    if not body:
        raise EmptyBody(f"The request has no body; send {taken}.")
    return body


def _all_of(stream: IO[bytes]) -> bytes:
    """What werkzeug's `get_data` gives, which copies the whole body once more at the end."""
    buffer = io.BytesIO()
    while not getattr(stream, "is_exhausted", False) and (piece := stream.read(_CHUNK)):
        buffer.write(piece)
    return buffer.getvalue()  # without a copy


def _raw(request: Request, body: bytes, taken: str) -> bytes:
    kind = request.mimetype
    if kind.startswith("image/") or kind == _OCTETS:
        return body
    raise UnsupportedMediaType(f"The content type {kind or '(none)'} is not taken here; send {taken}.")


def _refuse_more(request: Request) -> None:
    """A body in chunks has no length; werkzeug stops reading at the limit and says nothing of what is left."""
    if request.content_length is None and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge


def _spooled(request: Request) -> IO[bytes]:
    """The body in a file that lives as long as the request: in memory while it is small."""
    stream: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115

    @after_this_request
    def _close(response: Response) -> Response:
        stream.close()
        return response

    while chunk := request.stream.read(_CHUNK):
        stream.write(chunk)
    if not stream.tell():
        raise EmptyBody("The request has no body; send a ZIP archive.")
    return stream


def _from_json(body: Any, most: int, *, single: bool) -> Upload:
    if not isinstance(body, dict):
        raise MalformedRequest('The body has to be a JSON object such as {"image": "..."}.')
    given = dict(body)
    if single and FIELD not in given:
        raise MalformedRequest(f'The body has no member "{FIELD}".', field=FIELD)
    if single:
        return Upload(ImageList([image_bytes(given[FIELD], FIELD)]), {})
    one, many = given.pop(FIELD, None), given.pop(_LIST, None)
    if (one is None) == (many is None):
        raise MalformedRequest(f'The body needs either "{FIELD}" or "{_LIST}".', field=_LIST)
    if one is not None:
        many = [one]
        fields = [FIELD]
    elif not isinstance(many, list) or not many:
        raise MalformedRequest(f'"{_LIST}" has to be a list with at least one image in it.', field=_LIST)
    elif len(many) > most:  # a name for each of a million would take more memory than the body
        raise TooManyImages(f"The job has {len(many)} images; {most} are allowed.")
    else:
        fields = [f"{_LIST}[{index}]" for index in range(len(many))]
    named = [_named(image, field) for image, field in zip(many, fields, strict=True)]
    return Upload(ImageList([image for image, _ in named], [name for _, name in named]), given)


def _named(value: Any, field: str) -> tuple[bytes, str | None]:
    """An image, which may come with its name: ``{"image": "...", "name": "me.jpg"}``."""
    if not isinstance(value, dict):
        return image_bytes(value, field), None
    name = value.get("name")
    if FIELD not in value or not value.keys() <= {FIELD, "name"} or not isinstance(name, str | None):
        raise MalformedRequest(f'"{field}" has to be an image, or an object of "image" and "name".', field=field)
    return image_bytes(value[FIELD], f"{field}.{FIELD}"), file_name(name)


def _from_form(request: Request, usual: str) -> Upload:
    """Files, whatever their fields are called (`usual`, as a rule); or the text field ``image``, as in JSON."""
    files = [file for _, file in request.files.items(multi=True)]
    given: dict[str, Any] = request.form.to_dict()
    _refuse_more(request)
    text = given.pop(FIELD, None)
    if files:
        images = FormImages(files)
        return Upload(ImageList(list(images), images.names) if len(files) == 1 else images, given)
    if text is not None:
        return Upload(ImageList([image_bytes(text, FIELD)]), given)
    if not given:
        raise EmptyBody("The form is empty; send images in file fields.")
    raise MalformedRequest(f'The form has no file; send one in a field named "{usual}".', field=usual)
