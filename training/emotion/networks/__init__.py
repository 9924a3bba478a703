"""The networks that can be trained, by name: [N, 48, 48, 1] grey values in, 7 probabilities out, or 7 and 8."""

from training.emotion.networks.build import INPUT_SCALE, NetworkName, build_network

__all__ = ["INPUT_SCALE", "NetworkName", "build_network"]
