"""The clients against a live system: JavaScript in Node, Python here."""

import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mien_client
import pytest
from PIL import Image
from standardwebhooks import Webhook, WebhookVerificationError

from support import pictures
from support.programs import NODE

CLIENTS = Path(__file__).parents[2] / "clients"


@pytest.fixture(scope="module")
def photo() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pictures.astronaut()).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


@pytest.fixture
def address(start_gateway: Callable[..., Any], start_workers: Callable[..., Any]) -> str:
    _, port = start_gateway()
    start_workers()
    return f"http://127.0.0.1:{port}"


def test_the_javascript_client(address: str, photo: bytes, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo)
    environment = os.environ | {"MIEN_URL": address, "MIEN_PHOTO": str(file)}
    command = [*NODE, "--test", "--test-reporter=tap"]
    answer = subprocess.run(command, cwd=CLIENTS / "js", env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout
    assert "# pass 6" in answer.stdout


def test_the_python_client(address: str, photo: bytes) -> None:
    with mien_client.Mien(address) as mien:
        assert len(mien.detect(photo)["faces"]) == 1
        job = mien.submit([("me.jpg", photo), b"broken"], metadata={"album": 17}, priority="interactive")
        done = mien.wait(job["id"])
        assert [bool(item["error"]) for item in done["items"]] == [False, True]
        assert [item["name"] for item in done["items"]] == ["me.jpg", "1"]
        assert done["metadata"] == {"album": 17}
        assert [event["state"] for event in mien.events(job["id"])] == ["succeeded"]
        assert mien.cancel(job["id"]) is None, "a final job is erased"
        with pytest.raises(mien_client.MienError, match="is gone"):
            mien.get(job["id"])
        with pytest.raises(mien_client.MienError, match="no image") as caught:
            mien.detect(b"not a picture")
        assert (caught.value.status, caught.value.code) == (422, "not_an_image")


def test_the_python_client_verifies_webhooks() -> None:
    from datetime import UTC, datetime

    secret, body, now = "whsec_c2VjcmV0IG9mIHNvbWUgbGVuZ3Ro", json.dumps({"type": "job.succeeded"}), datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body),
    }
    assert mien_client.verify_webhook(secret, body.encode(), headers) == {"type": "job.succeeded"}
    with pytest.raises(WebhookVerificationError):
        mien_client.verify_webhook(secret, b"{}", headers)
