"""What holds of the running containers, without anything being done to them."""

import json
import re
import ssl
import threading
import time
from contextlib import suppress
from typing import Any

import requests

from containers.load import PHOTO, Load
from containers.stack import FLOWER, PROJECT, PROMETHEUS, Stack, run
from support.clocks import wait_for
from support.live import unpack, watch
from support.websocket import connected

LIMITS_MB = {"gateway": 120, "worker": 350}
"""Of an image, above its base."""
BASE = "python:3.13-slim-trixie"
LOCKS = {"gateway": "api", "worker": "worker", "capture": "capture", "flower": "flower"}


def images(stack: Stack) -> dict[str, Any]:
    """Sizes above the base, labels, and the bill of materials, held against the lock file."""
    base = size(BASE)
    found: dict[str, Any] = {"base_mb": round(base / 1e6)}
    for role, lock in LOCKS.items():
        image = f"mien-{role}:check"
        above = (size(image) - base) / 1e6
        assert above <= LIMITS_MB.get(role, 1_000), f"{image} is {above:.0f} MB above its base"
        (said,) = json.loads(run(["docker", "image", "inspect", image]))
        labels = said["Config"]["Labels"]
        assert labels["org.opencontainers.image.version"] == "check", labels
        bill = json.loads(run(["docker", "run", "--rm", "--network=none", image, "cat", labels["mien.sbom"]]))
        pins = set(re.findall(r"^(\S+)==([^\s;]+)", (stack.folder / f"requirements/{lock}.txt").read_text(), re.M))
        parts = {(part["name"], part["version"]) for part in bill["components"]}
        assert parts, image
        assert parts <= pins, f"{image}: {parts - pins}"
        found[role] = {"above_base_mb": round(above), "parts": len(parts)}
    return found


def size(image: str) -> int:
    """Bytes of an image, with its base."""
    return int(run(["docker", "image", "inspect", "--format", "{{.Size}}", image]))


