"""What an analysis says: the faces of one image. Made by ``models``, stored by ``workers``, served by ``api``."""

from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from contracts.emotions import Emotion, Head

NO_MODEL: Final = "none"
"""In place of a network's name, where faces are found and no expression is read (``MIEN_FACES_ONLY``)."""


Flaw = Literal["small", "blurred", "dark", "cut", "turned"]
"""Why a face's label is to be trusted less; how each is measured: ``models/quality.py``."""


class Message(BaseModel):
    """Base of everything that travels: frozen, and unknown fields are refused.

    Its errors do not repeat what they are about, because they may end in a log.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", hide_input_in_errors=True)


class Box(Message):
    """A rectangle in pixels of the upright image: the upper left corner and the size, within the image."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class Face(Message):
    """One face: where it is, how sure the detector is, and the network's reading of its expression, if it was read."""

    box: Box
    emotion: Emotion | None = Field(description="Null where no expression is read.")
    confidence: float | None = Field(ge=0, le=1, description="Probability of `emotion`, calibrated; 0 to 1.")
    scores: dict[Emotion, float] = Field(description="Probability of every label, which sum to 1; or empty.")
    detection_score: float = Field(ge=0, le=1, description="The detector's own confidence that this is a face.")
    quality: list[Flaw] = Field(default_factory=list, description="Why not to trust the label.")

    def without_emotion(self) -> Self:
        """The same face, as if no expression had been read."""
        return self.model_copy(update={"emotion": None, "confidence": None, "scores": {}})


class Analysis(Message):
    """All faces of one image, largest first, and what found them."""

    version: Literal[1] = 1
    width: int = Field(ge=1, description="Pixels, after EXIF rotation.")
    height: int = Field(ge=1)
    faces: list[Face]
    detector: str = Field(description="Name of the detector that found the faces.")
    model: str = Field(description="Name and version of the network that read the expressions, or `none`.")
    labels: Head | None = Field(
        default="fer2013",
        description="Which head of the network named the emotions, that of FER2013's labels or that of people; null "
        "where no expression was read.",
    )
    smallest_face_px: int | None = Field(
        default=None, ge=1, description="Longer side, in pixels, of the smallest face that the image was searched for."
    )
    stages_ms: dict[str, float] = Field(default_factory=dict, description="Worker time by stage, in milliseconds.")

    def without_emotions(self) -> Self:
        """The same faces, as if no expression had been read."""
        faces = [face.without_emotion() for face in self.faces]
        return self.model_copy(update={"faces": faces, "model": NO_MODEL, "labels": None})
