"""Many images at once, for a GPU: decoded on all threads, searched and read by a few large calls of the networks.

The answers are those of `models.analyzer.Analyzer`, which takes one image at a time, within a pixel and a thousandth.
"""

from models.batching.analyzer import BatchAnalyzer
from models.batching.lost import DeviceLost

__all__ = ["BatchAnalyzer", "DeviceLost"]
