"""Messages that are none, in every queue: each is reported once and skipped, no worker dies, and the others go on."""

import base64
import io
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from redis import Redis

from contracts.frames import Frame, FrameStamp
from contracts.jobs import JobState
from contracts.queues import ANALYZE_FRAME, ANALYZE_JOBS, BULK, DELIVER_WEBHOOK, INTERACTIVE, LIVE, QUEUES, WEBHOOKS
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore
from contracts.storage.wakeups import wakeup
from support.clocks import WaitFor
from support.pictures import astronaut
from support.processes import StartWorkers

THREADS, MUTATED = 2, 100
REPORTED = "cannot be read, and is thrown away"


def photo() -> bytes:
    """A real face."""
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).save(buffer, "JPEG")
    return buffer.getvalue()


def changed(**members: Any) -> bytes:
    """A message as the store sends it, but for some of its members."""
    return json.dumps(json.loads(wakeup(BULK)) | members).encode()


def body(content: bytes) -> bytes:
    """A sound envelope with another body."""
    return changed(body=base64.b64encode(content).decode())


def headed(**headers: Any) -> bytes:
    """A sound envelope and body with other headers."""
    return changed(headers=json.loads(wakeup(BULK))["headers"] | headers)


def called(task: str, *args: Any, **kwargs: Any) -> bytes:
    """A sound message that calls a task."""
    message = json.loads(wakeup(BULK))
    message["headers"]["task"] = task
    message["body"] = base64.b64encode(json.dumps([args, kwargs, {}]).encode()).decode()
    return json.dumps(message).encode()


GARBAGE = {
    "invalid JSON": b"{",
    "empty": b"",
    "a number": b"123",
    "null": b"null",
    "a list": b"[]",
    "an object without members": b"{}",
    "a text": b'"text"',
    "binary": bytes(range(256)),
    "pickled": b"\x80\x04K\x01.",
    "no properties": changed(properties=None),
    "no tag": changed(properties={}),
    "no headers": changed(headers=None),
    "headers of another kind": changed(headers=["task"]),
    "a task of another kind": headed(task=["analyze_jobs"]),
    "no id": headed(id=None),
    "no content type": changed(**{"content-type": None}),
    "another content type": changed(**{"content-type": "application/x-python-serialize"}),
    "an unknown encoding": changed(**{"content-encoding": "klingon"}),
    "an unknown compression": headed(compression="klingon"),
    "another encoding of the body": changed(properties=json.loads(wakeup(BULK))["properties"] | {"body_encoding": "x"}),
    "a body that is no base64": changed(body="%%%"),
    "a body that is no text": changed(body=17),
    "no body": changed(body=None),
    "a body that is no JSON": body(b"%%%"),
    "a body of binary": body(b"\xff\xfe\x00"),
    "a body that is no triple": body(b"[]"),
    "a body with a number for arguments": body(b"[1, {}, {}]"),
    "a body with a list for keywords": body(b'[["bulk"], [], {}]'),
    "a body with a number for what follows": body(b'[["bulk"], {}, 1]'),
    "a body that is null": body(b"null"),
    "a callback of another kind": body(b'[["bulk"], {}, {"callbacks": 1, "errbacks": 1, "chain": 1, "chord": 1}]'),
    "an unknown task": called("format_disk", BULK),
    "the older message of a job": called("analyze_job", "AAAA", "bulk"),
    "Celery's older form": json.dumps(
        {
            **json.loads(wakeup(BULK)),
            "headers": {},
            "body": base64.b64encode(
                json.dumps({"task": ANALYZE_JOBS, "id": "1", "args": [BULK], "kwargs": {}}).encode()
            ).decode(),
        }
    ).encode(),
    "too few arguments": called(ANALYZE_JOBS),
    "too many arguments": called(ANALYZE_JOBS, BULK, "more"),
    "an unknown keyword": called(ANALYZE_JOBS, BULK, more=1),
    "a queue of another kind": called(ANALYZE_JOBS, 7),
    "an unknown queue": called(ANALYZE_JOBS, "nowhere"),
    "a camera of another kind": called(ANALYZE_FRAME, {}, []),
    "a job of another kind": called(DELIVER_WEBHOOK, None),
    "a time that is none": headed(eta="tomorrow"),
    "an end that is none": headed(expires="never"),
    "retries that are none": headed(retries="many"),
}


