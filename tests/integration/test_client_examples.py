"""The examples of the JavaScript client, run as people would: axios and React as npm has them, a live system."""

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from support import pictures
from support.programs import NODE, NPM, unavailable

JS = Path(__file__).parents[2] / "clients/js"
PHONE = Path(__file__).parent / "phone"
PATIENCE_S = 120
"""For one command; npm fetches some 20 MB."""
PACKAGES = ["axios@1", "react@19", "react-test-renderer@19", "@types/react@19", "typescript@5"]
CHECK = ["--noEmit", "--allowJs", "--checkJs", "--jsx", "react-jsx", "--module", "nodenext", "--target", "es2022"]


def run(folder: Path, command: list[str], **environment: str) -> str:
    answer = started(folder, command, **environment)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def started(folder: Path, command: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | environment
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples, beside everything that they import."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "package.json").write_text('{"type": "module"}')
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0"]
    try:
        installed = started(folder, [*NPM, "install", *options, *PACKAGES, f"file:{JS}"])
    except subprocess.TimeoutExpired:
        unavailable("The registry of npm", f"It has not answered within {PATIENCE_S} s.")
    if installed.returncode:
        unavailable("The registry of npm", f"Connect to the internet: {' '.join(installed.stderr.split())[:160]}")
    for file in [*(JS / "examples").iterdir(), *PHONE.iterdir()]:
        shutil.copy(file, folder)
    return folder


@pytest.fixture
def live(start_gateway: Callable[..., Any], start_workers: Callable[..., Any], tmp_path: Path) -> dict[str, str]:
    """A system, a photo with one face, and what Mien says of it."""
    _, port = start_gateway()
    start_workers()
    photo, buffer = tmp_path / "photo.jpg", io.BytesIO()
    Image.fromarray(pictures.astronaut()).save(buffer, "JPEG", quality=92)
    photo.write_bytes(buffer.getvalue())
    url = f"http://127.0.0.1:{port}"
    answer = requests.post(f"{url}/detect_emotion", files={"image": buffer.getvalue()}, timeout=60).json()
    assert answer["emotion"] == answer["faces"][0]["emotion"]
    return {"url": url, "photo": str(photo), "emotion": answer["emotion"], "confidence": f"{answer['confidence']:g}"}


def test_the_axios_example(folder: Path, live: dict[str, str]) -> None:
    said = run(folder, [*NODE, "axios.js", live["photo"]], MIEN_URL=live["url"])
    assert said.split() == [live["emotion"], live["confidence"]]


def test_the_react_native_example_is_well_typed_and_works(folder: Path, live: dict[str, str]) -> None:
    run(folder, [*NODE, "node_modules/typescript/bin/tsc", *CHECK, "modules.d.ts", "ReactNative.jsx"])
    said = run(folder, [*NODE, "press.mjs"], MIEN_URL=live["url"], MIEN_PHOTO=live["photo"])
    assert said.strip() == f"{live['emotion']}, {round(100 * float(live['confidence']))} %"
