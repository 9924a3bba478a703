"""Which inputs an image is given to."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from models.detection.card import DetectorCard
from models.detection.lite import NETWORK
from models.detection.passes import LARGE, VERY_LARGE, Inputs, PassPlan
from models.weights import load_weights


@pytest.fixture(scope="module")
def card() -> DetectorCard:
    return load_weights(NETWORK, DetectorCard)[1]


@pytest.fixture
def plan(card: DetectorCard) -> PassPlan:
    return PassPlan(card)


def test_the_first_pass_has_the_form_of_the_image(plan: PassPlan, card: DetectorCard) -> None:
    assert plan.first(640, 480) == card.wide
    assert plan.first(480, 640) == card.wide[::-1]
    assert plan.first(500, 480) == card.square
    assert plan.first(1000, 750) == card.wide


def test_frames_have_one_pass_and_larger_images_two(plan: PassPlan, card: DetectorCard) -> None:
    first, second = card.fine_wide
    assert plan.second(640, 480, 640) is None
    assert plan.second(1280, 720, 1280) == first
    assert plan.second(720, 1280, 1280) == first[::-1]
    assert plan.second(1500, 1500, 1500) == card.fine_square[0]
    assert plan.second(2400, 1600, 2400) == second
    assert plan.second(1000, 750, 4000) == second, "the original counts, not how finely it was decoded"


def test_two_small_faces_are_a_crowd_where_there_are_finer_pixels(plan: PassPlan, card: DetectorCard) -> None:
    assert plan.crowd(640, 480, 2) == card.fine_wide[0]
    assert plan.crowd(640, 480, 1) is None
    assert plan.crowd(320, 240, 9) is None


def test_the_effort_is_bounded(card: DetectorCard) -> None:
    bounded, least = PassPlan(card, 640), PassPlan(card, 0)
    assert bounded.second(4000, 3000, 4000) == card.fine_wide[0]
    assert bounded.sufficient_size(4000) == 576
    assert least.second(4000, 3000, 4000) is None
    assert least.crowd(640, 480, 9) is None
    assert least.sufficient_size(4000) < max(card.wide)


def test_a_sufficient_size_nearly_fills_every_input(plan: PassPlan, card: DetectorCard) -> None:
    assert [plan.sufficient_size(longest) for longest in (300, LARGE, LARGE + 1, VERY_LARGE + 1)] == [
        int(0.9 * max(shape)) for shape in (card.wide, card.wide, *card.fine_wide)
    ]


def test_the_smallest_face_grows_with_the_image_and_falls_with_a_second_pass(
    plan: PassPlan, card: DetectorCard
) -> None:
    assert plan.smallest_face(200, 150) == card.smallest_face
    assert plan.smallest_face(2 * card.wide[1], 480) == pytest.approx(2 * card.smallest_face)
    assert plan.smallest_face(1280, 720) == pytest.approx(2 * card.smallest_face)
    assert plan.smallest_face(4000, 3000) > plan.smallest_face(2000, 1500)


def test_an_input_is_opened_once_for_all_threads() -> None:
    opened: list[object] = []
    inputs = Inputs(lambda: opened.append(None) or len(opened))  # type: ignore[arg-type, return-value]
    with ThreadPoolExecutor(8) as pool:
        given = {pool.submit(inputs.of, (64, 96)).result().runtime for _ in range(32)}
    assert given == {1}
