"""Traces of jobs across processes (docs/tracing.md): what travels with a job, and how a process records its part.

`traceparent` is what travels, `spans` what code works with, also where nothing is recorded; `otel` and `export`, the
only modules that know OpenTelemetry, are imported by `loading` where ``MIEN_TRACES`` says so, and nowhere else.
"""
