"""Webhooks of a run: workers announce and deliver them, a receiver notes what comes, an operator replays and erases."""

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final

from redis.exceptions import RedisError

from contracts.errors import MienError, WebhookNotFound
from contracts.queues import BULK, INTERACTIVE, WEBHOOKS
from contracts.settings import Settings
from contracts.storage.connections import translate_errors
from contracts.storage.erasure import JobEraser
from contracts.storage.jobs import JobStore
from contracts.storage.lanes import LaneStore
from contracts.storage.webhooks import WebhookStore
from simulation.checker import Checker
from simulation.server import Server
from simulation.world import Process, World
from workers.webhooks import WebhookSender

ADDRESS: Final = "http://receiver.example/hook"
_POSTS_S: Final = (0.01, 0.3, 3.0)
_OPERATES_EVERY_S: Final = 5.0
_PAUSED: Final = (BULK, INTERACTIVE, WEBHOOKS)
_PAUSE_S: Final = 4.0


class Receiver:
    """Answers webhooks: well, with an error, with 410, or not at all, although it has heard."""

    def __init__(self, world: World, checker: Checker) -> None:
        """Be in the mood for anything; `well` ends that."""
        self._world, self._checker = world, checker
        self.well = False

    def post(self, url: str, body: bytes, headers: Mapping[str, str], policy: object) -> int:
        """In place of `workers.outbound.post`."""
        chance = self._world.random
        self._world.sleep(chance.choice(_POSTS_S))
        mood = "204" if self.well else chance.choices(["204", "500", "410", "away", "unheard"], [6, 2, 0.3, 1, 1])[0]
        if mood == "away":
            raise TimeoutError("away")
        told = json.loads(body)["data"]
        heard = mood in ("204", "unheard")
        self._world.say(f"webhook {headers['webhook-id']} of {told['id']}, {told['state']}: {mood}")
        self._checker.ending.received(headers["webhook-id"], told, heard=heard)
        self._world.sleep(chance.choice(_POSTS_S))
        if mood == "unheard":
            raise TimeoutError("unheard")
        return int(mood)


class Deliveries:
    """A worker's part in webhooks."""

    def __init__(self, world: World, services: Any, settings: Settings, clock: Callable[[], float]) -> None:
        """Prepare; the policy of addresses plays no part."""
        self._world, self._services = world, services
        store = WebhookStore(services.redis, settings)
        policy: Any = None
        self._sender = WebhookSender(services.jobs, store, policy, clock, faces_only=False)
        self._dispatcher: Any = SimpleNamespace(webhook=self._announce)

    def announce(self) -> None:
        """As `workers.periodic` does every second."""
        self._sender.announce(self._dispatcher)
        self._sender.forget_gone()

    def deliver(self) -> None:
        """Take messages, and do what they say."""
        while True:
            try:
                found = self._services.redis.rpop(WEBHOOKS)
            except RedisError:
                self._world.sleep(1)
                continue
            if not found:
                self._world.sleep(1)
                continue
            try:
                done = self._sender.deliver(found.decode())
                self._world.say(f"{self._services.name}: webhook of {found.decode()}: {done}")
            except MienError as error:  # as WebhookSender logs it: it is announced again
                self._world.say(f"{self._services.name}: webhook of {found.decode()}: {error}")

    def _announce(self, job_id: str) -> None:
        with translate_errors():
            self._services.redis.lpush(WEBHOOKS, job_id)


class Operator:
    """Replays webhooks that were given up, erases what is old, and pauses a queue now and then."""

    def __init__(self, server: Server, settings: Settings, checker: Checker, *, pausing: bool) -> None:
        """Connect, and start; without `pausing` no queue is ever paused."""
        self._pausing = pausing
        self._world, self._checker = server.world, checker
        redis = server.client()
        self._webhooks, self._jobs = WebhookStore(redis, settings), JobStore(redis, settings)
        self._eraser, self._lanes = JobEraser(redis), LaneStore(redis, lambda: server.world.server_now)
        self.process = server.world.start(Process("operator"), self._run)

    def _run(self) -> None:
        chance = self._world.random
        if self._pausing:
            for queue in _PAUSED:  # whoever was the operator before may have ended in a pause
                self._resume(queue)
        while True:
            self._world.sleep(_OPERATES_EVERY_S)
            try:
                if self._pausing and chance.random() < 0.1:
                    self._pause()
                elif chance.random() < 0.7:
                    self._replay()
                else:
                    self._erase()
            except (MienError, WebhookNotFound) as error:
                self._world.say(f"the operator is told: {error}")

    def _replay(self) -> None:
        for dead in self._webhooks.dead()[:2]:
            self._world.say(f"the operator replays the webhook of {dead.job}")
            self._webhooks.replay(dead.job)

    def _pause(self) -> None:
        queue = self._world.random.choice(_PAUSED)
        try:
            self._lanes.pause(queue)
            self._world.say(f"the operator pauses {queue}")
            self._world.sleep(_PAUSE_S)
        finally:
            self._resume(queue)

    def _resume(self, queue: str) -> None:
        while True:
            try:
                if self._lanes.resume(queue):
                    self._world.say(f"the operator resumes {queue}")
                return
            except MienError as error:
                self._world.say(f"the operator is told: {error}")
                self._world.sleep(1)

    def _erase(self) -> None:
        seconds = self._world.random.choice([0.0, 10.0])
        self._world.say(f"the operator erases what ended {seconds:g} s ago")
        self._checker.ending.erasing_all = True
        self._eraser.erase_older(seconds)
