"""The OpenAPI document: every number in it is a setting's, a model's, or a limit that the gateway is seen to keep."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from api.http.endpoint import declaration_of
from api.http.problems import CONTENT_TYPE, ERRORS
from api.http.request_id import LONGEST
from api.http.statuses import STATUSES
from api.requests.options import Options
from api.server import options
from contracts.errors import ConfigurationError
from contracts.results import Message
from contracts.settings import Settings
from contracts.views import ViewOptions
from support.gateway import MakeApp

OTHERWISE: Final = {"max_job_images": 37, "max_wait_s": 41.5}
"""Settings that stand in the document, unlike their defaults."""


@pytest.fixture
def document(make_app: MakeApp) -> dict[str, Any]:
    found: dict[str, Any] = make_app(**OTHERWISE).test_client().get("/openapi.json").get_json()
    return found


def numbers(node: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Every number with its place, also those in sentences; not names of statuses."""
    if isinstance(node, dict):
        yield from chain.from_iterable(numbers(value, f"{path}/{name}") for name, value in node.items())
    elif isinstance(node, list):
        yield from chain.from_iterable(numbers(value, f"{path}/{index}") for index, value in enumerate(node))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path, node
    elif isinstance(node, str) and path.endswith(("/description", "/summary")):
        for text in re.findall(r"(?<![\w.-])\d[\d,.]*(?!\w)", node):
            yield path, float(text.rstrip(",.").replace(",", ""))


def bound(model: type[Message], field: str, constraint: str) -> float:
    """A limit of a field, as its model has it."""
    metadata = model.model_fields[field].metadata
    return next(float(getattr(one, constraint)) for one in metadata if hasattr(one, constraint))


def expected(settings: Settings) -> list[tuple[str, set[float]]]:
    """Pattern of a place → what may stand there."""
    metadata = re.search(r"([\d,]+) characters", Options.model_fields["metadata"].description or "")
    assert metadata
    deadline = {bound(Options, "deadline", "gt")}, {bound(Options, "deadline", "le")}
    return [
        (r"/paths//v1/jobs/post/summary", {1, settings.max_job_images}),
        (r"/properties/images/maxItems", {settings.max_job_images}),
        (r"/properties/images/minItems", {1}),
        (r"/oneOf/1/items/(minimum|maximum)", {0, 255}),
        (r"/oneOf/1/minItems|/oneOf/0/minLength", {1}),
        (
            r"/(video_feed|snapshot)/get/parameters/\d/.*",
            {number for _, number in numbers(ViewOptions.model_json_schema()["properties"])},
        ),
        (r"/v1/jobs/\{id\}/get/parameters/1/description", {settings.max_wait_s}),
        (r"/v1/jobs/\{id\}/get/parameters/1/schema/minimum", {0}),
        (r"/deadline/(anyOf/0/)?exclusiveMinimum|/parameters/1/schema/exclusiveMinimum", deadline[0]),
        (r"/deadline/(anyOf/0/)?maximum|/parameters/1/schema/maximum", deadline[1]),
        (r"/webhook/(anyOf/0/)?maxLength|/parameters/3/schema/maxLength", {bound(Options, "webhook", "max_length")}),
        (r"/metadata/description|/v1/jobs/post/parameters/4/description", {float(metadata[1].replace(",", ""))}),
        (r"/(detect_emotion/post/parameters/0|v1/jobs/post/parameters/7)/schema/maxLength", {255}),
        (r"/(detect_emotion/post/parameters/0|v1/jobs/post/parameters/7)/schema/minLength", {1}),
        (r"/\{id\}[^ ]*/parameters/0/schema/minLength", {1}),
        (r"/annotated/get/parameters/1/schema/minimum", {0}),
        (r"/history/get/parameters/[12]/description", {1970}),
        (r"/history/get/parameters/[12]/schema/minimum", {0}),
        (r"/responses/\d+/headers/Retry-After/schema/minimum", {1}),
        (r"/responses/414/description", {options(settings)["limit_request_line"]}),
        (r"/info/description", {1, LONGEST}),
    ]


def test_every_number_of_an_operation_is_known(document: dict[str, Any]) -> None:
    table = expected(Settings(**OTHERWISE))
    used = set()
    for path, number in numbers({name: document[name] for name in ("info", "paths")}):
        patterns = [(pattern, values) for pattern, values in table if re.search(rf"(?:{pattern})$", path)]
        assert patterns, f"{path} has the number {number:g}, which no table knows"
        assert number in patterns[0][1], path
        used.add((patterns[0][0], number))
    assert used == {(pattern, number) for pattern, values in table for number in values}


