"""Messages that are none, in every queue and to all workers: each is reported once and skipped, others go on."""

import base64
import json
import random
import time
from typing import Any

import pytest

from contracts.frames import Frame, FrameStamp
from contracts.queues import ANALYZE_FRAME, ANALYZE_JOBS, BULK, DELIVER_WEBHOOK, INTERACTIVE, LIVE, QUEUES, WEBHOOKS
from contracts.settings import Settings
from contracts.storage.dispatch import Dispatcher
from contracts.storage.frames import FrameStore
from contracts.storage.wakeups import wakeup
from support.broker import Broker
from support.clocks import WaitFor
from support.faults import Measured, StartSystem, System
from support.pictures import astronaut_jpeg

MUTATED, AFTER = 100, 6
TO_ALL = "/0.celery.pidbox"
"""Celery's channel of commands."""
REPORTED = "cannot be read, and is thrown away"


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


def command(content: Any, **members: Any) -> bytes:
    """A command to all workers as Celery sends it, but for some of its members."""
    message = {
        "body": base64.b64encode(json.dumps(content).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"clock": 1, "expires": None},
        "properties": {
            "delivery_mode": 2,
            "delivery_info": {"exchange": "celery.pidbox", "routing_key": ""},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": "tag",
        },
    }
    return json.dumps(message | members).encode()


COMMANDS = {
    "invalid JSON": b"{",
    "binary": bytes(range(255, 0, -1)),
    "a number": b"123",
    "null": b"null",
    "a list": b"[]",
    "an object without members": b"{}",
    "no properties": command({"method": "ping"}, properties=None),
    "no headers": command({"method": "ping"}, headers=None),
    "a clock of another kind": command({"method": "ping"}, headers={"clock": "noon"}),
    "a body that is no base64": command({}, body="%%%"),
    "no body": command({}, body=None),
    "a body that is no object": command([]),
    "no command": command({}),
    "an unknown command": command({"method": "format_disk"}),
    "a command that changes workers": command({"method": "shutdown", "arguments": {}}),
    "arguments of another kind": command({"method": "ping", "arguments": [1]}),
    "an address of another kind": command({"method": "ping", "destination": 7}),
    "an answer to nowhere": command({"method": "ping", "reply_to": 3}),
}


def work_after(system: System) -> float:
    """Let jobs of both queues, which come now, be done; within how many seconds they were."""
    for number in range(AFTER):
        assert system.ledger.submit(priority=(INTERACTIVE, BULK)[number % 2]).status == 202
    return system.account.settle(30)


def wait_until_taken(system: System, wait_for: WaitFor) -> None:
    def all_taken() -> bool:
        assert system.workers[0].poll() is None, "the worker died"
        return not any(system.redis.llen(queue) for queue in QUEUES)

    wait_for(all_taken, "every message to be taken")


def reported(system: System, where: str) -> int:
    log = (system.logs / "workers-0.log").read_text()
    return sum(f"a message {where} {REPORTED}" in line for line in log.splitlines())


@pytest.mark.fault("What is no message is reported in one line, and skipped", "messages with one member changed")
def test_a_changed_message_ends_no_worker_whatever_it_is(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    chance = random.Random(14)
    for _ in range(MUTATED):
        system.redis.lpush(LIVE, mutated(chance))
    system.redis.lpush(WEBHOOKS, called(DELIVER_WEBHOOK, "of no job"))
    system.redis.lpush(LIVE, called(ANALYZE_FRAME, "no camera", "no token"))
    wait_until_taken(system, wait_for)
    recovered_s = work_after(system)
    skipped = reported(system, f"in the queue {LIVE}")
    assert 0 < skipped < MUTATED, "some are sound all the same"
    measured({**system.check(), "messages": MUTATED, "reported": skipped}, recovered_s)


@pytest.mark.fault("What is no message is reported in one line, and skipped", "garbage in every queue")
def test_a_message_that_cannot_be_read_is_reported_in_one_line_and_the_others_go_on(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    settings = Settings(redis_url=broker.url)
    for queue in QUEUES:
        for garbage in GARBAGE.values():
            system.redis.lpush(queue, garbage)
    wait_until_taken(system, wait_for)
    recovered_s = work_after(system)
    frames, dispatcher = FrameStore(system.redis, settings), Dispatcher(settings)
    frames.publish(Frame("cam", FrameStamp(1, 1), time.time(), astronaut_jpeg()))
    frames.reserve_request("cam", "token")
    dispatcher.frame("cam", "token")
    wait_for(lambda: frames.result("cam"), "the frame that came after")
    dispatcher.close()
    assert [reported(system, f"in the queue {queue}") for queue in QUEUES] == [len(GARBAGE)] * len(QUEUES)
    measured({**system.check(), "messages": len(QUEUES) * len(GARBAGE)}, recovered_s)


@pytest.mark.fault("What is no message is reported in one line, and skipped", "garbage in Celery's remote control")
def test_a_command_that_cannot_be_read_is_reported_in_one_line_by_each_worker(
    broker: Broker, start_system: StartSystem, measured: Measured, wait_for: WaitFor
) -> None:
    system = start_system(broker)
    wait_for(lambda: system.redis.publish(TO_ALL, command({"method": "ping"})) == 1, "the worker to listen")
    for garbage in COMMANDS.values():
        system.redis.publish(TO_ALL, garbage)
    wait_for(lambda: reported(system, "to all workers") == len(COMMANDS), "every command to be taken")
    recovered_s = work_after(system)
    assert system.redis.publish(TO_ALL, command({"method": "ping"})) == 1, "it still listens"
    measured({**system.check(), "messages": len(COMMANDS)}, recovered_s)
