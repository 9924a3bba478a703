"""A request for a job: its images, in whatever form they come, and its options."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import IO, Any, Literal, NamedTuple, Protocol

from flask import Request, Response, after_this_request
from pydantic import Field, JsonValue, ValidationError, field_validator
from werkzeug.datastructures import FileStorage

from api.requests.archive import ArchiveImages
from api.requests.image_text import image_bytes
from api.requests.images import FIELD, TAKEN, is_json, parse_json, refuse_more
from contracts.addresses import AddressPolicy
from contracts.errors import EmptyBody, MalformedRequest, NotJson, TooManyImages, UnsupportedMediaType
from contracts.queues import BULK
from contracts.results import Message
from contracts.settings import Settings
from models.images.header import read_header

_ZIP = ("application/zip", "application/x-zip-compressed")
_IN_MEMORY = 1_000_000
_CHUNK = 65_536
_LONGEST_METADATA = 8_192


class Images(Sized, Iterable[bytes], Protocol):
    """Images that can be gone through more than once, one at a time."""


class Options(Message):
    """Options of a job: query parameters, form fields or JSON members, whichever the body has room for."""

    priority: Literal["interactive", "bulk"] = Field(BULK, description="`interactive` overtakes `bulk`.")
    deadline: float | None = Field(
        None, gt=0, le=604_800, description="Seconds from now after which the job is not worth beginning."
    )
    annotate: bool = Field(False, description="Keep each image with its boxes drawn, for as long as the result.")
    webhook: str | None = Field(
        None, max_length=2_048, pattern=r"^https?://", description="Told when the job is final."
    )
    metadata: dict[str, JsonValue] | None = Field(None, description="Echoed back with the result; a JSON object.")

    @field_validator("metadata", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        try:
            return parse_json(value.encode()) if isinstance(value, str) else value
        except NotJson as error:
            raise ValueError(str(error)) from error

    @field_validator("metadata")
    @classmethod
    def _bounded(cls, value: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        if len(json.dumps(value, ensure_ascii=False, allow_nan=False)) > _LONGEST_METADATA:  # a ValueError for 1e999
            raise ValueError(f"metadata may have {_LONGEST_METADATA} characters at most")
        return value


class JobRequest(NamedTuple):
    """What a client wants analysed, and how."""

    images: Images
    options: Options


def read_job(request: Request, settings: Settings) -> JobRequest:
    """The job that the request describes.

    A single image is checked at once. Of several, one that cannot be analysed is told with the results.

    Raises:
        InvalidRequest: one of its kinds.
    """
    if not is_json(request):
        request.max_content_length = settings.max_job_bytes
    images, given = _read(request, settings)
    if len(images) > settings.max_job_images:
        raise TooManyImages(f"The job has {len(images)} images; {settings.max_job_images} are allowed.")
    if isinstance(images, list) and len(images) == 1:
        if not images[0]:
            raise EmptyBody("The request carries no image: the data is empty.")
        read_header(images[0], settings.max_pixels)
    options = _options(given | request.args.to_dict())
    if options.webhook:
        AddressPolicy(settings.webhook_networks).check_url(options.webhook)
    return JobRequest(images, options)


def _read(request: Request, settings: Settings) -> tuple[Images, dict[str, Any]]:
    kind = request.mimetype
    if kind == "multipart/form-data":
        return _from_form(request)
    if kind in _ZIP:
        stream = _spooled(request)
        limits = {"max_images": settings.max_job_images, "max_bytes": settings.max_job_bytes}
        return ArchiveImages(stream, **limits), {}
    body = request.get_data(cache=False)
    refuse_more(request)
    if not body:
        raise EmptyBody(f"The request has no body; send images as {TAKEN} or application/zip.")
    if is_json(request):
        return _from_json(parse_json(body))
    if kind.startswith("image/") or kind == "application/octet-stream":
        return [body], {}
    raise UnsupportedMediaType(
        f"The content type {kind or '(none)'} is not taken here; send {TAKEN} or application/zip."
    )


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


def _from_json(body: Any) -> tuple[Images, dict[str, Any]]:
    if not isinstance(body, dict):
        raise MalformedRequest('The body has to be a JSON object such as {"images": ["..."]}.')
    given = dict(body)
    one, many = given.pop(FIELD, None), given.pop("images", None)
    if (one is None) == (many is None):
        raise MalformedRequest('The body needs either "image" or "images".', field="images")
    if one is not None:
        return [image_bytes(one)], given
    if not isinstance(many, list) or not many:
        raise MalformedRequest('"images" has to be a list with at least one image in it.', field="images")
    return [image_bytes(image, f"images[{index}]") for index, image in enumerate(many)], given


class _FormImages:
    """Uploaded files, which werkzeug keeps on disk when they are large."""

    def __init__(self, files: list[FileStorage]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[bytes]:
        for file in self._files:
            file.stream.seek(0)
            yield file.stream.read()


def _from_form(request: Request) -> tuple[Images, dict[str, Any]]:
    files = [file for _, file in request.files.items(multi=True)]
    given: dict[str, Any] = request.form.to_dict()
    refuse_more(request)
    text = given.pop(FIELD, None)
    if not files and text is not None:
        return [image_bytes(text)], given
    if not files:
        if not given:
            raise EmptyBody("The form is empty; send images in file fields.")
        raise MalformedRequest('The form has no file; send one or more in fields named "images".', field="images")
    return [next(iter(_FormImages(files)))] if len(files) == 1 else _FormImages(files), given


def _options(given: Mapping[str, Any]) -> Options:
    known = {name: value for name, value in given.items() if name != "wait"}
    try:
        return Options.model_validate(known)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "options"
        raise MalformedRequest(f'"{name}": {first["msg"]}.', field=name) from error
