"""FER2013 in each of the forms that it is handed around in, read into arrays once."""

from training.shared.fer2013.dataset import Fer2013, Split, fingerprint, fold_of, hold_out
from training.shared.fer2013.read import read_fer2013

__all__ = ["Fer2013", "Split", "fingerprint", "fold_of", "hold_out", "read_fer2013"]
