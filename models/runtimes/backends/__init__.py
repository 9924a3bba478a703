"""What differs between the libraries that Keras computes with: TensorFlow, JAX and PyTorch.

Keras itself chooses by its variable ``KERAS_BACKEND``; everything else is written once, in ``keras.ops``.
"""

from models.runtimes.backends.base import Backend, Device
from models.runtimes.backends.loading import load_backend

__all__ = ["Backend", "Device", "load_backend"]
