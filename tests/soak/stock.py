"""What lies in the broker: its keys by kind, its memory without jobs, webhooks that are to come."""

import os
import subprocess
import sys
from collections import Counter
from typing import Any

import requests
from redis import Redis

from contracts.storage import keys
from support.clocks import wait_for

_OF_ONE_JOB = (["mien", "once"], ["mien", "refused"], ["mien", "claimed"], ["mien", "webhook"])


def key_names(redis: Redis) -> Counter[str]:
    """How many keys there are of each kind; those of two jobs are of the same kind."""
    found: Counter[str] = Counter()
    for key in redis.scan_iter(count=1_000):
        parts = key.decode().split(":")
        if parts[:2] == ["mien", "job"]:
            parts[2] = "…"
        elif parts[:2] in _OF_ONE_JOB:
            parts[2:] = ["…"]
        found[":".join(parts)] += 1
    return found


def erase_ended(url: str) -> None:
    """Erase jobs that have ended, as an operator does."""
    command = [sys.executable, "-m", "api", "erase", "--older-than", "0s"]
    subprocess.run(command, check=True, env=os.environ | {"MIEN_REDIS_URL": url}, stdout=subprocess.DEVNULL)


def used_bytes(redis: Redis) -> int:
    """How much memory the broker uses."""
    return int(redis.info("memory")["used_memory"])


def outcome_of(url: str, photo: bytes, hook: str) -> Any:
    """What a gateway says of a photo, by all that Mien does with one: drawn, and told to a receiver."""
    options, headers = {"annotate": "true", "webhook": hook}, {"Content-Type": "image/jpeg"}
    made = requests.post(f"{url}/v1/jobs", photo, headers=headers, params=options, timeout=30).json()

    def ended() -> dict[str, Any]:
        job: dict[str, Any] = requests.get(f"{url}/v1/jobs/{made['id']}", params={"wait": 10}, timeout=30).json()
        return job if job["state"] == "succeeded" else {}

    return wait_for(ended, "a photo to be analysed")["items"][0]["result"]


def undelivered(redis: Redis) -> int:
    """How many webhooks are to be delivered."""
    return int(redis.zcard(keys.WEBHOOKS_DUE))
