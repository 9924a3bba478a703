"""How the want of memory is told from other errors."""

from typing import Final

_OUT_OF_MEMORY: Final = (
    "out of memory",
    "out_of_memory",  # CUDA's own name
    "resource_exhausted",
    "oom when allocating",
    "failed to allocate",
    "alloc_failed",  # cuDNN's and cuBLAS'
    "dst tensor is not initialized",  # what TensorFlow says when a copy to the device finds no place
)


def says_out_of_memory(error: Exception) -> bool:
    """Whether an error's text is one by which XLA, CUDA or a library of it says that memory did not suffice.

    Below the backends, libraries allocate for themselves, and what comes of it is an error of any class.
    """
    text = str(error).lower()
    return any(sign in text for sign in _OUT_OF_MEMORY)
