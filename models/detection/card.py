"""What the card of a detector says beyond that of any network."""

from pydantic import BaseModel, ConfigDict, Field

from models.weights import Card

Shape = tuple[int, int]
"""Height and width of an input in pixels; both divide by 32."""


class Calibration(BaseModel):
    """How the network's raw scores, logarithms of odds, become the odds of being right (Platt, 1999)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float = Field(default=1.0, gt=0)
    offset: float = Field(default=0.0)


class DetectorCard(Card):
    """The card of our own detector."""

    min_score: float = Field(ge=0, le=1, description="Default threshold, chosen on validation pictures.")
    keep_score: float = Field(ge=0, le=1, description="Threshold for a face that was there a moment ago.")
    calibration: Calibration = Field(default=Calibration(), description="Makes 0.8 mean right in eight of ten.")
    smallest_face: float = Field(gt=0, description="Longer side, in pixels of an input, of the smallest face found.")
    wide: Shape = Field(description="Height and width of the input for landscape pictures, in pixels.")
    square: Shape = Field(description="The same for pictures that are about square.")
    closer_wide: tuple[Shape, ...] = Field(description="Inputs for a closer look at larger pictures, by size.")
    closer_square: tuple[Shape, ...] = Field(description="The same for pictures that are about square.")
