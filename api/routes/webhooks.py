"""``/v1/webhooks/dead``: webhooks that were given up, and another chance for them."""

from flask import Blueprint, Response, jsonify

from api.services import services

blueprint = Blueprint("webhooks", __name__, url_prefix="/v1/webhooks")


@blueprint.get("/dead")
def list_dead() -> Response:
    """Webhooks that were given up, newest first."""
    return jsonify(webhooks=services().webhooks.dead())


@blueprint.post("/dead/<job_id>/replay")
def replay(job_id: str) -> tuple[Response, int]:
    """Deliver a webhook again, beginning with the first attempt."""
    services().webhooks.replay(job_id)
    return jsonify(job=job_id), 202
