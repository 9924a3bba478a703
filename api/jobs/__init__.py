"""Accepting and following jobs: submission, waiting, server-sent events."""
