"""Clients of a system whose parts are being replaced: they use what there is, and write down every answer."""

import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import requests

CAMERA: Final = "hall"
LOOKS: Final = (
    "/v1/status",
    "/metrics",
    "/v1/cameras",
    f"/v1/cameras/{CAMERA}/history",
    f"/v1/cameras/{CAMERA}/snapshot",
    f"/emotion_data?camera={CAMERA}",
    "/v1/webhooks/dead",
    "/livez",
)
"""Everything that shows what other processes have stored."""
_PAUSE_S: Final = 0.2
"""Between two requests of a client: more of them would only fill the queues."""


class Answer(NamedTuple):
    """One answer."""

    gateway: str
    address: str
    status: int
    at: float
    """When it came, by the monotonic clock."""
    text: str
    """Of what went wrong."""


class Traffic:
    """Photos, jobs with all of their options, looks at everything, and viewers, through the gateways in service."""

    def __init__(self, photo: bytes, webhook: str) -> None:
        """Prepare clients; no gateway is in service yet.

        Args:
            photo: a JPEG with a face.
            webhook: the address that each job tells of its end.
        """
        self._photo, self._webhook = photo, webhook
        self._numbers, self._stop = itertools.count(), threading.Event()
        self._clients: list[Future[None]] = []
        self.gateways: Sequence[str] = ()
        """Addresses of those that are in service: what a load balancer would know."""
        self.without_camera: list[tuple[float, float]] = []
        """From when to when the camera's process was being replaced: then it has no picture, and says so."""
        self.answers: list[Answer] = []
        self.models: list[tuple[float, str]] = []
        """When each photo was answered with a result, and of which network."""
        self.accepted: set[str] = set()
        """Ids of jobs."""
        self.announced: set[str] = set()
        """Ids of those that have a webhook."""
        self.read: set[str] = set()
        """Ids of those whose result, with its pictures, a client has read."""
        self.pictures: list[tuple[float, str]] = []
        """When each analysed picture of the camera came, and through which gateway."""

    @contextmanager
    def running(self) -> Iterator["Traffic"]:
        """Work while the block runs; what went wrong in a client is raised at its end."""
        works = (self._send_photo, self._send_job, self._send_job, self._look)
        with ThreadPoolExecutor(len(works) + 1) as pool:
            self._clients = [*(pool.submit(self._repeat, work) for work in works), pool.submit(self._watch)]
            try:
                yield self
            finally:
                self._stop.set()
        self._raise_what_went_wrong()

    def _raise_what_went_wrong(self) -> None:
        for client in self._clients:
            if client.done():
                client.result()

    @property
    def failed(self) -> list[Answer]:
        """Answers with which a client can do nothing."""
        return [answer for answer in list(self.answers) if answer.status >= 400 and not self._expected(answer)]

    def _expected(self, answer: Answer) -> bool:
        away = any(began < answer.at < ended for began, ended in self.without_camera)
        return away and '"no_picture"' in answer.text

    def counted(self) -> Counter[str]:
        """What was done, for the record."""
        return Counter(
            answers=len(self.answers),
            errors=len(self.failed),
            jobs=len(self.accepted),
            read=len(self.read),
            pictures=len(self.pictures),
        )

    def went_on(self, since: float) -> bool:
        """Whether each kind of client has had answers of all gateways in service, after this time."""
        self._raise_what_went_wrong()
        asked = {(one.gateway, one.address) for one in list(self.answers) if one.at > since}
        wanted = ("/detect_emotion", "/v1/jobs", *LOOKS)
        answered = all((gateway, address) in asked for gateway in self.gateways for address in wanted)
        return answered and any(at > since for at, _ in list(self.pictures))

    def _repeat(self, work: Callable[[requests.Session], None]) -> None:
        while not self._stop.is_set():
            with requests.Session() as session:
                work(session)
            self._stop.wait(_PAUSE_S)

    def _gateway(self) -> str:
        return random.choice(self.gateways)

    def _ask(self, session: requests.Session, method: str, address: str, **options: Any) -> requests.Response:
        gateway = self._gateway()
        answer = session.request(method, gateway + address, timeout=60, **options)
        text = answer.text if answer.status_code >= 400 else ""
        self.answers.append(Answer(gateway, address, answer.status_code, time.monotonic(), text))
        return answer

    def _send_photo(self, session: requests.Session) -> None:
        headers = {"Content-Type": "image/jpeg"}
        answer = self._ask(session, "POST", "/detect_emotion", data=self._photo, headers=headers)
        if answer.status_code == 200:
            assert len(answer.json()["faces"]) == 1, answer.text
            self.models.append((time.monotonic(), answer.json()["model"]))
        elif answer.status_code == 202:  # its gateway was told to end meanwhile, or the machine has little time
            self.accepted.add(answer.json()["job"])
            self._read_result(session, answer.json()["job"], pictures=False)

    def _send_job(self, session: requests.Session) -> None:
        number = next(self._numbers)
        fields = {
            "annotate": "true",
            "blur": "true" if number % 2 else "false",
            "webhook": self._webhook,
            "metadata": json.dumps({"number": number}),
        }
        files = [("images", (f"{index}.jpg", self._photo, "image/jpeg")) for index in range(2)]
        headers = {"Idempotency-Key": f"job-{number}"}
        answer = self._ask(session, "POST", "/v1/jobs", data=fields, files=files, headers=headers)
        if answer.status_code in (200, 202):
            self.accepted.add(answer.json()["id"])
            self.announced.add(answer.json()["id"])
            again = self._ask(session, "POST", "/v1/jobs", data=fields, files=files, headers=headers)
            assert again.json()["id"] == answer.json()["id"], (
                "sent again, perhaps to another gateway, it is the same job"
            )
            self._read_result(session, answer.json()["id"], pictures=True)

    def _read_result(self, session: requests.Session, job_id: str, *, pictures: bool) -> None:
        job = {"state": ""}
        while job["state"] != "succeeded":
            answer = self._ask(session, "GET", f"/v1/jobs/{job_id}?wait=5")
            if answer.status_code != 200:
                return
            job = answer.json()
            assert job["state"] in ("queued", "running", "succeeded"), job
        assert all(len(item["result"]["faces"]) == 1 for item in job["items"]), job
        drawn = range(len(job["items"])) if pictures else ()
        for index in drawn:
            answer = self._ask(session, "GET", f"/v1/jobs/{job_id}/items/{index}/annotated")
            assert answer.content.startswith(b"\xff\xd8"), answer.status_code
        self.read.add(job_id)

    def _look(self, session: requests.Session) -> None:
        for address in LOOKS:
            self._ask(session, "GET", address)

    def _watch(self) -> None:
        """Watch the camera; a stream that ends, because its gateway does, is opened anew at another one."""
        while not self._stop.is_set():
            gateway = self._gateway()
            address = f"/video_feed?camera={CAMERA}"
            with requests.get(gateway + address, stream=True, timeout=60) as answer:
                self.answers.append(Answer(gateway, address, answer.status_code, time.monotonic(), ""))
                for data in answer.iter_content(None):
                    self.pictures += [(time.monotonic(), gateway)] * data.count(b"Mien-Picture: annotated")
                    if self._stop.is_set():
                        return
