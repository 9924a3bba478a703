"""What a LiteRT tensor's numbers stand for."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np


class Tensor(NamedTuple):
    """An input or output of a network: reals, or integers that stand for (integer - zero) * scale."""

    index: int
    """Its number in the interpreter."""
    dtype: np.dtype[Any]
    scale: np.float32
    """0 for reals."""
    zero: int

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> Self:
        """Read what the interpreter says of a tensor."""
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

    def real(self, values: np.ndarray) -> np.ndarray:
        """What the tensor holds → real values, float32."""
        if not self.scale:
            return np.asarray(values, np.float32)
        reals: np.ndarray = np.subtract(values, self.zero, dtype=np.float32)
        reals *= self.scale
        return reals
