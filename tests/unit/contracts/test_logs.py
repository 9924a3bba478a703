"""Log lines for people and for machines, and the context that stands in both."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest

from contracts import logs
from contracts.logs import configure_logging, log_context
from contracts.settings import Settings

logger = logging.getLogger("tests.logs")


@pytest.fixture(autouse=True)
def no_context() -> Iterator[None]:
    """Nothing of what a test before this one was about: a stream that it left open keeps its request's context."""
    token = logs._CONTEXT.set({})
    yield
    logs._CONTEXT.reset(token)


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """The root logger is as it was before, after each test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def configured(stream: io.StringIO, log_format: str, log_level: str = "info") -> None:
    settings = Settings.model_validate({"log_format": log_format, "log_level": log_level})
    configure_logging(settings, "worker", stream)


def test_people_read_time_level_module_message_and_context(stream: io.StringIO) -> None:
    configured(stream, "text")
    with log_context(request_id="r1", job_id="j1"):
        logger.warning("job %s is late", "j1")
    logger.info("idle")
    late, idle = stream.getvalue().splitlines()
    assert late.endswith(" WARNING tests.logs: job j1 is late [request_id r1]"), "what the message says is not repeated"
    assert idle.endswith(" INFO    tests.logs: idle")


def test_machines_read_one_object_a_line(stream: io.StringIO) -> None:
    configured(stream, "json")
    with log_context(request_id="r1", job_id="j1", camera="hall"):
        logger.info("%d ünïcode\nlines", 2)
    line = json.loads(stream.getvalue())
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "level": "info",
        "role": "worker",
        "logger": "tests.logs",
        "event": "2 ünïcode\nlines",
        "request_id": "r1",
        "job_id": "j1",
        "camera": "hall",
    }
    assert stream.getvalue().count("\n") == 1


def test_a_traceback_is_part_of_its_line(stream: io.StringIO) -> None:
    configured(stream, "json")
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("it failed")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"]) == ("it failed", "error")
    assert line["error"].startswith("Traceback")
    assert line["error"].endswith("ValueError: broken")


def test_what_is_below_the_level_is_left_out(stream: io.StringIO) -> None:
    configured(stream, "json", "warning")
    logger.info("quiet")
    logger.warning("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


def test_contexts_nest_and_end(stream: io.StringIO) -> None:
    configured(stream, "json")
    with log_context(request_id="r1"):
        with log_context(job_id="j1"):
            logger.info("both")
        logger.info("one")
    logger.info("none")
    both, one, none = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (both["request_id"], both["job_id"]) == ("r1", "j1")
    assert (one["request_id"], "job_id" in one, "request_id" in none) == ("r1", False, False)


def test_threads_have_contexts_of_their_own(stream: io.StringIO) -> None:
    configured(stream, "json")

    def work(camera: str) -> None:
        with log_context(camera=camera):
            both_are_here.wait()
            logger.info("from %s", camera)

    both_are_here = threading.Barrier(2)
    threads = [threading.Thread(target=work, args=(camera,)) for camera in ("hall", "yard")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {(line["event"], line["camera"]) for line in lines} == {("from hall", "hall"), ("from yard", "yard")}
