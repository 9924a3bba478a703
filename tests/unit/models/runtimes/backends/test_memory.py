"""How the want of memory is told from other errors."""

import pytest

from models.runtimes.backends.memory import says_out_of_memory


@pytest.mark.parametrize(
    "text",
    [
        "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 26843545600 bytes.",
        "INTERNAL: Failed to allocate 3240000 bytes for new constant",
        "INTERNAL: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        "OOM when allocating tensor with shape[256,640,960,3] and type float on /job:localhost/device:GPU:0",
        "Dst tensor is not initialized.",
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 14.58 GiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_libraries_say_in_many_ways_that_memory_does_not_suffice(text: str) -> None:
    assert says_out_of_memory(RuntimeError(text))


@pytest.mark.parametrize("text", ["CUDA error: an illegal memory access was encountered", "cuDNN error: NOT_SUPPORTED"])
def test_other_errors_are_no_want_of_memory(text: str) -> None:
    assert not says_out_of_memory(RuntimeError(text))
