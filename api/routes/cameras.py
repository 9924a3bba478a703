"""Live cameras: the annotated stream, the newest emotions, and the list."""

import time

from flask import Blueprint, Response, jsonify, request

from api.live import mjpeg
from api.live.schemas import CameraAnswer, EmotionData
from api.requests.query import known_camera
from api.services import services

blueprint = Blueprint("cameras", __name__)


@blueprint.get("/video_feed")
def video_feed() -> Response:
    """The camera as Motion JPEG without end."""
    mien = services()
    camera = known_camera(request, mien.frames)
    mjpeg.prepare_socket(request.environ)
    stream = mien.video.stream(camera)
    return Response(stream, content_type=mjpeg.CONTENT_TYPE, headers=mjpeg.HEADERS, direct_passthrough=True)


@blueprint.get("/emotion_data")
def emotion_data() -> Response:
    """The camera's newest emotions, with their age and whether they are still live."""
    mien = services()
    camera = known_camera(request, mien.frames)
    data = EmotionData.read(mien.frames, camera, time.time())
    return Response(data.model_dump_json(), headers={"Cache-Control": "no-store"}, mimetype="application/json")


@blueprint.get("/v1/cameras")
def list_cameras() -> Response:
    """Cameras of the last hour, newest first."""
    mien = services()
    cameras = CameraAnswer.all(mien.frames, time.time())
    response = jsonify(cameras=[camera.model_dump(mode="json") for camera in cameras])
    response.headers["Cache-Control"] = "no-store"
    return response
