"""Scopes of API keys. The command line names them without loading Flask."""

from enum import StrEnum


class Scope(StrEnum):
    """What an API key allows."""

    ANALYZE = "analyze"  # send photos and jobs, read their results
    LIVE = "live"  # see cameras and the page
    OPERATE = "operate"  # metrics, dead webhooks, erasing histories, the jobs of all clients
