"""A collector of traces under test: takes what is sent by OTLP over HTTP, as protobuf."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from support.spans import Seen


class Collector:
    """Keeps all spans that it is sent, and answers with `status`."""

    def __init__(self) -> None:
        self.status, self.seen = 200, list[Seen]()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                if collector.status == 200:
                    collector.seen += spans_of(body)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(collector.status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def trace(self, trace_id: str) -> list[Seen]:
        """The spans of a trace, by when they began."""
        return sorted((span for span in self.seen if span.trace_id == trace_id), key=lambda span: span.begun_at)

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def spans_of(body: bytes) -> list[Seen]:
    """The spans of one request."""
    request = ExportTraceServiceRequest.FromString(body)
    return [
        _seen(span, _attributes(group.resource)["service.name"])
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _seen(span: Span, service: str) -> Seen:
    return Seen(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano / 1e9,
        span.end_time_unix_nano / 1e9,
        _attributes(span),
        tuple(link.span_id.hex() for link in span.links),
        span.status.message,
        service,
    )


def _attributes(holder: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in holder.attributes}
