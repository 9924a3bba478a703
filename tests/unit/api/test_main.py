"""How the gateway starts, and when it refuses to."""

import subprocess
import sys


def command(redis_url: str, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {"MIEN_REDIS_URL": redis_url, "PATH": "/usr/bin:/bin"} | settings
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_it_does_not_listen_to_other_machines_by_accident(redis_url: str) -> None:
    refused = command(redis_url, MIEN_HOST="0.0.0.0")
    assert refused.returncode == 2
    assert "MIEN_REQUIRE_KEYS=true" in refused.stderr
