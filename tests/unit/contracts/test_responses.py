"""What clients are told: rounded for people, the largest face first, an error or a result."""

from contracts.emotions import EMOTIONS
from contracts.jobs import ItemResult, Job, JobOptions, JobState, Problem, new_job_id
from contracts.responses import FACES_ONLY, NO_FACE, DetectionResponse, FaceResponse, JobResponse, job_location
from contracts.results import NO_MODEL
from support.factories import make_analysis, make_face


def job(*items: ItemResult, **options: object) -> Job:
    return Job(
        id=new_job_id(),
        state=JobState.SUCCEEDED,
        queue="bulk",
        image_count=max(1, len(items)),
        created_at=1.0,
        items=list(items),
        options=JobOptions.model_validate(options),
    )


def test_confidences_have_two_decimals_and_scores_four() -> None:
    face = make_face(confidence=0.94321, scores={"Happy": 0.943214, "Sad": 0.00005})
    response = FaceResponse.of(face)
    assert (response.confidence, response.scores) == (0.94, {"Happy": 0.9432, "Sad": 0.0001})
    assert (response.box, response.emotion) == (face.box, face.emotion)


def test_the_first_face_speaks_for_the_image() -> None:
    response = DetectionResponse.of(make_analysis(make_face("Sad"), make_face("Happy")), faces_only=False)
    assert (response.emotion, response.confidence, len(response.faces), response.message) == ("Sad", 0.94, 2, None)


def test_where_no_expression_is_read_faces_have_none_and_it_is_said() -> None:
    bare = make_face().model_copy(update={"emotion": None, "confidence": None, "scores": {}})
    response = DetectionResponse.of(make_analysis(bare).model_copy(update={"model": NO_MODEL}), faces_only=False)
    assert (response.emotion, response.confidence, response.message) == (None, None, FACES_ONLY)
    assert (response.faces[0].emotion, response.faces[0].confidence, response.faces[0].scores) == (None, None, {})
    empty = DetectionResponse.of(make_analysis().model_copy(update={"model": NO_MODEL}), faces_only=False)
    assert empty.message == NO_FACE


def test_it_is_said_whose_labels_the_emotions_are() -> None:
    for analysis in (make_analysis(labels="people"), make_analysis(make_face(), labels="fer2013")):
        assert DetectionResponse.of(analysis, faces_only=False).labels == analysis.labels
        assert DetectionResponse.of(analysis, faces_only=True).labels is None


def test_an_image_without_a_face_is_no_error() -> None:
    response = DetectionResponse.of(make_analysis(), faces_only=False)
    assert (response.emotion, response.confidence, response.faces, response.message) == (None, None, [], NO_FACE)


def test_an_item_is_a_result_or_an_error() -> None:
    problem = Problem(code="corrupt_image", detail="It is cut off.")
    stored = job(ItemResult(index=0, analysis=make_analysis()), ItemResult(index=1, error=problem))
    good, bad = JobResponse.of(stored, faces_only=False).items
    assert (good.index, good.error, good.annotated) == (0, None, None)
    assert good.result == DetectionResponse.of(make_analysis(), faces_only=False)
    assert (bad.index, bad.result, bad.error) == (1, None, problem)


def test_annotated_images_are_named_where_there_are_any() -> None:
    problem = Problem(code="corrupt_image", detail="It is cut off.")
    stored = job(ItemResult(index=0, analysis=make_analysis()), ItemResult(index=1, error=problem), annotate=True)
    good, bad = JobResponse.of(stored, faces_only=False).items
    assert good.annotated == f"/v1/jobs/{stored.id}/items/0/annotated"
    assert bad.annotated is None


def test_a_job_is_told_with_its_address_and_metadata_and_without_its_options() -> None:
    stored = job(metadata={"order": 17}, webhook="https://example.com/secret-path")
    response = JobResponse.of(stored, faces_only=False)
    assert response.location == job_location(stored.id) == f"/v1/jobs/{stored.id}"
    assert response.metadata == {"order": 17}
    assert "secret-path" not in response.model_dump_json()


def test_with_faces_only_no_emotion_is_told_whatever_was_stored() -> None:
    read, bare = make_analysis(make_face("Sad")), make_analysis(make_face("Sad")).without_emotions()
    stored = job(ItemResult(index=0, analysis=read), ItemResult(index=1, analysis=bare), annotate=True)
    told = JobResponse.of(stored, faces_only=True)
    assert not any(f'"{label}"' in told.model_dump_json() for label in EMOTIONS)
    first, second = told.items
    assert first.result is not None
    assert first.result == second.result == DetectionResponse.of(read, faces_only=True)
    assert (first.result.model, first.result.message, len(first.result.faces)) == (NO_MODEL, FACES_ONLY, 1)
    assert first.annotated is None, "an emotion is drawn there"
    assert second.annotated == f"/v1/jobs/{stored.id}/items/1/annotated"
