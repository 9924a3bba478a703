"""Declarations at the views: without one the application refuses to start, and a bound follows its view."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Response

from api.app import BLUEPRINTS, create_app
from api.http.endpoint import NO_BODY, PUBLIC, UNDESCRIBED, check_endpoints, declaration_of, endpoint
from api.routes import detect
from api.services import services_of
from contracts.settings import Settings


def blueprint_with(view: Callable[..., Any]) -> Blueprint:
    """A further blueprint, whose only view this is."""
    blueprint = Blueprint("further", __name__)
    blueprint.add_url_rule("/further", view.__name__, view, methods=["POST"])
    return blueprint


def forgotten() -> Response:
    """A view without a declaration."""
    return Response()


def test_a_view_without_a_declaration_ends_the_start(settings: Settings) -> None:
    with pytest.raises(TypeError, match=r"further\.forgotten declares no scope and no limits"):
        create_app(settings, (*BLUEPRINTS, blueprint_with(forgotten)))


def test_a_view_that_was_renamed_and_left_its_declaration_behind_ends_the_start(settings: Settings) -> None:
    def recognise() -> Response:
        """The view of `/detect_emotion` by another name, as after a careless edit."""
        return detect.detect_emotion()

    others = [blueprint for blueprint in BLUEPRINTS if blueprint.name != "detect"]
    with pytest.raises(TypeError, match=r"further\.recognise declares no scope"):
        create_app(settings, (*others, blueprint_with(recognise)))


@pytest.mark.parametrize("left_out", ["scope", "owned", "rate_limited", "body", "operation"])
def test_a_declaration_that_leaves_something_open_is_none(left_out: str) -> None:
    given = {"scope": PUBLIC, "owned": False, "rate_limited": False, "body": NO_BODY, "operation": UNDESCRIBED}
    given.pop(left_out)
    with pytest.raises(TypeError, match=left_out):
        endpoint(**given)  # type: ignore[arg-type]


def test_a_renamed_view_keeps_its_scope_its_rate_and_its_body_limit(
    settings: Settings, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detect.detect_emotion, "__name__", "recognise")
    others = [blueprint for blueprint in BLUEPRINTS if blueprint.name != "detect"]
    blueprints = (*others, blueprint_with(detect.detect_emotion))
    limits = {"require_keys": True, "max_body_bytes": 100}
    app = create_app(settings.model_copy(update=limits), blueprints)
    refused = app.test_client().post("/further", data=jpeg, content_type="image/jpeg")
    assert (refused.status_code, refused.get_json()["code"]) == (401, "unauthorized")
    services_of(app).close()
    limits = {"rate_limit": "1/hour", "max_body_bytes": 100}
    app = create_app(settings.model_copy(update=limits), blueprints)
    answers = [app.test_client().post("/further", data=jpeg, content_type="image/jpeg") for _ in range(2)]
    assert [answer.get_json()["code"] for answer in answers] == ["payload_too_large", "quota_exceeded"]
    services_of(app).close()


def test_every_view_of_the_gateway_has_decided(make_app: Callable[..., Any]) -> None:
    app = make_app()
    check_endpoints(app)
    declared = {name: declaration_of(view) for name, view in app.view_functions.items()}
    assert len(declared) > 20
    public = {name for name, one in declared.items() if one.scope is PUBLIC}
    assert public == {name for name in declared if name.partition(".")[0] in ("docs", "health")}
    assert {name for name, one in declared.items() if one.body} == {"detect.detect_emotion", "jobs.create_job"}
    limited = {name for name in declared if name.partition(".")[0] in ("detect", "history", "ingest", "jobs")}
    limited |= {"live.live_token", "cameras.snapshot"}
    assert {name for name, one in declared.items() if one.rate_limited} == limited
