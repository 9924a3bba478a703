"""What the card of our own detector says beyond that of any network."""

from pydantic import BaseModel, ConfigDict, Field

from models.weights import Card

Shape = tuple[int, int]
"""Height and width of an input in pixels; both divide by 32."""


class Calibration(BaseModel):
    """Turns the network's raw scores, log-odds, into log-odds of being right (Platt, 1999)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float = Field(default=1.0, gt=0)
    offset: float = Field(default=0.0)


class DetectorCard(Card):
    """The card of our own detector."""

    min_score: float = Field(ge=0, le=1, description="Default threshold, chosen on validation images.")
    keep_score: float = Field(ge=0, le=1, description="Lower threshold, for a face that was there a moment ago.")
    look_score: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Score from which the best candidate of an image without a face is looked at again, enlarged.",
    )
    calibration: Calibration = Field(default=Calibration(), description="Makes 0.8 mean right in eight of ten.")
    smallest_face: float = Field(gt=0, description="Longer side, in pixels of an input, of the smallest face found.")
    wide: Shape = Field(description="Height and width of the input for landscape images, in pixels.")
    square: Shape = Field(description="The same for images that are about square.")
    fine_wide: tuple[Shape, ...] = Field(default=(), description="Inputs of a second pass over large images, by size.")
    fine_square: tuple[Shape, ...] = Field(default=(), description="The same for images that are about square.")
