"""Clients that go on whatever happens: photos that are waited for, and jobs whose results are asked for in the end."""

import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any, Self

import requests

from containers.stack import Stack

PHOTO = Path(__file__).parents[2] / "capture/sources/astronaut.jpg"


class Load:
    """Photos and jobs at a steady pace through the proxy, until the block ends."""

    def __init__(self, stack: Stack, *, photos_a_second: float = 3, jobs_a_second: float = 2) -> None:
        """Prepare the clients."""
        self._stack, self._photo = stack, PHOTO.read_bytes()
        self._pace = {"photo": 1 / photos_a_second, "job": 1 / jobs_a_second}
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._client, args=(kind, number), daemon=True)
            for kind in self._pace
            for number in range(3)
        ]
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self.accepted: list[str] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def lost(self, seconds: float = 180) -> list[str]:
        """Jobs that were accepted and have not been analysed after so long."""
        open_jobs, ends_at = set(self.accepted), time.monotonic() + seconds
        while open_jobs and time.monotonic() < ends_at:
            for job in list(open_jobs):
                answer = self._ask("GET", f"/v1/jobs/{job}")
                if answer is not None and answer.ok and answer.json()["state"] == "succeeded":
                    open_jobs.discard(job)
            time.sleep(0.5 if open_jobs else 0)  # the pace of asking: the system works beside it
        return sorted(open_jobs)

    @property
    def said(self) -> dict[str, Any]:
        """For the report."""
        return {"answers": dict(self.answers), "failed": len(self.failures), "first failures": self.failures[:5]}

    def _client(self, kind: str, number: int) -> None:
        pause = 3 * self._pace[kind]
        self._stopped.wait(pause * number / 3)
        while not self._stopped.is_set():
            began = time.monotonic()
            (self._send_photo if kind == "photo" else self._send_job)()
            self._stopped.wait(max(0.0, pause - (time.monotonic() - began)))

    def _send_photo(self) -> None:
        self._note("photo", self._ask("POST", "/detect_emotion", files={"image": self._photo}))

    def _send_job(self) -> None:
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "image/jpeg"}
        answer = self._note("job", self._ask("POST", "/v1/jobs", data=self._photo, headers=headers))
        if answer is not None and answer.status_code == 202:
            with self._lock:
                self.accepted.append(answer.json()["id"])

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response | None:
        try:
            return self._stack.request(method, path, timeout=30, **options)
        except requests.RequestException as error:
            with self._lock:
                self.failures.append(f"{time.strftime('%T')} {method} {path}: {type(error).__name__} {error}"[:300])
            return None

    def _note(self, kind: str, answer: requests.Response | None) -> requests.Response | None:
        with self._lock:
            self.answers[f"{kind} {answer.status_code if answer is not None else 'none'}"] += 1
            if answer is not None and not answer.ok:
                self.failures.append(f"{time.strftime('%T')} {kind}: {answer.status_code} {answer.text[:200]}")
        return answer
