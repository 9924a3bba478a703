"""What clients are told of jobs and analyses, as schemas: answered by gateways and sent in webhooks by workers.

Numbers are rounded for people here and nowhere else: confidences to two decimals, scores to four. Who answers says
whether it may tell emotions (`faces_only`): a result may be older than the setting, or come from a worker without it.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

from pydantic import Field, JsonValue

from contracts.emotions import Emotion, Head
from contracts.jobs import ItemResult, Job, JobState, Problem
from contracts.results import NO_MODEL, Analysis, Box, Face, Flaw, Message

NO_FACE = "No face was found in the image."
FACES_ONLY = "This server finds faces and reads no emotions."


class FaceResponse(Message):
    """One face of an image. With `MIEN_FACES_ONLY` it has no emotion, no confidence and no scores."""

    box: Box
    emotion: Emotion | None = Field(description="Null with `MIEN_FACES_ONLY`.")
    confidence: float | None = Field(ge=0, le=1, description="Probability of `emotion`, 0 to 1, two decimals.")
    scores: dict[Emotion, float] = Field(description="Probability of every label, four decimals; or empty.")
    quality: list[Flaw] = Field(
        default_factory=list,
        description="Why the label is to be trusted less; empty where nothing was found, and in results of versions "
        "that did not look.",
    )

    @classmethod
    def of(cls, face: Face, **more: Any) -> Self:
        """Round what the network said; `more`: members that a subclass has."""
        confidence = None if face.confidence is None else round(face.confidence, 2)
        scores = rounded(face.scores)
        return cls(
            box=face.box, emotion=face.emotion, confidence=confidence, scores=scores, quality=face.quality, **more
        )


class DetectionResponse(Message):
    """What was read from one image. `emotion` and `confidence` are those of the largest face.

    It is the answer of ``POST /detect_emotion`` too, and the same for the same image: what differs from one request
    to the next, as the job's id, is in the headers.
    """

    emotion: Emotion | None = Field(description="Of the largest face; null without one, and with `MIEN_FACES_ONLY`.")
    confidence: float | None = Field(ge=0, le=1, description="Of the largest face, 0 to 1, two decimals.")
    faces: list[FaceResponse] = Field(description="All faces, largest first.")
    width: int = Field(ge=1, description="Pixels of the upright image; boxes are within it.")
    height: int = Field(ge=1)
    detector: str
    model: str = Field(description="The network that read the expressions; `none` with `MIEN_FACES_ONLY`.")
    labels: Head | None = Field(
        description="Whose labels the emotions are (`MIEN_LABELS`): `fer2013`, one label an image, or `people`, what "
        "most people would say; null with `MIEN_FACES_ONLY`."
    )
    smallest_face_px: int | None = Field(
        default=None,
        ge=1,
        description="Longer side, in pixels, of the smallest face that the image was searched for; null in results of "
        "versions that did not say it.",
    )
    message: str | None = Field(description="A sentence when there is something to say, as that no face was found.")

    @classmethod
    def of(cls, analysis: Analysis, *, faces_only: bool) -> Self:
        """What a client is told of an analysis; with `faces_only` no emotion, whatever was read."""
        if faces_only:
            analysis = analysis.without_emotions()
        faces = [FaceResponse.of(face) for face in analysis.faces]
        return cls(
            emotion=faces[0].emotion if faces else None,
            confidence=faces[0].confidence if faces else None,
            faces=faces,
            width=analysis.width,
            height=analysis.height,
            detector=analysis.detector,
            model=analysis.model,
            labels=analysis.labels,
            smallest_face_px=analysis.smallest_face_px,
            message=sentence_about(bool(faces), analysis.model, NO_FACE),
        )


class AcceptedResponse(Message):
    """The answer when the time to wait ran out: the job goes on, and its result is at `location`."""

    job: str
    state: JobState
    location: str
    message: str


class ItemResponse(Message):
    """The outcome of one image of a job: a result or an error, never both."""

    index: int = Field(ge=0, description="Position of the image in the request.")
    name: str | None = Field(description="The image's file name, if the client gave one.")
    result: DetectionResponse | None
    error: Problem | None
    annotated: str | None = Field(description="Where the image with its boxes drawn is, if the job asked for it.")

    @classmethod
    def of(cls, item: ItemResult, job: Job, *, faces_only: bool) -> Self:
        """What a client is told of a stored item; `faces_only` as for its result, and no drawing that tells more."""
        result = DetectionResponse.of(item.analysis, faces_only=faces_only) if item.analysis else None
        drawn = job.options.annotate and item.analysis and not (faces_only and item.analysis.model != NO_MODEL)
        annotated = f"{job_location(job.id)}/items/{item.index}/annotated" if drawn else None
        name = job.names[item.index] if job.names else None
        return cls(index=item.index, name=name, result=result, error=item.error, annotated=annotated)


_NOT_TOLD: Final = {"version", "items", "options", "names", "client", "request_id", "traceparent", "begun_before"}
"""Members of a job that a client is not told of, or not as they are stored."""


class JobResponse(Message):
    """A job as its client sees it. Times are seconds since 1970, UTC."""

    id: str
    state: JobState
    queue: str
    image_count: int
    attempts: int = Field(description="How often a worker has begun it.")
    created_at: float
    deadline_at: float | None
    started_at: float | None
    finished_at: float | None
    items: list[ItemResponse] = Field(description="In the order of the images; empty until the job is finished.")
    error: Problem | None = Field(description="Why the job as a whole failed.")
    location: str
    metadata: dict[str, JsonValue] | None = Field(description="As it was given with the job.")

    @classmethod
    def of(cls, job: Job, *, faces_only: bool) -> Self:
        """What a client is told of a stored job; with `faces_only` no emotion, whatever was read."""
        return cls(
            items=[ItemResponse.of(item, job, faces_only=faces_only) for item in job.items],
            location=job_location(job.id),
            metadata=job.options.metadata,
            **job.model_dump(exclude=_NOT_TOLD),
        )


def rounded(scores: Mapping[Emotion, float]) -> dict[Emotion, float]:
    """Scores as clients are told them: four decimals."""
    return {label: round(score, 4) for label, score in scores.items()}


def sentence_about(faces: bool, model: str, no_face: str) -> str | None:
    """What there is to say of an analysis beside its faces: that there are none, or why they have no emotion."""
    if not faces:
        return no_face
    return FACES_ONLY if model == NO_MODEL else None


def job_location(job_id: str) -> str:
    """Where a job is found."""
    return f"/v1/jobs/{job_id}"