def mutated(chance: random.Random) -> bytes:
    """A sound message with one member, at any depth, that has become something else."""
    message = json.loads(wakeup(BULK))
    part, name = message, chance.choice(list(message))
    while isinstance(part[name], dict) and part[name] and chance.random() < 0.9:
        part = part[name]
        name = chance.choice(list(part))
    part[name] = chance.choice(
        [None, True, -1, 1e308, "", "x", "\ud800", [], [[]], {}, {"__type__": "x", "__value__": 1}]
    )
    return json.dumps(message).encode()


@pytest.fixture
def dispatcher(settings: Settings) -> Any:
    dispatcher = Dispatcher(settings)
    yield dispatcher
    dispatcher.close()


def test_no_member_of_a_message_stops_a_worker_whatever_it_is(
    redis: Redis, settings: Settings, start_workers: StartWorkers, wait_for: WaitFor, tmp_path: Path
) -> None:
    (worker,) = start_workers(worker_threads=THREADS)
    chance = random.Random(14)
    for _ in range(MUTATED):
        redis.lpush(LIVE, mutated(chance))
    redis.lpush(WEBHOOKS, called(DELIVER_WEBHOOK, "of no job"))
    redis.lpush(LIVE, called(ANALYZE_FRAME, "no camera", "no token"))

    def all_taken() -> bool:
        assert worker.poll() is None, "the worker died"
        return not redis.llen(LIVE) and not redis.llen(WEBHOOKS)

    wait_for(all_taken, "every message to be taken")
    jobs = JobStore(redis, settings)
    jobs.create([photo()], BULK)
    wait_for(lambda: jobs.open_count() == 0, "the job that came after")
    assert worker.poll() is None
    log = (tmp_path / "workers-0.log").read_text()
    assert "Traceback" not in log
    assert 0 < log.count(REPORTED) < MUTATED, "some are sound all the same"


def test_a_message_that_cannot_be_read_is_reported_in_one_line_and_the_others_go_on(
    redis: Redis,
    settings: Settings,
    dispatcher: Dispatcher,
    start_workers: StartWorkers,
    wait_for: WaitFor,
    tmp_path: Path,
) -> None:
    (worker,) = start_workers(worker_threads=THREADS)
    jobs, frames = JobStore(redis, settings), FrameStore(redis, settings)
    for queue in QUEUES:
        for garbage in GARBAGE.values():
            redis.lpush(queue, garbage)

    def all_taken() -> bool:
        assert worker.poll() is None, "the worker died"
        return not any(redis.llen(queue) for queue in QUEUES)

    wait_for(all_taken, "every message to be taken", 60)
    ids = [jobs.create([photo()], queue).id for queue in (INTERACTIVE, BULK) * THREADS]
    frames.publish(Frame("cam", FrameStamp(1, 1), time.time(), photo()))
    frames.reserve_request("cam", "token")
    dispatcher.frame("cam", "token")
    wait_for(lambda: jobs.open_count() == 0 and frames.result("cam"), "the jobs and the frame that came after")

    assert Counter(jobs.get(id_).state for id_ in ids) == {JobState.SUCCEEDED: len(ids)}
    assert worker.poll() is None
    log = (tmp_path / "workers-0.log").read_text()
    assert "Traceback" not in log
    for queue in QUEUES:
        lines = [line for line in log.splitlines() if f"a message in the queue {queue} {REPORTED}" in line]
        assert len(lines) == len(GARBAGE)
