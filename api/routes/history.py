"""What cameras have shown, where their options ask for a history."""

from itertools import islice
from typing import Final

from flask import Blueprint, Response, request

from api.access.authentication import key_id
from api.http.endpoint import JSON, NO_BODY, Operation, Parameter, ResponseSpec, endpoint
from api.http.responses import NOT_STORED, json_response
from api.http.scopes import Scope
from api.live import history, history_formats
from api.live.history_schemas import ErasedHistory, HistoryData
from api.requests import query
from api.requests.offload import run_beside
from api.services import Services, current_services
from contracts.errors import BrokerUnavailable, CameraNotFound, MalformedRequest, NotFound, RecordUnreadable
from contracts.history import HistorySample

blueprint = Blueprint("history", __name__, url_prefix="/v1/cameras")

_FORMATS: Final = {"json": JSON, "csv": "text/csv; charset=utf-8", "vtt": "text/vtt; charset=utf-8"}
TRUNCATED: Final = "Mien-Truncated-At"
"""Header of an answer that tells not all that was asked for: from where to ask on."""
_SAMPLE_BYTES: Final = 200
"""As it is stored, with a face or two."""
_TEXT: Final = {"type": "string"}
_SINCE: Final = Parameter(
    name="since",
    location="query",
    schema={"type": "number", "minimum": 0},
    description=lambda _: "Seconds since 1970; default: an hour before `until`.",
)
_UNTIL: Final = Parameter(
    name="until",
    location="query",
    schema={"type": "number", "minimum": 0},
    description=lambda _: "Seconds since 1970; default: now.",
)
_FORMAT: Final = Parameter(
    name="format",
    location="query",
    schema={"type": "string", "enum": list(_FORMATS)},
    description=lambda _: "`json` (default), `csv`: a row a person and second, or `vtt`: subtitles.",
)
_DEFAULT_S: Final = 3_600.0


@blueprint.get("/<name>/history")
@endpoint(
    scope=Scope.LIVE,
    owned=False,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="getHistory",
        summary="What a camera has shown, by person and of the room, where its options ask for a history",
        tag="cameras",
        responses={
            200: ResponseSpec(
                "People with their timelines.",
                HistoryData,
                texts=("text/csv", "text/vtt"),
            )
        },
        errors=(BrokerUnavailable, CameraNotFound, MalformedRequest, NotFound, RecordUnreadable),
        parameters=(query.CAMERA_NAME, _SINCE, _UNTIL, _FORMAT),
    ),
)
def get_history(name: str) -> Response:
    """The camera's history in the form that is asked for."""
    services = current_services()
    wanted = request.args.get("format", "json")
    if wanted not in _FORMATS:
        raise MalformedRequest('"format" has to be json, csv or vtt.', field="format")
    until = query.moment(request, "until", services.history.now())
    since = query.moment(request, "since", until - _DEFAULT_S)
    if until < since:
        raise MalformedRequest('"until" is before "since".', field="until")
    _check_kept(services, query.camera_name(name))
    samples = list(islice(services.history.read(name, since, until), history.MOST_SAMPLES + 1))
    faces_only, size = services.settings.faces_only, _SAMPLE_BYTES * len(samples)
    text = run_beside(size, _told, wanted, name, samples, since, until, faces_only=faces_only)
    more = {TRUNCATED: f"{samples[-1].captured_at:.3f}"} if len(samples) > history.MOST_SAMPLES else {}
    return Response(text, headers=NOT_STORED | more, content_type=_FORMATS[wanted])


def _check_kept(services: Services, name: str) -> None:
    """Do nothing if this camera has a history, or is to have one.

    Raises:
        CameraNotFound: there is no such camera.
        NotFound: it keeps no history.
    """
    if services.history.exists(name):
        return
    if not services.frames.known(name):
        raise CameraNotFound("No camera of this name is known, nor a history of one.", field="name")
    options, status = services.frames.options(name), services.camera_statuses.get(name)
    if not (options and options.history_s) and not (status and status.history_s):
        raise NotFound(f"Camera {name} keeps no history; history_s in its table of MIEN_CAMERAS says for how long.")


def _told(wanted: str, name: str, samples: list[HistorySample], since: float, until: float, *, faces_only: bool) -> str:
    """The body of the answer; an hour of many people takes a good part of a second."""
    if faces_only:
        samples = [sample.without_emotions() for sample in samples]
    if wanted == "csv":
        return "".join(history_formats.as_csv(samples[: history.MOST_SAMPLES]))
    told = history.tell(name, samples, since, until)
    return "".join(history_formats.as_vtt(told)) if wanted == "vtt" else told.model_dump_json()


@blueprint.delete("/<name>/history")
@endpoint(
    scope=Scope.OPERATE,
    owned=False,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="eraseHistory",
        summary="Erase a camera's history and its events",
        tag="cameras",
        responses={200: ResponseSpec("Nothing of it is kept; a camera that goes on begins a new one.", ErasedHistory)},
        errors=(BrokerUnavailable, CameraNotFound),
        parameters=(query.CAMERA_NAME,),
    ),
)
def erase_history(name: str) -> Response:
    """Erase what the camera has shown, and note that it was erased."""
    services, key, name = current_services(), key_id(), query.camera_name(name)
    services.api_keys.audit.changed("erased", key, f"history of camera {name}")
    erased = [services.history.erase(name), services.events.erase(name)]
    return json_response(ErasedHistory(camera=name, erased=any(erased)), headers=NOT_STORED)
