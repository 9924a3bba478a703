"""A client for Mien, small enough to read in one sitting.

mien = Mien("http://127.0.0.1:5000")
print(mien.detect(open("me.jpg", "rb").read())["emotion"])

job = mien.submit([first, second], metadata={"album": 17})
for item in mien.wait(job["id"])["items"]:
    print(item["result"] or item["error"])
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import requests

__all__ = ["Mien", "MienError", "verify_webhook"]

FINAL = frozenset({"succeeded", "failed", "canceled", "expired"})
_LONGEST_WAIT_S = 60.0


class MienError(Exception):
    """The server's answer to a request that failed: `code` is stable, `str(error)` is a sentence."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: float | None) -> None:
        super().__init__(problem.get("detail") or f"The server answered {status}.")
        self.status = status
        self.code: str = problem.get("code", "")
        self.field: str | None = problem.get("field")
        self.retry_after = retry_after
        """Seconds, if the server says when to come back."""


class Mien:
    """One server. Overload (429, 503) is waited out up to `retries` times; submissions are never run twice by that.

    Args:
        url: address of the gateway, such as ``http://127.0.0.1:5000``.
        key: API key, if the gateway asks for one.
        retries: how often a request is sent again when the server is overloaded.
        timeout_s: seconds to wait for an answer to begin, beyond what the server was asked to wait.
        traceparent: gives W3C's header of that name for each request, so that it is part of your trace; empty: none.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        retries: int = 3,
        timeout_s: float = 30.0,
        traceparent: Callable[[], str] = str,
    ) -> None:
        self._url = url.rstrip("/")
        self._retries = retries
        self._timeout_s = timeout_s
        self._traceparent = traceparent
        self._session = requests.Session()
        if key:
            self._session.headers["Authorization"] = f"Bearer {key}"

    def __enter__(self) -> "Mien":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def detect(self, image: bytes) -> dict[str, Any]:
        """Faces and emotions of one photo, as ``POST /detect_emotion`` answers.

        Args:
            image: a JPEG, PNG, WebP, AVIF or HEIC file.

        Raises:
            MienError: the image is refused, or its job ended without a result.
        """
        answer = self._call("POST", "/detect_emotion", files={"image": image}, headers=_once())
        if "emotion" in answer:
            return answer
        job = self.wait(answer["job"])
        item = job["items"][0] if job["items"] else {"result": None, "error": None}
        if item["result"]:
            return dict(item["result"])
        ended = {"code": f"job_{job['state']}", "detail": f"The job is {job['state']}."}
        raise MienError(422, item["error"] or job["error"] or ended, None)

    def submit(
        self, images: Sequence[bytes | tuple[str, bytes]], *, wait_s: float = 0.0, **options: Any
    ) -> dict[str, Any]:
        """Submit a job.

        Args:
            images: 1 to 100 such files, or pairs of name and file; the items have these names.
            wait_s: seconds to wait for the result.
            options: ``priority``, ``deadline``, ``annotate``, ``blur``, ``webhook``, ``metadata``.
        """
        named = [image if isinstance(image, tuple) else (f"{index}", image) for index, image in enumerate(images)]
        files = [("images", pair) for pair in named]
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in options.items()}
        headers = _once() | ({"Prefer": f"wait={wait_s:g}"} if wait_s else {})
        return self._call("POST", "/v1/jobs", files=files, data=form, headers=headers, longer_s=wait_s)

    def get(self, job_id: str) -> dict[str, Any]:
        """The job as it is now."""
        return self._call("GET", f"/v1/jobs/{job_id}")

    def wait(self, job_id: str, timeout_s: float = 300.0) -> dict[str, Any]:
        """The job once it is final.

        Raises:
            TimeoutError: it is not after `timeout_s` seconds.
        """
        end = time.monotonic() + timeout_s
        while True:
            wait_s = min(max(0.0, end - time.monotonic()), _LONGEST_WAIT_S)
            job = self._call("GET", f"/v1/jobs/{job_id}", params={"wait": wait_s}, longer_s=wait_s)
            if job["state"] in FINAL:
                return job
            if time.monotonic() >= end:
                raise TimeoutError(f"job {job_id} is still {job['state']}")

    def cancel(self, job_id: str) -> dict[str, Any] | None:
        """Cancel the job unless a worker has begun it; answers with what it is now.

        A job that is final is erased with its result: None.
        """
        return self._call("DELETE", f"/v1/jobs/{job_id}") or None

    def events(self, job_id: str) -> Iterator[dict[str, Any]]:
        """The job at each of its states, as it reaches them; resumes by itself when the connection breaks."""
        seen = "0"
        while True:
            headers = {"Last-Event-ID": seen, "Accept": "text/event-stream"}
            try:
                with self._session.get(
                    f"{self._url}/v1/jobs/{job_id}/events", headers=headers, stream=True, timeout=self._timeout_s
                ) as response:
                    if response.status_code == 204:
                        return
                    _check(response)
                    for line in response.iter_lines(decode_unicode=True):
                        name, _, value = line.partition(": ")
                        if name == "id":
                            seen = value
                        elif name == "data":
                            job = json.loads(value)
                            yield job
                            if job["state"] in FINAL:
                                return
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                time.sleep(1)

    def _call(self, method: str, path: str, *, longer_s: float = 0.0, **request: Any) -> dict[str, Any]:
        for attempt in range(self._retries + 1):
            traced = {"traceparent": header} if (header := self._traceparent()) else {}
            more = request | {"headers": traced | request.get("headers", {})}
            response = self._session.request(method, self._url + path, timeout=self._timeout_s + longer_s, **more)
            try:
                _check(response)
                answer: dict[str, Any] = response.json() if response.content else {}
                return answer
            except MienError as error:
                if error.retry_after is None or attempt == self._retries:
                    raise
                time.sleep(error.retry_after)
        raise AssertionError("unreachable")


def verify_webhook(secret: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """The webhook's content, once its signature and age are found good (extra ``webhooks``).

    Raises:
        standardwebhooks.WebhookVerificationError: it is not from your server, or too old.
    """
    from standardwebhooks import Webhook

    content: dict[str, Any] = Webhook(secret).verify(body, dict(headers))
    return content


def _once() -> dict[str, str]:
    """A retried request must not become a second job."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def _check(response: requests.Response) -> None:
    if response.ok:
        return
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    after = response.headers.get("Retry-After")
    raise MienError(response.status_code, problem, float(after) if after else None)
