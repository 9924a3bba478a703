"""Live cameras: the annotated stream, the newest emotions, and the list."""

from flask import Blueprint, Response, request

from api.access.authentication import client_name
from api.access.streams import while_allowed
from api.http.connection import prepare_for_stream
from api.http.endpoint import NO_BODY, Operation, ResponseSpec, endpoint
from api.http.responses import NOT_STORED, HeldStream, json_response
from api.http.scopes import Scope
from api.live import mjpeg
from api.live.cameras import CameraList
from api.live.schemas import EmotionData
from api.requests import query, views
from api.services import current_services
from contracts.errors import (
    BrokerUnavailable,
    CameraNotFound,
    MalformedRequest,
    MienError,
    NoPicture,
    Overloaded,
    QuotaExceeded,
)

blueprint = Blueprint("cameras", __name__)


@blueprint.get("/video_feed")
@endpoint(
    scope=Scope.LIVE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="getVideo",
        summary="Annotated video as Motion JPEG, without end",
        tag="cameras",
        responses={200: ResponseSpec("Pictures.", {"type": "string", "format": "binary"}, "multipart/x-mixed-replace")},
        errors=(MalformedRequest, CameraNotFound, BrokerUnavailable, Overloaded, QuotaExceeded),
        parameters=(query.CAMERA, *views.PARAMETERS, query.TOKEN),
    ),
)
def video_feed() -> Response:
    """The camera as Motion JPEG without end."""
    services = current_services()
    variant = views.variant(request.args)
    camera = query.known_camera(request, services.frames)
    leave = services.viewers.acquire(1, client_name())
    try:
        services.video.ask_for(camera, variant)
    except MienError:
        leave()
        raise
    prepare_for_stream(request.environ)
    stream = HeldStream(while_allowed(services.video.stream(camera, variant), services.api_keys), leave)
    return Response(stream, content_type=mjpeg.CONTENT_TYPE, headers=mjpeg.HEADERS, direct_passthrough=True)


@blueprint.get("/v1/cameras/<name>/snapshot")
@endpoint(
    scope=Scope.LIVE,
    owned=False,
    rate_limited=True,
    body=NO_BODY,
    operation=Operation(
        id="getSnapshot",
        summary="One picture of a camera, as it is now",
        tag="cameras",
        responses={200: ResponseSpec("The picture.", {"type": "string", "format": "binary"}, "image/jpeg")},
        errors=(MalformedRequest, CameraNotFound, NoPicture, BrokerUnavailable, Overloaded),
        parameters=(query.CAMERA_NAME, *views.PARAMETERS, query.TOKEN),
    ),
)
def snapshot(name: str) -> Response:
    """One picture, in the form of a stream with the same options."""
    services = current_services()
    variant = views.variant(request.args)
    services.video.check(name)
    with services.viewers.hold(1, client_name()):
        services.video.ask_for(name, variant)
        shown = services.video.picture(name, variant)
    response = Response(shown.jpeg, mimetype="image/jpeg", headers=NOT_STORED)
    response.headers["Mien-Picture"] = shown.kind.value
    response.headers["Mien-Sequence"] = str(shown.stamp.sequence)
    response.headers.set("Content-Disposition", "inline", filename=f"{name}-{shown.stamp.sequence}.jpg")
    return response


@blueprint.get("/emotion_data")
@endpoint(
    scope=Scope.LIVE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="getEmotions",
        summary="The newest emotions of a camera",
        tag="cameras",
        responses={200: ResponseSpec("What its newest analysed frame shows.", EmotionData)},
        errors=(CameraNotFound, BrokerUnavailable),
        parameters=(query.CAMERA,),
    ),
)
def emotion_data() -> Response:
    """The camera's newest emotions, with their age and whether they are still live."""
    services = current_services()
    camera = query.known_camera(request, services.frames)
    if camera:
        services.frames.want(camera)
    data = EmotionData.read(services.frames, camera, faces_only=services.settings.faces_only)
    return json_response(data, headers=NOT_STORED)


@blueprint.get("/v1/cameras")
@endpoint(
    scope=Scope.LIVE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="listCameras",
        summary="Cameras, and how each is",
        tag="cameras",
        responses={200: ResponseSpec("The camera with the newest frame first.", CameraList)},
        errors=(BrokerUnavailable,),
    ),
)
def list_cameras() -> Response:
    """Cameras that are known now, or were within the last hour, newest first."""
    services = current_services()
    return json_response(CameraList.read(services.frames, services.camera_statuses), headers=NOT_STORED)
