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
from contracts.storage.webhooks import WebhookStore


def run(arguments: argparse.Namespace, settings: Settings) -> None:
    """Carry out a command."""
    redis = connect(settings.redis_url, name="mien-commands")
    try:
        if arguments.command == "webhooks":
            print(WebhookStore(redis).secret())
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


def _check_rate(rate: str) -> None:
    try:
        if rate:
            parse(rate)
    except ValueError as error:
        raise ConfigurationError(f"--rate {rate}: write it like 60/minute.") from error
