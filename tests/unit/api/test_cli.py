"""What an operator does on the command line."""

import subprocess
import sys

from api.access.keys import ApiKeyStore, Scope


def command(redis_url: str, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {"MIEN_REDIS_URL": redis_url, "PATH": "/usr/bin:/bin"} | settings
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_keys_are_managed_from_the_command_line(redis_url: str, api_keys: ApiKeyStore) -> None:
    made = command(redis_url, "keys", "create", "the phone app", "--scope", "live", "--rate", "10/minute")
    key = api_keys.find(made.stdout.strip())
    assert key is not None
    assert (key.name, key.scopes, key.rate) == ("the phone app", frozenset({Scope.LIVE}), "10/minute")
    assert "the phone app" in command(redis_url, "keys", "list").stdout
    assert command(redis_url, "keys", "revoke", key.id).returncode == 0
    assert api_keys.all() == []
    again = command(redis_url, "keys", "revoke", key.id)
    assert (again.returncode, again.stderr) == (2, f"mien gateway: There is no key {key.id}.\n")
