"""The clients and what a healthy system hardly ever answers: told by a server that answers as it is told to."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import mien_client
import pytest

from support.programs import NODE

CLIENTS = Path(__file__).parents[3] / "clients"
EXHAUSTED = {"code": "attempts_exhausted", "detail": "3 workers stopped.", "field": None}
ENDS = [
    pytest.param({"state": "failed", "items": [], "error": EXHAUSTED}, "attempts_exhausted", id="given up"),
    pytest.param({"state": "canceled", "items": [], "error": None}, "job_canceled", id="canceled"),
]


class Server:
    """Takes a photo, and has no time for it; then says `job` of it. Breaks off the first two streams of events."""

    def __init__(self) -> None:
        self.job: dict[str, Any] = {}
        self.streams = 0
        self.traces: list[str | None] = []
        ours = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                ours.traces.append(self.headers["traceparent"])
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(202, json.dumps({"job": "j"}))

            def do_GET(self) -> None:
                if not self.path.endswith("/events"):
                    return self.answer(200, json.dumps(ours.job))
                ours.streams += 1
                if ours.streams == 1:  # ends in the middle of the answer
                    return self.answer(200, 'id: 1\ndata: {"state": "queued"}\n\n', end="")
                if ours.streams > 2:  # and the second has no answer at all
                    return self.answer(200, f"id: 3\ndata: {json.dumps(ours.job)}\n\n")
                self.close_connection = True
                return None

            def answer(self, status: int, body: str, end: str = "0\r\n\r\n") -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/event-stream; charset=utf-8")
                self.send_header("Transfer-Encoding", "chunked")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(f"{len(body):x}\r\n{body}\r\n{end}".encode())

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def in_node(code: str) -> Any:
    script = f'import {{ Mien }} from "{(CLIENTS / "js/mien.js").as_uri()}";\n{code}'
    command = [*NODE, "--input-type=module", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("job", "code"), ENDS)
def test_a_photo_whose_job_ends_without_a_result_is_an_error_with_a_code(
    server: Server, job: dict[str, Any], code: str
) -> None:
    server.job = job
    with mien_client.Mien(server.url) as mien, pytest.raises(mien_client.MienError) as raised:
        mien.detect(b"photo")
    assert raised.value.code == code
    told = in_node(
        f'await new Mien("{server.url}").detect("photo").catch((e) => console.log(JSON.stringify([e.name, e.code])));'
    )
    assert told == ["MienError", code]


def test_events_go_on_after_broken_connections(server: Server) -> None:
    server.job = {"state": "succeeded"}
    with mien_client.Mien(server.url) as mien:
        assert [job["state"] for job in mien.events("j")] == ["queued", "succeeded"]
    server.streams = 0
    states = in_node(
        f'const seen = []; for await (const job of new Mien("{server.url}").events("j")) seen.push(job.state);'
        "console.log(JSON.stringify(seen));"
    )
    assert states == ["queued", "succeeded"]
    assert server.streams == 3


def test_requests_are_parts_of_the_callers_trace(server: Server) -> None:
    server.job = {"state": "succeeded", "items": [{"result": {"emotion": None}}], "error": None}
    for given in ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ""):
        server.traces.clear()
        with mien_client.Mien(server.url, traceparent=lambda given=given: given) as mien:
            mien.detect(b"photo")
        in_node(
            f'const mien = new Mien("{server.url}", {{ traceparent: () => "{given}" }});'
            'await mien.detect("photo"); console.log("1");'
        )
        assert server.traces == [given or None] * 2


def test_where_nothing_can_be_streamed_it_is_said() -> None:
    message = in_node(
        "const fetch = async () => ({ ok: true, status: 200, body: null });"
        'const events = new Mien("http://x", { fetch }).events("j");'
        "await events.next().catch((e) => console.log(JSON.stringify(e.message)));"
    )
    assert "use wait()" in message
