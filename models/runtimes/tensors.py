"""Quantisation: what the numbers in a network's tensors stand for."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np


class Output(NamedTuple):
    """An output as the network left it: floats, or integers that stand for (integer - zero) * scale.

    Most of a large output is of no interest: what is, is found before anything is dequantised.
    """

    values: np.ndarray
    scale: np.float32 = np.float32(0)
    """0 for reals."""
    zero: int = 0

    def dequantized(self) -> np.ndarray:
        """All as real values, float32."""
        return self._dequantized(self.values)

    def rows(self, indices: np.ndarray) -> np.ndarray:
        """Real values float32 [K, channels] at the ``indices`` [K] of an output [1, …, channels] seen as rows."""
        return self._dequantized(self.values.reshape(-1, self.values.shape[-1])[indices])

    def at_least(self, least: float) -> np.ndarray:
        """Indices [K] of the values of at least ``least``, counted through the whole output."""
        bound = math.ceil(least / float(self.scale)) + self.zero if self.scale else least
        return np.asarray((self.values.ravel() >= bound).nonzero()[0])

    def _dequantized(self, values: np.ndarray) -> np.ndarray:
        if not self.scale:
            return np.asarray(values, np.float32)
        reals: np.ndarray = np.subtract(values, self.zero, dtype=np.float32)
        reals *= self.scale
        return reals


class Tensor(NamedTuple):
    """What an interpreter says of an input or output."""

    number: int
    """Its number in the interpreter."""
    dtype: np.dtype[Any]
    scale: np.float32
    """0 for reals."""
    zero: int

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> Self:
        """Read the interpreter's description of a tensor."""
        scale, zero = details["quantization"]
        dtype = np.dtype(details["dtype"])
        return cls(details["index"], dtype, np.float32(scale if np.issubdtype(dtype, np.integer) else 0), zero)

    def quantised(self, values: np.ndarray) -> np.ndarray:
        """Real values → what the tensor holds, contiguous."""
        holds_pixels = self.scale == 1 and self.zero == 0
        if not self.scale or (holds_pixels and values.dtype == self.dtype):
            return np.ascontiguousarray(values, self.dtype)
        limits = np.iinfo(self.dtype)
        steps = np.rint(values / self.scale) + self.zero
        return np.asarray(np.clip(steps, limits.min, limits.max), self.dtype)

    def output(self, values: np.ndarray) -> Output:
        """What the tensor holds, with its meaning."""
        return Output(values, self.scale, self.zero)
