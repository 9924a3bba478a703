"""The card of a network: what it is, what it learned from, how it measures, what it must not be used for."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class DataSource(BaseModel):
    """One data set or network that a network was trained with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    licence: str = Field(description="Terms of the data, in the words of its publisher, or 'not stated'.")
    sha256: str | None = Field(default=None, description="Hash of the images and labels that were read.")
    images: int | None = Field(default=None, ge=0, description="How many images were used.")


class WeightFile(BaseModel):
    """A file of the network, beside its card."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="File name, beside the card.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(gt=0)


class Card(WeightFile):
    """What every network says of itself. A kind of network adds its own fields in a subclass."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="Names this version; part of every result.")
    task: Literal["emotion", "detection"]
    variants: dict[str, WeightFile] = Field(
        default_factory=dict, description='The same network in other forms: "keras", "float32", …'
    )
    parameters: int = Field(ge=0)
    multiply_adds: int = Field(ge=0, description="Multiply-adds for one input of the usual size.")
    summary: str = Field(description="One or two sentences on what it does and how.")
    licence: str
    data: tuple[DataSource, ...] = Field(description="What it was trained with.")
    commit: str = Field(description="Commit of the code that trained it.")
    created: date
    recipe: dict[str, JsonValue] = Field(description="Arguments of the training run.")
    scores: dict[str, JsonValue] = Field(description="Every figure measured on the shipped file.")
    limits: tuple[str, ...] = Field(description="What it cannot do and must not be used for.")
