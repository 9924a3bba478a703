"""What an operator does on the command line beside running the gateway."""

import argparse
from datetime import UTC, datetime
from typing import Final

from limits import parse
from redis import Redis

from api.access.keys import ApiKeyStore
from api.http.scopes import Scope
from contracts.errors import ConfigurationError
from contracts.settings import Settings
from contracts.storage.audit import AuditLog
from contracts.storage.connections import connect
from contracts.storage.durability import DurableSteps
from contracts.storage.erasure import JobEraser
from contracts.storage.events import EventStore
from contracts.storage.frames import FrameStore
from contracts.storage.history import HistoryStore
from contracts.storage.webhook_secrets import WebhookSecrets

_CHANGING: Final = frozenset({"create", "rotate", "revoke", "erase"})


def run(arguments: argparse.Namespace, settings: Settings) -> None:
    """Carry out a command."""
    redis = connect(settings.redis_url, name="mien-commands")
    durable = DurableSteps(redis, settings.durability)
    try:
        if arguments.command == "webhooks":
            _webhooks(arguments, redis)
        elif arguments.command == "erase":
            _erase(arguments, redis, settings)
        else:
            _keys(arguments, redis)
        if getattr(arguments, "action", "erase") in _CHANGING:
            durable.confirm()  # a key that was revoked, say, is not to come back with another server
    finally:
        redis.close()


def _keys(arguments: argparse.Namespace, redis: Redis) -> None:
    store = ApiKeyStore(redis)
    if arguments.action == "create":
        _check_rate(arguments.rate)
        scopes = frozenset(Scope(name) for name in arguments.scope or [Scope.ANALYZE])
        print(store.create(arguments.name, scopes, arguments.rate, arguments.expires))
    elif arguments.action == "list":
        _list(store)
    elif arguments.action == "audit":
        found = store.audit.changes if arguments.changes else store.audit.newest
        for entry in found(arguments.last):
            print(entry.model_dump_json())
    elif arguments.action == "rotate":
        token = store.rotate(arguments.id, arguments.overlap)
        if not token:
            raise ConfigurationError(f"There is no key {arguments.id}.")
        print(token)
    elif not store.revoke(arguments.id):
        raise ConfigurationError(f"There is no key {arguments.id}.")


def _webhooks(arguments: argparse.Namespace, redis: Redis) -> None:
    store, secrets = ApiKeyStore(redis), WebhookSecrets(redis)
    if arguments.key and arguments.key not in {key.id for key in store.all()}:
        raise ConfigurationError(f"There is no key {arguments.key}.")
    if arguments.action == "rotate":
        secrets.rotate(arguments.key, arguments.overlap)
        store.audit.changed("rotated", arguments.key, "secret of webhooks")
    print(secrets.current(arguments.key))


def _list(store: ApiKeyStore) -> None:
    used = store.last_uses()
    print("id            made        expires     last used         scopes                  rate          name")
    for key in store.all():
        scopes = ",".join(sorted(key.scopes))
        print(
            f"{key.id}  {_day(key.created_at)}  {_day(key.expires_at):10}  {_minute(used.get(key.id)):16}  "
            f"{scopes:22}  {key.rate or '-':12}  {key.name}"
        )


def _day(at: float | None) -> str:
    return "-" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def _minute(at: float | None) -> str:
    return "-" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def _erase(arguments: argparse.Namespace, redis: Redis, settings: Settings) -> None:
    client, seconds = arguments.client, arguments.older_than
    older = f"finished jobs that ended {seconds or 0:g} s ago or earlier"
    what = f"camera {arguments.camera}" if arguments.camera else "finished jobs of this key" if client else older
    AuditLog(redis).changed("erased", client or "", what)  # first: an erasure that is cut short has erased as well
    if arguments.camera:
        shared = settings.frame_redis_url == settings.redis_url
        frames = redis if shared else connect(settings.frame_redis_url, name="mien-commands")
        stores = FrameStore(frames, settings), HistoryStore(frames), EventStore(frames, settings)
        known = [store.erase(arguments.camera) for store in stores]
        frames.close()
        print(f"Camera {arguments.camera}: {'erased' if any(known) else 'nothing was kept'}.")
        return
    eraser = JobEraser(redis)
    erased = eraser.erase_client(client) if client else eraser.erase_older(seconds)
    print(f"{erased} finished jobs are erased, with results, annotated images and webhooks.")


def _check_rate(rate: str) -> None:
    try:
        if rate:
            parse(rate)
    except ValueError as error:
        raise ConfigurationError(f"--rate {rate}: write it like 60/minute.") from error
