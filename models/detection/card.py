"""What the card of a detector says beyond that of any network."""

from pydantic import Field

from models.weights import Card


class DetectorCard(Card):
    """The card of our own detector."""

    min_score: float = Field(ge=0, le=1, description="Default threshold, chosen on validation pictures.")
    wide: tuple[int, int] = Field(description="Height and width of the input for landscape pictures, in pixels.")
    square: tuple[int, int] = Field(description="The same for pictures that are about square.")
    far_wide: tuple[int, int] = Field(description="The same for large landscape pictures, whose faces are small.")
    far_square: tuple[int, int] = Field(description="The same for large pictures that are about square.")