def test_every_number_of_a_schema_is_its_models(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    models = {model.__name__: model for model in _below(Message) if model.__name__ in schemas}
    assert schemas.keys() - models.keys() == {"EventKind", "JobState", "JsonValue", "LiveState"}
    for name, model in models.items():
        fresh = model.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        assert dict(numbers(fresh["properties"])) == dict(numbers(schemas[name]["properties"]))


def test_a_number_that_no_table_knows_would_be_found() -> None:
    node = {"a": {"maximum": 7, "description": "Up to 1,000 of 8.5, not mien-2.", "flag": True, "enum": ["3"]}}
    assert dict(numbers(node)) == {"/a/maximum": 7, "/a/description": 8.5}
    assert [number for _, number in numbers(node)] == [7, 1_000, 8.5]


def test_limits_that_are_no_settings_are_kept(client: FlaskClient, jpeg: bytes) -> None:
    def post(key: str, **query: str) -> int:
        headers = {"Idempotency-Key": key} if key else {}
        return client.post(
            "/v1/jobs", data=jpeg, content_type="image/jpeg", headers=headers, query_string=query
        ).status_code

    assert [post("k" * 255), post("k" * 256)] == [202, 422]
    texts = ['{"a": "' + "x" * count + '"}' for count in (8_192 - 9, 8_192 - 8)]
    assert [post("", metadata=text) for text in texts] == [202, 422]


def references(node: Any) -> Iterator[str]:
    """Everything that is referred to."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        yield from chain.from_iterable(map(references, node.values()))
    elif isinstance(node, list):
        yield from chain.from_iterable(map(references, node))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    there = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert len(set(references(document))) > 10
    assert set(references(document)) <= there


def test_every_code_and_status_of_a_problem_is_that_of_its_error(document: dict[str, Any]) -> None:
    known = {kind.code: status for kind, status in STATUSES.items()}
    ours = {kind.code for kind in STATUSES if not issubclass(kind, ConfigurationError)}
    listed = {one["code"]: (one["status"], one["title"]) for one in document["x-problems"]}
    assert len(listed) == len(document["x-problems"])
    assert {code: listed.get(code) for code in ours} == {code: tuple(known[code]) for code in ours}
    packages_own = [ERRORS[code].__module__ for code in listed.keys() - ours]
    assert [module for module in packages_own if module.startswith(("api.", "contracts."))] == []


def test_every_code_of_an_answer_stands_at_its_status(document: dict[str, Any]) -> None:
    known = {kind.code: status for kind, status in STATUSES.items()}
    seen = set()
    for operation in chain.from_iterable(methods.values() for methods in document["paths"].values()):
        for status, response in operation["responses"].items():
            if CONTENT_TYPE in response.get("content", {}):
                for code, title in re.findall(r"`(\w+)`: ([^;]+)", response["description"]):
                    assert known[code] == (int(status), title), operation["operationId"]
                    seen.add(code)
    assert len(seen) > 20


def test_titles_and_statuses_are_those_of_the_answers(client: FlaskClient, document: dict[str, Any]) -> None:
    problem = client.get("/v1/jobs/never").get_json()
    (listed,) = (one for one in document["x-problems"] if one["code"] == problem["code"])
    assert (listed["status"], listed["title"]) == (problem["status"], problem["title"])
    described = document["paths"]["/v1/jobs/{id}"]["get"]["responses"][str(problem["status"])]
    assert f"`{problem['code']}`: {problem['title']}" in described["description"]


def test_what_surrounds_a_view_is_described_where_it_applies(make_app: MakeApp, document: dict[str, Any]) -> None:
    app = make_app()
    ids = {}
    for name, view in app.view_functions.items():
        operation = declaration_of(view).operation
        if operation is not None:
            ids[operation.id] = (name, declaration_of(view))
    found = {
        operation["operationId"]: operation for methods in document["paths"].values() for operation in methods.values()
    }
    assert found.keys() == ids.keys()
    for operation_id, (_, declared) in ids.items():
        statuses = found[operation_id]["responses"].keys()
        assert ("401" in statuses) == (declared.scope is not None), operation_id
        assert ("429" in statuses) == (declared.scope is not None), "of a rate, or of wrong keys"
        assert ("requestBody" in found[operation_id]) == (declared.body is not None), operation_id


def _below(model: type[Message]) -> Iterator[type[Message]]:
    for child in model.__subclasses__():
        yield child
        yield from _below(child)
