"""Clients of a soak: photos, jobs of several images, archives, webhooks, annotated images, cancels, erasures, repeats.

Each asks with an idempotency key until it is answered, follows its job to the end, and compares the result.
"""

import io
import random
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from typing import Any, Final

import requests

from soak.history import ENDS_WITHIN_S, Asked, History

_REFUSED: Final = frozenset({429, 503, 507})
_GONE: Final = frozenset({404, 410})
_PAUSES_S: Final = (0.05, 0.2, 0.5)


class Client:
    """One client, which asks for one thing after the other."""

    def __init__(
        self,
        name: str,
        seed: int,
        urls: Sequence[str],
        photos: Sequence[bytes],
        outcomes: Sequence[Any],
        hook: str,
        history: History,
    ) -> None:
        """Prepare.

        Args:
            name: stands in its keys.
            seed: what it asks for follows from it.
            urls: of the gateways; it asks any of them.
            photos: JPEGs.
            outcomes: what is found in each.
            hook: address of a receiver of webhooks.
            history: where it writes down what it sees.
        """
        self._name, self._random, self._urls, self._photos = name, random.Random(seed), urls, photos
        self._outcomes, self._hook, self._history = outcomes, hook, history
        self._session = requests.Session()
        self._made = 0

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; what was begun is brought to its end."""
        with self._session:
            while not stop.wait(self._random.choice(_PAUSES_S)):
                asked = self._new()
                self._history.begin(asked)
                try:
                    self._work(asked)
                except Exception as error:  # of the client itself, which must not end unseen
                    self._history.violate(f"{asked}: {error!r}")
                    raise

    def _new(self) -> Asked:
        chance = self._random
        self._made += 1
        many = chance.random() < 0.25
        photos = [chance.randrange(len(self._photos)) for _ in range(chance.randint(2, 6) if many else 1)]
        options = {"priority": chance.choice(["interactive", "bulk"])}
        if chance.random() < 0.1:
            options["annotate"] = "true"
        if chance.random() < 0.15:
            options["webhook"] = self._hook
        return Asked(f"{self._name}-{self._made}", photos, options)

    def _work(self, asked: Asked) -> None:
        chance = self._random
        body, content_type = self._body(asked.photos)
        cancels, erases, repeats = chance.random() < 0.05, chance.random() < 0.3, chance.random() < 0.15
        if not self._submit(asked, body, content_type):
            return
        if cancels:
            self._cancel(asked)
        job = {} if asked.erased else self._follow(asked)
        self._look_for_others(asked)
        if not job:
            return
        self._compare(asked, job, canceled=cancels)
        if repeats:
            self._submit(asked, body, content_type)
        if "annotate" in asked.options:
            self._look_at_drawing(asked, job)
        if erases and "webhook" not in asked.options:
            self._erase(asked)

    def _body(self, photos: Sequence[int]) -> tuple[bytes, str]:
        if len(photos) == 1:
            return self._photos[photos[0]], "image/jpeg"
        buffer = io.BytesIO()
        if self._random.random() < 0.5:
            with zipfile.ZipFile(buffer, "w") as archive:
                for index, photo in enumerate(photos):
                    archive.writestr(f"{index}.jpg", self._photos[photo])
            return buffer.getvalue(), "application/zip"
        files = [("images", (f"{index}.jpg", self._photos[photo])) for index, photo in enumerate(photos)]
        made = requests.Request("POST", self._urls[0], files=files).prepare()
        assert isinstance(made.body, bytes)
        return made.body, made.headers["Content-Type"]

    def _submit(self, asked: Asked, body: bytes, content_type: str) -> bool:
        """Ask until it is accepted. Returns False if it never was, which is a violation."""
        headers = {"Content-Type": content_type, "Idempotency-Key": asked.key}
        again = bool(asked.accepted_at)

        def ask(url: str) -> requests.Response:
            return self._session.post(f"{url}/v1/jobs", body, headers=headers, params=asked.options, timeout=30)

        def answered(answer: requests.Response) -> bool:
            found = answer.json()
            if job_id := found.get("id") or found.get("job"):
                self._history.told(asked, job_id)
            if answer.status_code in _REFUSED:
                self._history.count("uncertain" if job_id else "refused")
                return False
            if answer.status_code not in (200, 202):
                self._history.violate(f"{asked}: answered {answer.status_code} {found}")
            elif again:
                self._history.count("repeated")
            else:
                asked.accepted_at = time.time()
                self._history.count("accepted")
            return True

        return self._until(ask, answered, f"{asked} to be accepted") and bool(asked.accepted_at)

    def _follow(self, asked: Asked) -> dict[str, Any]:
        """Look until the job is final. Returns it, or nothing if it is lost."""
        job: dict[str, Any] = {}

        def ask(url: str) -> requests.Response:
            return self._session.get(f"{url}/v1/jobs/{asked.ids[-1]}", params={"wait": 5}, timeout=30)

        def answered(answer: requests.Response) -> bool:
            if answer.status_code in _GONE:
                if not self._history.may_be_lost(asked):
                    self._history.violate(f"{asked} is gone: {answer.json()}")
                self._history.count("lost")
                return True
            if answer.status_code in _REFUSED:
                return False
            found = answer.json()
            if found.get("finished_at"):
                job.update(found)
            return bool(job)

        self._until(ask, answered, f"{asked} to end")
        if job:
            asked.final_at, asked.state = time.time(), job["state"]
        return job

    def _look_for_others(self, asked: Asked) -> None:
        """Make sure that of the ids that were told with a doubt only the last one is a job."""
        for other in asked.ids[:-1]:

            def ask(url: str, other: str = other) -> requests.Response:
                return self._session.get(f"{url}/v1/jobs/{other}", timeout=30)

            def answered(answer: requests.Response, other: str = other) -> bool:
                if answer.status_code == 200:
                    self._history.violate(f"{asked} stands for {other}, too: {answer.json()}")
                return answer.status_code == 200 or answer.status_code in _GONE

            self._until(ask, answered, f"{asked} to be one job")

    def _compare(self, asked: Asked, job: dict[str, Any], *, canceled: bool) -> None:
        self._history.count(job["state"])
        found = [item["result"] for item in job["items"]]
        if job["state"] == "canceled" and canceled:
            return
        if job["state"] != "succeeded" or found != [self._outcomes[photo] for photo in asked.photos]:
            self._history.violate(f"{asked} has ended as {job}")

    def _cancel(self, asked: Asked) -> None:
        def ask(url: str) -> requests.Response:
            asked.deletes += 1
            return self._session.delete(f"{url}/v1/jobs/{asked.ids[-1]}", timeout=30)

        def answered(answer: requests.Response) -> bool:
            # It was final, and is erased: by this one, or by one before whose answer was lost.
            asked.erased |= answer.status_code == 204 or (answer.status_code in _GONE and asked.deletes > 1)
            return answer.status_code in {200, 204, *_GONE}

        self._until(ask, answered, f"{asked} to be canceled")
        if asked.erased:
            self._history.count("succeeded")  # its result was never read

    def _erase(self, asked: Asked) -> None:
        def ask(url: str) -> requests.Response:
            return self._session.delete(f"{url}/v1/jobs/{asked.ids[-1]}", timeout=30)

        def answered(answer: requests.Response) -> bool:
            return answer.status_code == 204 or answer.status_code in _GONE

        if self._until(ask, answered, f"{asked} to be erased"):
            asked.erased = True
            self._history.count("erased")

    def _look_at_drawing(self, asked: Asked, job: dict[str, Any]) -> None:
        drawings = [item["annotated"] for item in job["items"] if item["annotated"]]

        def ask(url: str) -> requests.Response:
            return self._session.get(f"{url}{drawings[0]}", timeout=30)

        def answered(answer: requests.Response) -> bool:
            if answer.status_code == 200 and answer.content[:2] == b"\xff\xd8":
                self._history.count("drawings")
            return answer.status_code == 200 or answer.status_code in _GONE  # there may have been no room for it

        if drawings:
            self._until(ask, answered, f"{asked} to be drawn")

    def _until(
        self, ask: Callable[[str], requests.Response], answered: Callable[[requests.Response], bool], what: str
    ) -> bool:
        """Ask until there is an answer that counts. One that never comes is a violation."""
        end = time.monotonic() + ENDS_WITHIN_S
        while time.monotonic() < end:
            try:
                answer = ask(self._random.choice(self._urls))
            except requests.RequestException:  # the gateway is away, or was while it worked on the request
                self._history.count("unanswered")
            else:
                if answer.status_code >= 500 and answer.status_code not in _REFUSED:
                    self._history.violate(f"{what}: answered {answer.status_code} {answer.text[:300]}")
                    return False
                if answered(answer):
                    return True
            time.sleep(self._random.choice(_PAUSES_S))
        self._history.violate(f"waited {ENDS_WITHIN_S} s in vain for {what}")
        return False


def watch(url: str, history: History, stop: threading.Event) -> None:
    """A viewer of the camera, and its newest emotions, of which none may be older than one before."""
    newest, session = 0.0, requests.Session()
    while not stop.wait(0.2):
        try:
            with session.get(f"{url}/video_feed", stream=True, timeout=10) as video:
                end = time.monotonic() + 5
                for _ in video.iter_content(65_536):
                    if time.monotonic() > end or stop.is_set():
                        break
            data = session.get(f"{url}/emotion_data", timeout=10).json()
        except (requests.RequestException, ValueError):
            history.count("video interrupted")
            continue
        if taken_at := data.get("captured_at"):
            history.count("frames seen")
            if taken_at < newest:
                history.violate(f"a viewer saw a frame of {newest}, and then one of {taken_at}")
            newest = max(newest, taken_at)
