"""Layer 1: images in, faces out. Knows no Redis, no Celery, no Flask.

>>> from models import load_analyzer
>>> faces = load_analyzer().analyze(jpeg_bytes)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.analyzer import Analyzer, load_analyzer
    from models.images.decode import DecodedImage

__all__ = ["Analyzer", "DecodedImage", "load_analyzer"]

_MODULES = {"Analyzer": "models.analyzer", "DecodedImage": "models.images.decode", "load_analyzer": "models.analyzer"}


def __getattr__(name: str) -> Any:
    """Load OpenCV and the runtimes on first use: the gateway needs `models.images.header` and none of them."""
    if name not in _MODULES:
        raise AttributeError(f"module 'models' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)
