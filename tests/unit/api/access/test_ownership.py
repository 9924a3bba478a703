"""Who may do what: every route, method, scope and owner of the running application, against what is declared."""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from api.access.keys import ApiKeyStore, id_of
from api.access.ownership import may_see
from api.http.endpoint import PUBLIC, Endpoint, declaration_of
from api.http.scopes import Scope
from contracts.jobs import Job, JobState
from contracts.queues import BULK
from contracts.storage import keys
from contracts.storage.jobs import JobStore
from support.factories import annotate
from support.gateway import MakeApp, bearer, submit

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SCOPES = [frozenset(chosen) for count in (1, 2, 3) for chosen in combinations(Scope, count)]
OWNERS = ("itself", "another", "none")
ARGUMENTS = {"index": 0, "name": "icon.svg", "code": "not_found"}


class Case(NamedTuple):
    """A request of one client."""

    rule: str
    endpoint: str
    method: str
    scopes: frozenset[Scope] | None
    """Of the client's key; None without one."""
    owner: str


def cases(app: Flask) -> Iterator[Case]:
    """Every route of the application with every method, key and owner."""
    taken = {(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    for rule in app.url_map.iter_rules():
        owners = OWNERS if declaration_of(app.view_functions[rule.endpoint]).owned else ("none",)
        for method in METHODS:
            if method not in (rule.methods or ()) and (rule.rule, method) in taken:
                continue  # another view of the same address takes it
            for scopes in (None, *SCOPES):
                for owner in owners:
                    yield Case(rule.rule, rule.endpoint, method, scopes, owner)


def expected(case: Case, declared: Endpoint, methods: set[str]) -> str:
    """What the declaration says of it: a code, or ``allowed``."""
    if case.method not in methods:
        return "method_not_allowed"
    if case.method == "OPTIONS" or declared.scope is PUBLIC:
        return "allowed"
    if case.scopes is None:
        return "unauthorized"
    allowed = {declared.scope} | ({Scope.OPERATE} if declared.owned else set())
    if not allowed & case.scopes:
        return "forbidden"
    if declared.owned and case.owner == "another" and Scope.OPERATE not in case.scopes:
        return "job_not_found"
    return "allowed"


def test_every_route_does_what_it_declares(make_app: MakeApp, api_keys: ApiKeyStore, jobs: JobStore) -> None:
    app = make_app(require_keys=True)
    tokens = {scopes: api_keys.create("-".join(sorted(scopes)), scopes) for scopes in SCOPES}
    ids = {scopes: api_keys.verify(token).id for scopes, token in tokens.items()}  # type: ignore[union-attr]
    adapter, client = app.url_map.bind("localhost"), app.test_client()
    wrong, asked = [], 0
    for case in cases(app):
        rule = next(rule for rule in app.url_map.iter_rules(case.endpoint) if rule.rule == case.rule)
        client_of_job = {"itself": ids.get(case.scopes, ""), "another": "0" * 12, "none": ""}[case.owner]  # type: ignore[arg-type]
        job = jobs.create([b"x"], BULK, client=client_of_job)
        values = {name: ARGUMENTS.get(name, job.id) for name in rule.arguments}
        address = adapter.build(rule.endpoint, values, method=next(iter(rule.methods or ())))
        headers = bearer(tokens[case.scopes]) if case.scopes else {}
        with client.open(address, method=case.method, headers=headers) as answer:
            if case.method == "HEAD":  # has no body that would tell the code
                code = {401: "unauthorized", 403: "forbidden", 405: "method_not_allowed"}.get(answer.status_code)
                code = code or ("job_not_found" if answer.status_code == 404 else "allowed")
            else:
                code = str((answer.get_json(silent=True) or {}).get("code")) if answer.status_code >= 400 else "allowed"
        declared = declaration_of(app.view_functions[case.endpoint])
        refusals = {"method_not_allowed", "unauthorized", "forbidden", "job_not_found"}
        want = expected(case, declared, rule.methods or set())
        missing = any(part in case.rule for part in ("annotated", "cameras/<", "/v1/events"))
        if case.method == "HEAD" and want == "allowed" and missing:
            continue  # 404 as well: there is no such image, or camera, or no events are kept
        asked += 1
        if answer.status_code == 500 or want != (code if code in refusals else "allowed"):
            wrong.append((case, want, code))
    assert wrong == []
    assert asked > 1_000


def test_all_views_of_one_job_are_owned(app: Flask) -> None:
    owned = {rule.rule for rule in app.url_map.iter_rules() if declaration_of(app.view_functions[rule.endpoint]).owned}
    assert owned == {
        "/v1/jobs/<job_id>",
        "/v1/jobs/<job_id>/events",
        "/v1/jobs/<job_id>/items/<int:index>/annotated",
    }


@pytest.mark.parametrize("required", [True, False])
def test_another_clients_job_is_as_if_it_had_never_been(
    make_app: MakeApp, api_keys: ApiKeyStore, jobs: JobStore, jpeg: bytes, required: bool
) -> None:
    client = make_app(require_keys=required).test_client()
    mine, other, operator = (
        bearer(api_keys.create(name, scopes))
        for name, scopes in [
            ("mine", frozenset({Scope.ANALYZE})),
            ("other", frozenset({Scope.ANALYZE, Scope.LIVE})),
            ("operator", frozenset({Scope.OPERATE})),
        ]
    )
    location, begun = (
        client.post("/v1/jobs", data=jpeg, content_type="image/jpeg", headers=mine).headers["Location"] for _ in "ab"
    )
    annotate(jobs, begun.rpartition("/")[2], b"face")
    drawn = f"{begun}/items/0/annotated"
    addresses = [("GET", location + rest) for rest in ("", "?wait=30", "/events")]
    for method, address in [*addresses, ("GET", drawn), ("DELETE", location)]:
        refused = client.open(address, method=method, headers=other)
        assert (refused.status_code, refused.get_json()["code"]) == (404, "job_not_found")
    assert client.get(location, headers=mine).get_json()["state"] == JobState.QUEUED, "and it was not canceled"
    assert client.get(drawn, headers=mine).data == b"face"
    assert client.get(location, headers=operator).status_code == 200
    if not required:
        assert client.get(location).status_code == 410, "a client without a key is another one"
    assert client.delete(location, headers=mine).status_code == 200


def test_a_photos_job_belongs_to_its_client_too(
    make_app: MakeApp, api_keys: ApiKeyStore, jobs: JobStore, jpeg: bytes
) -> None:
    token = api_keys.create("phone", frozenset({Scope.ANALYZE}))
    client = make_app(require_keys=True, sync_timeout_s=0.01).test_client()
    accepted = client.post("/detect_emotion", data=jpeg, content_type="image/jpeg", headers=bearer(token))
    key = api_keys.verify(token)
    assert key is not None
    assert jobs.get(accepted.get_json()["job"]).client == key.id


def test_jobs_without_keys_are_found_by_their_id(client: FlaskClient, jobs: JobStore, jpeg: bytes) -> None:
    job_id = submit(client, jpeg)
    assert jobs.get(job_id).client == ""
    answer = client.get(f"/v1/jobs/{job_id}")
    assert answer.status_code == 200
    assert "client" not in answer.get_json()


def test_a_job_of_before_keys_belongs_to_no_client() -> None:
    job = Job(id="x", state=JobState.QUEUED, queue=BULK, image_count=1, created_at=0)
    assert may_see(job, None)
    assert not may_see(job.model_copy(update={"client": "a"}), None)


@pytest.mark.parametrize("asker", ["another key", "no key"])
@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("GET", "/events"), ("DELETE", "")])
def test_no_answer_tells_whether_another_clients_job_is_still_kept(
    make_app: MakeApp, api_keys: ApiKeyStore, jobs: JobStore, redis: Redis, asker: str, method: str, rest: str
) -> None:
    client = make_app(require_keys=asker != "no key").test_client()
    owner = id_of(api_keys.create("owner", frozenset({Scope.ANALYZE})))
    headers = {} if asker == "no key" else bearer(api_keys.create("other", frozenset({Scope.ANALYZE})))
    job_id = jobs.create([b"x"], BULK, client=owner).id
    kept = client.open(f"/v1/jobs/{job_id}{rest}", method=method, headers=headers)
    redis.delete(keys.job(job_id))
    gone = client.open(f"/v1/jobs/{job_id}{rest}", method=method, headers=headers)
    assert (kept.status_code, told(kept)) == (gone.status_code, told(gone))
    if asker != "no key":
        never = client.open(f"/v1/jobs/never{rest}", method=method, headers=headers)
        assert (never.status_code, told(never)) == (gone.status_code, told(gone)) == (404, told(gone))
        operator = bearer(api_keys.create("operator", frozenset({Scope.OPERATE})))
        assert client.open(f"/v1/jobs/{job_id}{rest}", method=method, headers=operator).status_code == 410


def told(answer: TestResponse) -> dict[str, object]:
    """The answer without what names the request."""
    told: dict[str, object] = answer.get_json()
    return {name: value for name, value in told.items() if name not in ("instance", "request_id")}
