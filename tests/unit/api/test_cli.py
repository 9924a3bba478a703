"""What an operator does on the command line."""

import json
import subprocess
import sys

import pytest
from redis import Redis

from api.access.keys import ApiKeyStore, id_of
from api.http.scopes import Scope
from contracts.frames import Frame, FrameStamp
from contracts.queues import BULK
from contracts.settings import Settings
from contracts.storage.frames import FrameStore
from contracts.storage.jobs import JobStore
from contracts.storage.webhook_secrets import WebhookSecrets


def command(redis_url: str, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {"MIEN_REDIS_URL": redis_url, "PATH": "/usr/bin:/bin"} | settings
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_keys_are_managed_from_the_command_line(redis_url: str, api_keys: ApiKeyStore) -> None:
    made = command(
        redis_url, "keys", "create", "the phone app", "--scope", "live", "--rate", "10/minute", "--expires", "90d"
    )
    key = api_keys.verify(made.stdout.strip())
    assert (key.name, key.scopes, key.rate) == ("the phone app", frozenset({Scope.LIVE}), "10/minute")
    assert key.expires_at == pytest.approx(key.created_at + 90 * 86_400)
    api_keys.flush()
    (line,) = command(redis_url, "keys", "list").stdout.splitlines()[1:]
    assert [key.id, "live", "10/minute", "the phone app"] == [line.split()[0], *line.split()[5:7], line[-13:]]
    rotated = command(redis_url, "keys", "rotate", key.id, "--overlap", "0m")
    assert api_keys.verify(rotated.stdout.strip()).id == key.id
    assert command(redis_url, "keys", "revoke", key.id).returncode == 0
    assert api_keys.all() == []
    for action in ("revoke", "rotate"):
        again = command(redis_url, "keys", action, key.id)
        assert (again.returncode, again.stderr) == (2, f"mien gateway: There is no key {key.id}.\n")
    lines = command(redis_url, "keys", "audit").stdout.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["created", "rotated", "revoked"]
    api_keys.audit.refused(key.id, "10.0.0.1", "wrong")
    assert command(redis_url, "keys", "audit", "--changes").stdout.splitlines() == lines


def test_secrets_of_webhooks_are_rotated_from_the_command_line(redis_url: str, redis: Redis) -> None:
    store = ApiKeyStore(redis)
    key = id_of(store.create("phone", frozenset({Scope.ANALYZE})))
    shared, own = (command(redis_url, "webhooks", "secret", *more).stdout.strip() for more in ([], ["--key", key]))
    assert shared.startswith("whsec_")
    assert own not in ("", shared)
    new = command(redis_url, "webhooks", "rotate", "--key", key, "--overlap", "1h").stdout.strip()
    assert WebhookSecrets(redis).signing(key) == [new, own]
    assert command(redis_url, "webhooks", "secret").stdout.strip() == shared
    assert command(redis_url, "webhooks", "secret", "--key", "misspelt").returncode == 2
    assert [(entry.event, entry.key) for entry in store.audit.newest(1)] == [("rotated", key)]


def test_a_time_that_is_none_is_refused(redis_url: str) -> None:
    refused = command(redis_url, "keys", "create", "x", "--expires", "soon")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "is no time" in refused.stderr


def test_finished_jobs_and_cameras_are_erased_from_the_command_line(
    redis_url: str, redis: Redis, settings: Settings
) -> None:
    jobs, frames = JobStore(redis, settings), FrameStore(redis, settings)
    for client in ("mine", "theirs", "theirs"):
        job = jobs.create([b"x"], BULK, client=client)
        jobs.claim(job.id, "worker")
        jobs.finish(job.id, "worker", [])
    frames.publish(Frame("hall", FrameStamp(1, 1), 1.0, b"picture"))
    assert "1 finished jobs are erased" in command(redis_url, "erase", "--client", "mine").stdout
    assert "0 finished jobs are erased" in command(redis_url, "erase", "--older-than", "2d").stdout
    assert "2 finished jobs are erased" in command(redis_url, "erase", "--older-than", "0s").stdout
    assert "Camera hall: erased." in command(redis_url, "erase", "--camera", "hall").stdout
    assert not list(redis.scan_iter("*hall*"))
    told = [(entry.event, entry.key, entry.what) for entry in ApiKeyStore(redis).audit.changes(10)]
    assert told == [
        ("erased", "mine", "finished jobs of this key"),
        ("erased", "", "finished jobs that ended 172800 s ago or earlier"),
        ("erased", "", "finished jobs that ended 0 s ago or earlier"),
        ("erased", "", "camera hall"),
    ]


@pytest.mark.parametrize("arguments", [[], ["--older-than", "yesterday"], ["--client", "a", "--camera", "b"]])
def test_what_is_to_be_erased_has_to_be_said(redis_url: str, arguments: list[str]) -> None:
    refused = command(redis_url, "erase", *arguments)
    assert refused.returncode == 2
    assert "erase: error" in refused.stderr
