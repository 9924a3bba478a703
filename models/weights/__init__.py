"""Networks that are shipped, each with a card; a network is loaded only if file and card agree.

One network is ``<name>.json``, its card, and the file that the card names. Versions live side by side.
"""

from models.weights.card import Card, DataSource, WeightFile
from models.weights.store import WEIGHTS, available, load_weights

__all__ = ["WEIGHTS", "Card", "DataSource", "WeightFile", "available", "load_weights"]
