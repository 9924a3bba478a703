"""Layer 1: images in, faces out. Knows no Redis, no Celery, no Flask.

>>> from models import load_analyzer
>>> faces = load_analyzer().analyze(jpeg_bytes)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.analyzer import Analyzer, load_analyzer
    from models.images.decode import Picture

__all__ = ["Analyzer", "Picture", "load_analyzer"]

_HOMES = {"Analyzer": "models.analyzer", "Picture": "models.images.decode", "load_analyzer": "models.analyzer"}


def __getattr__(name: str) -> Any:
    """Load OpenCV and the runtimes on first use: the gateway needs `models.images.header` and none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'models' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
