"""One job is one trace: real gateway, real workers, a receiver of webhooks, and a collector that reads OTLP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from redis import Redis

from contracts.storage import keys
from support.clocks import WaitFor
from support.collector import Collector
from support.processes import StartGateway, StartWorkers
from support.receiver import Receiver
from support.spans import Seen

ASTRONAUT = (Path(__file__).parents[2] / "capture/sources/astronaut.jpg").read_bytes()
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "vendor=opaque", "X-Request-ID": "request-17"}
OURS = {"traces": "otlp", "webhook_networks": "127.0.0.0/8", "lease_s": 2, "requeue_after_s": 2}
STAGES = {"read", "decode", "detect", "crop", "classify", "annotate", "store"}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    collector = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    yield collector
    collector.close()


def submit(port: int, receiver: Receiver, images: int) -> str:
    """A job of several images; the request does not wait for it."""
    files = [("images", (f"private-{index}.jpg", ASTRONAUT)) for index in range(images)]
    form = {"annotate": "true", "webhook": receiver.url, "metadata": '{"patient": "private"}'}
    answer = requests.post(f"http://127.0.0.1:{port}/v1/jobs", files=files, data=form, headers=SENT, timeout=60)
    assert answer.status_code == 202
    return str(answer.json()["id"])


def whole(spans: list[Seen]) -> None:
    """Every span has its parent in the trace, and lies within its time or begins after it."""
    by_id = {span.span_id: span for span in spans}
    for span in spans:
        assert span.ended_at >= span.begun_at, span
        assert span.parent_id in by_id or span.parent_id == SPAN, span
        above = by_id.get(span.parent_id)
        if above is not None:
            assert span.begun_at >= above.begun_at - 0.001, (span, above)


def parts(spans: list[Seen], above: Seen) -> list[Seen]:
    return [span for span in spans if span.parent_id == above.span_id]


def test_one_job_is_one_trace_also_when_its_worker_is_killed(
    collector: Collector,
    receiver: Receiver,
    start_gateway: StartGateway,
    start_workers: StartWorkers,
    redis: Redis,
    wait_for: WaitFor,
) -> None:
    _, port = start_gateway(**OURS)
    workers = start_workers(2, worker_threads=1, **OURS)
    address = f"http://127.0.0.1:{port}"
    job_id = submit(port, receiver, 2)
    wait_for(lambda: any(span.name == "webhook" for span in collector.trace(TRACE)), "the webhook's span")
    requests.get(f"{address}/v1/jobs/{job_id}", headers=SENT, timeout=20)
    wait_for(lambda: any(span.name == "GET /v1/jobs/<job_id>" for span in collector.trace(TRACE)), "the result's span")
    wait_for(lambda: any(span.name == "store" and span.service == "mien-worker" for span in collector.seen), "all")
    spans = collector.trace(TRACE)
    whole(spans)
    (request,) = [span for span in spans if span.name == "POST /v1/jobs"]
    assert [span.name for span in parts(spans, request) if span.service == "mien-gateway"] == [
        "parse",
        "admit",
        "store",
        "wait",
    ]
    (waiting,) = [span for span in spans if span.name == "queue"]
    (attempt,) = [span for span in spans if span.name == "attempt"]
    (webhook,) = [span for span in spans if span.name == "webhook"]
    assert {waiting.parent_id, attempt.parent_id, webhook.parent_id} == {request.span_id}
    assert waiting.ended_at == pytest.approx(attempt.begun_at, abs=1e-5)
    assert attempt.ended_at <= webhook.begun_at + 0.1
    images = [span for span in parts(spans, attempt) if span.name == "image"]
    assert [image.attributes["mien.image.index"] for image in images] == [0, 1]
    found = {span.name for above in (attempt, *images) for span in parts(spans, above)} - {"image"}
    assert found == STAGES
    (head, _) = receiver.received[0]
    assert head["traceparent"] == f"00-{TRACE}-{webhook.span_id}-01", "the receiver's spans are parts of ours"
    told = repr([(span.name, span.attributes, span.error) for span in collector.seen])
    for content in ("private", "Happy", "?a=b", "vendor", "request-17", "127.0.0.1"):
        assert content not in told, content

    collector.seen.clear()
    job_id = submit(port, receiver, 60)
    wait_for(lambda: state(address, job_id) == "running", "a worker to begin the job")
    wait_for(lambda: any(span.name == "queue" for span in collector.trace(TRACE)), "the first claim to be exported")
    owner = (redis.hget(keys.job(job_id), "owner") or b"").decode().split("/")[0]
    (busy,) = [worker for worker in workers if str(worker.pid) in owner.split("-")]
    busy.kill()
    wait_for(lambda: any(span.name == "webhook" for span in collector.trace(TRACE)), "the second attempt and its end")
    assert state(address, job_id) == "succeeded"
    spans = collector.trace(TRACE)
    whole(spans)
    attempts = {span.attributes["mien.attempt"]: span for span in spans if span.name == "attempt"}
    (again,) = [span for span in spans if span.name == "requeue"]
    assert 2 in attempts
    assert attempts[2].attributes["mien.job.id"] == again.attributes["mien.job.id"] == job_id
    assert again.error == "no_result"
    assert again.ended_at == pytest.approx(attempts[2].begun_at, abs=1e-5)
    assert again.ended_at - again.begun_at >= 1.5, "the lease had to run out"


def state(address: str, job_id: str) -> str:
    return str(requests.get(f"{address}/v1/jobs/{job_id}", timeout=20).json()["state"])
