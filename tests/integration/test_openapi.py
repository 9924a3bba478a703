"""The description and the gateway hold each other to their word."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from api.app import create_app
from api.services import services_of
from contracts.settings import Settings

_UNDESCRIBED = ("/", "/page/", "/docs", "/openapi.json", "/problems/")


@pytest.fixture
def app(settings: Settings) -> Any:
    app = create_app(settings)
    yield app
    services_of(app).close()


def test_every_view_is_described(app: Flask) -> None:
    described = app.test_client().get("/openapi.json").get_json()
    there = {
        (method.lower(), re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule.replace("<job_id>", "<id>")))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule != "/" and not rule.rule.startswith(_UNDESCRIBED[1:])
    }
    assert there == {(method, path) for path, methods in described["paths"].items() for method in methods}


def test_every_kind_of_error_has_its_page(app: Flask) -> None:
    client = app.test_client()
    codes = [problem["code"] for problem in client.get("/openapi.json").get_json()["x-problems"]]
    assert len(codes) == len(set(codes)) > 30
    for code in codes:
        response = client.get(f"/problems/{code}")
        assert (response.status_code, response.headers["Location"]) == (303, f"/docs#{code}")
    assert client.get("/problems/unheard_of").status_code == 404


def test_schemathesis_finds_no_answer_that_is_not_described(
    start_gateway: Callable[..., Any], start_workers: Callable[..., Any]
) -> None:
    _, port = start_gateway(max_wait_s=0.1)
    start_workers()
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file"]
    command += [str(Path(__file__).with_name("schemathesis.toml")), "run", f"http://127.0.0.1:{port}/openapi.json"]
    command += ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "5", "--seed", "1"]
    command += ["--exclude-path", "/video_feed"]  # it has no end
    answer = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_the_page_about_errors_lists_them_all(app: Flask) -> None:
    page = (Path(__file__).parents[2] / "docs/errors.md").read_text()
    for problem in app.test_client().get("/openapi.json").get_json()["x-problems"]:
        assert f"| `{problem['code']}` | {problem['status']} |" in page