def rights(stack: Stack) -> dict[str, Any]:
    """No container is root, has a capability, may write its file system, or tells a password to `docker inspect`."""
    passwords = _passwords(stack)
    checked = {}
    for said in stack.containers():
        name, host, config = said["Name"].lstrip("/"), said["HostConfig"], said["Config"]
        shown = json.dumps(said)
        assert not [word for word in passwords if word in shown], f"{name} tells a password"
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"], name
        assert not host["Privileged"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["Memory"] > 0, name
        assert host["PidsLimit"] > 0, name
        status = run(["docker", "exec", said["Id"], "cat", "/proc/1/status"])
        user, rights_left = re.findall(r"^Uid:\s+(\d+)", status, re.M)[0], _caps(status)
        assert user != "0", f"{name} is root"
        assert rights_left == {0}, f"{name} has capabilities"
        checked[name] = f"user {user} ({config['User']})"
    return checked


def _caps(status: str) -> set[int]:
    return {int(value, 16) for value in re.findall(r"^Cap(?:Eff|Prm|Bnd|Amb):\s+(\w+)", status, re.M)}


def _passwords(stack: Stack) -> set[str]:
    words = set()
    for file in (stack.folder / "secrets").iterdir():
        words |= {word for word in re.split(r"[\s:/@]+", file.read_text()) if len(word) > 16}
    assert len(words) >= 4
    return words


def networks(stack: Stack) -> dict[str, Any]:
    """What clients reach does not reach Redis, and what decodes strangers' images reaches nothing outside."""
    reached = stack.compose("exec", "-T", "edge", "wget", "-T", "3", "-O-", "http://redis:6379/", check=False)
    assert reached == ""
    for name in ("data", "observe"):
        (said,) = json.loads(run(["docker", "network", "inspect", f"{PROJECT}_{name}"]))
        assert said["Internal"], name
    (edge,) = stack.containers("edge")
    assert set(edge["NetworkSettings"]["Networks"]) == {f"{PROJECT}_front"}
    code = "import socket; socket.create_connection(('192.0.2.1', 9), 3)"
    refused = stack.compose("exec", "-T", "worker", "python", "-c", f"try:\n {code}\nexcept OSError as e: print(e)")
    assert "unreachable" in refused or "timed out" in refused, refused  # by the engine's version
    return {"edge to redis": "refused", "worker to the outside": refused.strip()}


def photo_and_live(stack: Stack) -> dict[str, Any]:
    """A photo, motion JPEG and a WebSocket through TLS, verified by the proxy's authority."""
    answer = stack.request("POST", "/detect_emotion", files={"image": PHOTO.read_bytes()})
    assert answer.status_code == 200, answer.text
    assert answer.json()["emotion"] == "Happy"
    with stack.request("GET", "/video_feed", stream=True) as stream:
        body = b""
        for part in stream.iter_content(None):
            body += part
            if body.count(b"\xff\xd8\xff") >= 5:
                break
    return {"photo": answer.json()["emotion"], "pictures": body.count(b"\xff\xd8\xff"), **_socket(stack)}


def _socket(stack: Stack) -> dict[str, Any]:
    port = int(stack.variables["EDGE_HTTPS_PORT"])
    context = ssl.create_default_context(cafile=str(stack.authority))
    headers = {"Host": f"localhost:{port}", "Origin": f"https://localhost:{port}"}
    with connected(port, "/v1/live", headers, tls=context) as client:
        watch(client, camera={})
        header, jpeg = unpack(client.receive())
        while not (jpeg and header.get("faces")):
            header, jpeg = unpack(client.receive())
        return {"websocket": f"{len(header['faces'])} face in a picture of {len(jpeg)} bytes"}


def flower_cannot_control(stack: Stack) -> dict[str, Any]:
    """With the right password it shows workers, and ends none."""
    login = ("mien", stack.secret("mien_flower_password"))

    def listed() -> dict[str, Any]:
        return dict(requests.get(f"{FLOWER}/api/workers?refresh=1", auth=login, timeout=30).json())

    wait_for(listed, "Flower to list workers", 120)
    before = listed()
    for worker in before:
        answer = requests.post(f"{FLOWER}/api/worker/shutdown/{worker}", auth=login, timeout=30)
        assert answer.status_code == 403, answer.text
    assert requests.get(f"{FLOWER}/api/workers", timeout=30).status_code == 401
    time.sleep(3)  # so that a worker that obeyed all the same would have ended
    assert all(said["State"]["Running"] for said in stack.containers("worker", "webhooks"))
    return {"workers": len(before), "shutdown": 403}


def panels_have_data(stack: Stack) -> dict[str, Any]:
    """Each expression of Grafana's dashboards, while clients and a viewer come; some are empty when all is well."""
    from deploy.panels import DASHBOARDS, EMPTY_WHEN_WELL

    def empty() -> set[str]:
        asked = {one: requests.get(f"{PROMETHEUS}/api/v1/query", {"query": one}, timeout=30).json() for one in asks}
        return {one for one, said in asked.items() if not said["data"]["result"]}

    asks = {line for dashboard in DASHBOARDS for panel in dashboard.panels for line, _ in panel.lines}
    with Load(stack), stack.request("GET", "/video_feed", stream=True) as viewer:
        threading.Thread(target=_read, args=(viewer,), daemon=True).start()
        ends_at = time.monotonic() + 240
        while (found := empty()) - EMPTY_WHEN_WELL and time.monotonic() < ends_at:
            time.sleep(5)  # the pace of asking Prometheus, which scrapes every few seconds, some eighty questions
        assert found <= EMPTY_WHEN_WELL, sorted(found - EMPTY_WHEN_WELL)
        return {"expressions": len(asks), "empty, as they are when all is well": sorted(found)}


def _read(viewer: requests.Response) -> None:
    """Read until it is closed: a viewer who reads no more is dropped after five seconds."""
    with suppress(requests.RequestException, AttributeError, ValueError):
        for _ in viewer.iter_content(None):
            pass


def prometheus_sees_all(stack: Stack) -> dict[str, Any]:
    """All targets are up, none of the rules is broken, and Grafana's panels have data."""
    del stack

    def targets() -> list[dict[str, Any]]:
        answer = requests.get(f"{PROMETHEUS}/api/v1/targets", timeout=30).json()
        return list(answer["data"]["activeTargets"])

    wait_for(lambda: targets() and all(one["health"] == "up" for one in targets()), "Prometheus' targets to be up", 120)
    rules = requests.get(f"{PROMETHEUS}/api/v1/rules", timeout=30).json()["data"]["groups"]
    broken = [rule["name"] for group in rules for rule in group["rules"] if rule["health"] == "err"]
    assert not broken, broken
    return {
        "targets": {one["labels"]["job"] + " " + one["labels"]["instance"]: one["health"] for one in targets()},
        "rules": sum(len(group["rules"]) for group in rules),
    }
