"""Settings of what executes the networks; part of `contracts.settings.Settings`."""

from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings


class RuntimeSettings(BaseSettings):
    """How a worker uses its processor, or its graphics card."""

    runtime: Literal["litert", "keras"] = Field(
        "litert", description="What executes the networks: `litert` on a CPU, `keras` on a GPU (`docs/gpu.md`)."
    )
    batch_images: int = Field(
        0, ge=0, le=256, description="Images that `keras` takes at once at most; 0: as many as the card has memory for."
    )
    gpu_memory_share: float = Field(
        0.0, ge=0, le=1, description="Part of its card's memory that a worker may take; 0: what is free when it starts."
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="In what `keras` computes; `auto`: `float16` on a GPU, `float32` without one."
    )

    @model_validator(mode="before")
    @classmethod
    def _threads_for_batches(cls, values: dict[str, Any]) -> dict[str, Any]:
        """One batch is decoded, one is on the card, one is stored; and a photo that is waited for is behind none."""
        if values.get("runtime") == "keras":
            values.setdefault("worker_threads", 4)
        return values
