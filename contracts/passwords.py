"""Keeping passwords out of what is printed."""

from urllib.parse import urlsplit, urlunsplit


def without_password(url: str) -> str:
    """The address as it may stand in a log: user name and password left out."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
