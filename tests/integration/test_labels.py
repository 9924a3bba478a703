"""`MIEN_LABELS`: which head of a network names the emotions in everything that a running system tells."""

import io
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from support import pictures
from support.clocks import WaitFor
from support.processes import StartGateway, StartProcess, StartWorkers


@pytest.mark.parametrize(("labels", "emotion"), [("fer2013", "Sad"), ("people", "Surprise")])
def test_answers_jobs_and_cameras_say_whose_labels_they_have(
    start_process: StartProcess,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    wait_for: WaitFor,
    two_headed: Path,
    labels: str,
    emotion: str,
) -> None:
    start_process("capture", camera_source="demo")
    _, port = start_gateway()
    start_workers(model=two_headed, labels=labels)
    base, kind = f"http://127.0.0.1:{port}", {"Content-Type": "image/jpeg"}
    buffer = io.BytesIO()
    Image.fromarray(pictures.astronaut()).save(buffer, "JPEG", quality=92)

    answer = requests.post(f"{base}/detect_emotion", data=buffer.getvalue(), headers=kind, timeout=60)
    found = answer.json()
    assert (found["model"], found["labels"], found["emotion"]) == ("heads-1", labels, emotion)
    assert sum(found["faces"][0]["scores"].values()) == pytest.approx(1, abs=1e-3)
    job = requests.get(f"{base}/v1/jobs/{answer.headers['Mien-Job']}", timeout=10).json()
    assert job["items"][0]["result"] == found

    def live() -> Any:
        answer = requests.get(f"{base}/emotion_data", timeout=10).json()
        return answer if answer["faces"] else None

    data = wait_for(live, "a face of the camera")
    assert (data["model"], data["labels"], data["emotion"]) == ("heads-1", labels, emotion)


def test_a_worker_whose_network_has_no_such_head_says_what_to_do_and_ends(
    start_process: StartProcess, tmp_path: Path
) -> None:
    worker = start_process("workers", model="classic-1", labels="people")
    assert worker.wait(timeout=60) == 2
    said = (tmp_path / "workers-0.log").read_text()
    assert "classic-1 has no head for people" in said
    assert "MIEN_MODEL" in said
    assert "Traceback" not in said
