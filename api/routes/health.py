"""Whether the gateway runs (``/livez``, ``/ping``) and whether it can do its work (``/readyz``)."""

from flask import Blueprint, Response, jsonify

from api.services import Services, services
from contracts.errors import BrokerUnavailable, NotReady
from contracts.storage.connections import check_connection

blueprint = Blueprint("health", __name__)

_OK = "ok"


@blueprint.get("/livez")
@blueprint.get("/ping")
def alive() -> Response:
    """The process answers; it says nothing of the parts behind it."""
    return jsonify(status=_OK)


@blueprint.get("/readyz")
def ready() -> Response:
    """Whether a photo sent now would be analysed; if not, why not."""
    checks = _checks(services())
    if all(verdict == _OK for verdict in checks.values()):
        return jsonify(status="ready", checks=checks)
    reasons = "; ".join(f"{part}: {verdict}" for part, verdict in checks.items() if verdict != _OK)
    raise NotReady(f"Not ready ({reasons}).", checks=checks)


def _checks(mien: Services) -> dict[str, str]:
    checks = {}
    try:
        check_connection(mien.redis)
        checks["broker"] = _OK
        checks["workers"] = _OK if mien.heartbeats.live_workers() else "no worker has reported within the last seconds"
    except BrokerUnavailable as error:
        checks["broker"] = str(error)
        checks["workers"] = "unknown while the broker does not answer"
    try:
        check_connection(mien.frame_redis)
        checks["frames"] = _OK
    except BrokerUnavailable as error:
        checks["frames"] = str(error)
    return checks
