"""The worker of docker-compose.gpu.yml, as far as a machine without a card can show it: on the CPU, without CUDA."""

import json
import re
import time
from typing import Any

from containers import checks
from containers.load import PHOTO
from containers.stack import Stack, run

IMAGE = "mien-worker-gpu:check"
LIMIT_MB = 1_700
"""Of the image without CUDA's libraries, above its base."""
_FILES = ("-f", "docker-compose.yml", "-f", "docker-compose.gpu.yml")
_NO_CARD = "on-the-cpu.yml"
_WITHOUT_CARD = """\
services:
  worker:
    command: [python, -P, -m, workers]
    deploy: !reset null
"""
"""No engine satisfies a reservation of a card where there is none."""


def on_the_cpu(stack: Stack) -> dict[str, Any]:
    """What the file asks an engine for; then its image is built, and its worker answers a photo, with Keras."""
    asked = {count or "all": _cards(stack, count) for count in ("", "2")}
    assert asked == {"all": -1, "2": 2}, asked
    (stack.folder / _NO_CARD).write_text(_WITHOUT_CARD)
    stack.variables["IMAGE_CUDA"] = ""
    began = time.monotonic()
    stack.compose(*_FILES, "-f", _NO_CARD, "build", "worker")
    built = time.monotonic()
    try:
        stack.compose(*_FILES, "-f", _NO_CARD, "up", "--detach", "--wait", "--no-deps", "worker")
        return {
            "built after s": round(built - began),
            "healthy after s": round(time.monotonic() - built),
            **_image(stack),
            **_answers(stack),
        }
    finally:
        stack.up("--no-deps", "worker")  # the one of docker-compose.yml again, for the other steps


def _cards(stack: Stack, count: str) -> int:
    """How many cards the engine is asked for: -1 are all."""
    stack.variables["GPU_COUNT"] = count
    said = json.loads(stack.compose(*_FILES, "config", "--format", "json"))
    stack.variables.pop("GPU_COUNT")
    (device,) = said["services"]["worker"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    return int(device["count"])


def _image(stack: Stack) -> dict[str, Any]:
    above = (checks.size(IMAGE) - checks.size(checks.BASE)) / 1e6
    assert above <= LIMIT_MB, f"{IMAGE} is {above:.0f} MB above its base"
    bill = json.loads(run(["docker", "run", "--rm", "--network=none", IMAGE, "cat", "/opt/mien/sbom.cdx.json"]))
    parts = {(part["name"], part["version"]) for part in bill["components"]}
    lock = (stack.folder / "requirements/keras.txt").read_text()
    assert parts
    assert parts <= set(re.findall(r"^(\S+)==([^\s;]+)", lock, re.M))
    assert not {name for name, _ in parts if name.startswith("nvidia-")}
    return {"above_base_mb": round(above), "parts": len(parts)}


def _answers(stack: Stack) -> dict[str, Any]:
    (worker,) = stack.containers("worker")
    assert worker["Config"]["Image"] == IMAGE
    held = checks.rights(stack)[worker["Name"].lstrip("/")]
    loaded = run(["docker", "exec", worker["Id"], "sh", "-c", "cat /proc/[0-9]*/maps"], check=False)
    assert "/tensorflow/" in loaded, "it is Keras that answers"
    answer = stack.request("POST", "/detect_emotion", files={"image": PHOTO.read_bytes()})
    assert answer.status_code == 200, answer.text
    assert answer.json()["emotion"] == "Happy"
    # One of them may end meanwhile, and the first one is the init.
    said = run(["docker", "exec", worker["Id"], "sh", "-c", "cat /proc/[0-9]*/status"], check=False)
    threads = max(map(int, re.findall(r"^Threads:\s+(\d+)", said, re.M)))
    return {"photo": answer.json()["emotion"], "rights": held, "threads": threads}
