"""``/v1/webhooks/dead``: webhooks that were given up, and another chance for them."""

from flask import Blueprint, Response

from api.http.endpoint import NO_BODY, Operation, ResponseSpec, endpoint
from api.http.responses import json_response
from api.http.scopes import Scope
from api.requests import query
from api.services import current_services
from contracts.errors import BrokerUnavailable, WebhookNotFound
from contracts.results import Message
from contracts.storage.webhooks import DeadWebhook

blueprint = Blueprint("webhooks", __name__, url_prefix="/v1/webhooks")


class DeadWebhookList(Message):
    """The webhooks that were given up, newest first."""

    webhooks: list[DeadWebhook]


class Replayed(Message):
    """The job whose webhook is tried again."""

    job: str


@blueprint.get("/dead")
@endpoint(
    scope=Scope.OPERATE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="listDeadWebhooks",
        summary="Webhooks that were given up",
        tag="operation",
        responses={200: ResponseSpec("Newest first.", DeadWebhookList)},
        errors=(BrokerUnavailable,),
    ),
)
def list_dead() -> Response:
    """Webhooks that were given up, newest first."""
    return json_response(DeadWebhookList(webhooks=current_services().webhooks.dead()))


@blueprint.post("/dead/<job_id>/replay")
@endpoint(
    scope=Scope.OPERATE,
    owned=False,
    rate_limited=False,
    body=NO_BODY,
    operation=Operation(
        id="replayWebhook",
        summary="Deliver a webhook that was given up again",
        tag="operation",
        responses={202: ResponseSpec("It will be tried again.", Replayed)},
        errors=(WebhookNotFound, BrokerUnavailable),
        parameters=(query.JOB_ID,),
    ),
)
def replay(job_id: str) -> Response:
    """Deliver a webhook again, beginning with the first attempt."""
    current_services().webhooks.replay(job_id)
    return json_response(Replayed(job=job_id), 202)
