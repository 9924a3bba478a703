"""What an operator does on the command line beside running the gateway."""

import argparse
from datetime import UTC, datetime

from limits import parse
from redis import Redis

from api.access.keys import ApiKeyStore
from api.http.endpoint import Scope
from contracts.errors import ConfigurationError
from contracts.settings import Settings
from contracts.storage.connections import connect
from contracts.storage.erasure import JobEraser
from contracts.storage.frames import FrameStore
from contracts.storage.webhooks import WebhookStore


def run(arguments: argparse.Namespace, settings: Settings) -> None:
    """Carry out a command."""
    redis = connect(settings.redis_url, name="mien-commands")
    try:
        if arguments.command == "webhooks":
            print(WebhookStore(redis).secret())
        elif arguments.command == "erase":
            _erase(arguments, redis, settings)
        else:
            _keys(arguments, redis)
    finally:
        redis.close()


def _keys(arguments: argparse.Namespace, redis: Redis) -> None:
    store = ApiKeyStore(redis)
    if arguments.action == "create":
        _check_rate(arguments.rate)
        scopes = frozenset(Scope(name) for name in arguments.scope or [Scope.ANALYZE])
        print(store.create(arguments.name, scopes, arguments.rate))
    elif arguments.action == "list":
        for key in store.all():
            made = datetime.fromtimestamp(key.created_at, UTC).date()
            print(f"{key.id}  {made}  {','.join(sorted(key.scopes)):22}  {key.rate or '-':12}  {key.name}")
    elif not store.revoke(arguments.id):
        raise ConfigurationError(f"There is no key {arguments.id}.")


def _erase(arguments: argparse.Namespace, redis: Redis, settings: Settings) -> None:
    if arguments.camera:
        shared = settings.frame_redis_url == settings.redis_url
        frames = redis if shared else connect(settings.frame_redis_url, name="mien-commands")
        known = FrameStore(frames, settings).erase(arguments.camera)
        frames.close()
        print(f"Camera {arguments.camera}: {'erased' if known else 'nothing was kept'}.")
        return
    eraser = JobEraser(redis)
    client, seconds = arguments.client, arguments.older_than
    erased = eraser.erase_client(client) if client else eraser.erase_older(seconds)
    print(f"{erased} finished jobs are erased, with results, annotated images and webhooks.")


def _check_rate(rate: str) -> None:
    try:
        if rate:
            parse(rate)
    except ValueError as error:
        raise ConfigurationError(f"--rate {rate}: write it like 60/minute.") from error
