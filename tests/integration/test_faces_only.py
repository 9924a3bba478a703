"""`MIEN_FACES_ONLY`: no way out of a running system tells an emotion."""

import io
from typing import Any

import numpy as np
import requests
from PIL import Image

from contracts.emotions import EMOTIONS
from contracts.responses import FACES_ONLY
from models.drawing import COLOURS
from support import pictures
from support.clocks import WaitFor
from support.processes import StartGateway, StartProcess, StartWorkers


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pictures.astronaut()).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def tells_no_emotion(answer: requests.Response) -> bool:
    return not any(f'"{label}"' in answer.text for label in EMOTIONS)


def test_faces_come_without_emotions_by_every_way_out(
    start_process: StartProcess, start_gateway: StartGateway, start_workers: StartWorkers, wait_for: WaitFor
) -> None:
    start_process("capture", camera_source="demo")
    _, port = start_gateway(faces_only=True)
    start_workers(faces_only=True)
    base = f"http://127.0.0.1:{port}"
    kind = {"Content-Type": "image/jpeg"}

    answer = requests.post(f"{base}/detect_emotion", data=photo(), headers=kind, timeout=60)
    found = answer.json()
    assert (found["emotion"], found["confidence"], found["model"], found["labels"]) == (None, None, "none", None)
    assert found["message"] == FACES_ONLY
    (face,) = found["faces"]
    assert (face["emotion"], face["confidence"], face["scores"]) == (None, None, {})
    assert tells_no_emotion(answer)

    job = requests.post(f"{base}/v1/jobs?annotate=true&wait=30", data=photo(), headers=kind, timeout=60).json()
    answer = requests.get(f"{base}{job['location']}?wait=30", timeout=60)
    assert answer.json()["items"][0]["result"]["faces"] == found["faces"]
    assert tells_no_emotion(answer)
    annotated = requests.get(f"{base}{answer.json()['items'][0]['annotated']}", timeout=60).content
    drawn = np.asarray(Image.open(io.BytesIO(annotated)).convert("RGB")).astype(int)
    box, colours = face["box"], (colour[::-1] for name, colour in COLOURS.items() if name != "Neutral")
    edge = drawn[box["y"] + 20 : box["y"] + box["height"] - 20, box["x"]]
    assert not any((abs(edge - colour).max(axis=1) < 40).mean() > 0.5 for colour in colours), "no emotion's colour"

    def live() -> Any:
        answer = requests.get(f"{base}/emotion_data", timeout=10)
        return answer if answer.json()["faces"] else None

    answer = wait_for(live, "a face of the camera")
    assert (answer.json()["emotion"], answer.json()["model"], answer.json()["message"]) == (None, "none", FACES_ONLY)
    assert tells_no_emotion(answer)
    assert requests.get(f"{base}/page/notice.json", timeout=10).json()["faces_only"] is True
    assert requests.get(f"{base}/openapi.json", timeout=10).json()["x-faces-only"] is True


def test_a_gateway_with_it_tells_no_emotion_and_is_not_ready_while_workers_read_them(
    start_process: StartProcess, start_gateway: StartGateway, start_workers: StartWorkers, wait_for: WaitFor
) -> None:
    start_process("capture", camera_source="demo")
    _, port = start_gateway(faces_only=True)
    start_workers()
    base, kind = f"http://127.0.0.1:{port}", {"Content-Type": "image/jpeg"}
    answer = requests.post(f"{base}/detect_emotion", data=photo(), headers=kind, timeout=60)
    assert (len(answer.json()["faces"]), answer.json()["message"]) == (1, FACES_ONLY)
    assert tells_no_emotion(answer)
    with requests.get(f"{base}/video_feed", stream=True, timeout=10) as video:
        seen = b""
        for chunk in video.iter_content(65_536):  # more than a second of it, while workers draw for this viewer
            seen += chunk
            if seen.count(b"Mien-Picture: plain") > 20:
                break
        live = requests.get(f"{base}/emotion_data", timeout=10)
    assert b"Mien-Picture: annotated" not in seen
    assert live.json()["faces"]
    assert tells_no_emotion(live)
    answer = requests.get(f"{base}/healthz", timeout=10)
    assert answer.status_code == 503
    assert "MIEN_FACES_ONLY" in answer.json()["checks"]["workers"]
